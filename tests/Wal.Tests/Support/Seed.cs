namespace Pgrepl.Wal.Tests;

internal static class Seed
{
    /// <summary>A random generator whose seed is printed; PGREPL_TEST_SEED repeats a run.</summary>
    public static Random Random()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("PGREPL_TEST_SEED"), out int given) ? given : Environment.TickCount;
        TestContext.Out.WriteLine($"PGREPL_TEST_SEED={seed}");
        return new Random(seed);
    }
}
