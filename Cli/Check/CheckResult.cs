namespace Pgrepl.Cli.Check;

/// <summary>Nagios' states and exit codes; Skipped says that a check could not be made, and counts for nothing.</summary>
internal enum CheckState
{
    Ok = 0,
    Warning = 1,
    Critical = 2,
    Unknown = 3,
    Skipped = 4,
}

/// <summary>A figure for a graph.</summary>
/// <param name="Unit">s, B or nothing.</param>
/// <param name="Warning">The threshold, in Nagios' notation: beyond 10 is <c>10</c>, below 10 is <c>10:</c>.</param>
internal sealed record CheckFigure(string Name, decimal Value, string Unit, string Warning = "", string Critical = "");

/// <summary>What one check came to.</summary>
internal sealed record CheckResult(string Name, CheckState State, string Message, params IReadOnlyList<CheckFigure> Figures)
{
    internal static CheckResult Ok(string name, string message, params IReadOnlyList<CheckFigure> figures) => new(name, CheckState.Ok, message, figures);

    internal static CheckResult Warning(string name, string message, params IReadOnlyList<CheckFigure> figures) => new(name, CheckState.Warning, message, figures);

    internal static CheckResult Critical(string name, string message, params IReadOnlyList<CheckFigure> figures) => new(name, CheckState.Critical, message, figures);
}
