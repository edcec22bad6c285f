using System.Globalization;

namespace Pgrepl.WalSender.Tests;

/// <summary>Random numbers whose seed is printed; PGREPL_TEST_SEED repeats a run.</summary>
internal static class Seed
{
    public static Random New()
    {
        int seed = Environment.GetEnvironmentVariable("PGREPL_TEST_SEED") is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        return new Random(seed);
    }
}
