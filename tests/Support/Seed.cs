namespace Pgrepl.TestSupport;

/// <summary>Random numbers whose seed is printed; PGREPL_TEST_SEED repeats a run.</summary>
public static class Seed
{
    public static Random New() => new(Number());

    /// <summary>The seed itself, for who needs a generator for each of its parts.</summary>
    public static int Number() => Print(Environment.GetEnvironmentVariable("PGREPL_TEST_SEED") is { Length: > 0 } given ? int.Parse(given) : Random.Shared.Next());

    private static int Print(int seed)
    {
        TestContext.Out.WriteLine($"PGREPL_TEST_SEED={seed}");
        return seed;
    }
}
