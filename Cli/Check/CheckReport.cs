using System.Globalization;
using System.Text.Json.Nodes;

namespace Pgrepl.Cli.Check;

/// <summary>All checks together, in the form that Nagios and its kin read, or as JSON.</summary>
/// <remarks>Source of truth: Monitoring Plugins Development Guidelines, plugin output and performance data.</remarks>
internal sealed class CheckReport(IReadOnlyList<CheckResult> results)
{
    /// <summary>The worst: critical before warning before unknown.</summary>
    internal CheckState State =>
        results.Any(r => r.State == CheckState.Critical) ? CheckState.Critical
        : results.Any(r => r.State == CheckState.Warning) ? CheckState.Warning
        : results.Any(r => r.State == CheckState.Unknown) ? CheckState.Unknown
        : CheckState.Ok;

    /// <summary>The status line with its figures, then a line a check.</summary>
    internal IEnumerable<string> Lines()
    {
        string figures = string.Join(' ', results.SelectMany(r => r.Figures).Select(Figure));
        yield return $"PGREPL {Name(State)} - {Summary()}{(figures.Length > 0 ? " | " + figures : "")}";
        foreach (CheckResult result in results)
            yield return $"{result.Name} {Name(result.State)} - {result.Message}";
    }

    internal JsonObject ToJson() => new()
    {
        ["state"] = Name(State),
        ["code"] = (int)State,
        ["summary"] = Summary(),
        ["checks"] = new JsonArray([.. results.Select(r => new JsonObject { ["name"] = r.Name, ["state"] = Name(r.State), ["message"] = r.Message })]),
        ["figures"] = new JsonObject(results.SelectMany(r => r.Figures).Select(f => KeyValuePair.Create<string, JsonNode?>(f.Name, f.Value))),
    };

    private string Summary()
    {
        CheckResult[] bad = [.. results.Where(r => r.State is CheckState.Critical or CheckState.Warning or CheckState.Unknown).OrderBy(r => r.State == State ? 0 : 1)];
        return bad.Length > 0 ? string.Join("; ", bad.Select(r => $"{r.Name}: {r.Message}")).Replace('|', '/')
            : string.Create(CultureInfo.InvariantCulture, $"{results.Count(r => r.State == CheckState.Ok)} checks");
    }

    private static string Figure(CheckFigure f) =>
        string.Create(CultureInfo.InvariantCulture, $"{f.Name}={f.Value:0.######}{f.Unit};{f.Warning};{f.Critical}");

    private static string Name(CheckState state) => state.ToString().ToUpperInvariant();
}
