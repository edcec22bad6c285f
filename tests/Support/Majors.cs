namespace Pgrepl.TestSupport;

/// <summary>Majors of PostgreSQL on which the relay's scenarios run. Its spine runs on all nine, always.</summary>
public static class Majors
{
    private const int Default = 15;

    /// <summary>15, or those of PGREPL_TEST_MAJORS, such as <c>10,15,18</c>: three majors take three times as long.</summary>
    public static int[] OfScenarios { get; } =
        Environment.GetEnvironmentVariable("PGREPL_TEST_MAJORS") is { Length: > 0 } named ? [.. named.Split(',').Select(int.Parse)] : [Default];

    /// <summary>The same without 15, where another test shows it already.</summary>
    public static int[] BeyondDefault { get; } = [.. OfScenarios.Except([Default])];
}
