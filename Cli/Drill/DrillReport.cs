using System.Globalization;
using System.Text.Json.Nodes;

namespace Pgrepl.Cli.Drill;

/// <summary>The end of a drill in words and as JSON.</summary>
internal static class DrillReport
{
    private const int MostNumbersShown = 20;

    internal static IEnumerable<string> Lines(DrillOptions options, DrillMeasures measures, DrillVerdict verdict)
    {
        yield return Say($"messages   sent {measures.Sent}, acknowledged {verdict.Acknowledged}, without an answer {measures.Unknown} (written nevertheless: {verdict.UnknownFound})");
        yield return Say($"on disk    acknowledged ones on a {verdict.FoundOnA}, on b {verdict.FoundOnB}; twice {verdict.Twice.Count}, out of order {verdict.OutOfOrder.Count}, elsewhere than answered {verdict.Misplaced.Count}");
        if (options.Promotes)
        {
            yield return Say($"outage     notice {measures.Notice:F1} ms + promote {measures.Promote:F1} ms + first write {measures.FirstWrite:F1} ms; from kill to first answer {measures.Outage:F1} ms");
            yield return Say($"timeline   {measures.TimelineBefore} -> {measures.TimelineAfter}, forked at {measures.Fork}; rejoin and catch-up {measures.Rejoin:F1} ms");
        }
        else
        {
            yield return Say($"outage     longest pause between two answers {measures.Outage:F1} ms; b streams again after {measures.Recover:F1} ms");
            yield return Say($"timeline   {measures.TimelineAfter}, nobody was promoted");
        }
        foreach ((string what, IReadOnlyList<long> numbers) in new[]
        {
            ("lost", verdict.Lost), ("of these in the WAL that a's rejoin put aside", verdict.SetAside), ("missing on a", verdict.MissingOnA),
            ("twice", verdict.Twice), ("out of order", verdict.OutOfOrder), ("elsewhere", verdict.Misplaced),
        })
        {
            if (numbers.Count > 0)
                yield return Say($"{what}: {Some(numbers)}");
        }
        if (verdict.Lost.Count > 0)
            yield return Say($"LOST {verdict.Lost.Count}");
        string mode = options.Synchronous ? "synchronous" : "asynchronous";
        string hit = options.Planned ? "planned switchover" : options.Kill == DrillKill.Network ? "network cut" : $"{options.Kill.Word()} killed";
        yield return Say($"verdict    {(verdict.Ok ? "ok" : "NOT ok")} ({hit}, {mode}, {options.Clients} clients, seed {options.Seed})");
    }

    internal static JsonObject Json(DrillOptions options, DrillMeasures measures, DrillVerdict verdict) => new()
    {
        ["ok"] = verdict.Ok,
        ["messages_sent"] = measures.Sent,
        ["messages_acknowledged"] = verdict.Acknowledged,
        ["messages_unknown"] = measures.Unknown,
        ["messages_found_a"] = verdict.FoundOnA,
        ["messages_found_b"] = verdict.FoundOnB,
        ["messages_lost"] = verdict.Lost.Count,
        ["messages_set_aside"] = verdict.SetAside.Count,
        ["messages_missing_a"] = verdict.MissingOnA.Count,
        ["messages_twice"] = verdict.Twice.Count,
        ["messages_out_of_order"] = verdict.OutOfOrder.Count,
        ["messages_misplaced"] = verdict.Misplaced.Count,
        ["lost"] = new JsonArray([.. verdict.Lost.Take(MostNumbersShown).Select(number => (JsonNode)number)]),
        ["synchronous"] = options.Synchronous,
        ["clients"] = options.Clients,
        ["seed"] = options.Seed,
        ["killed_after"] = measures.KilledAfter,
        ["timeline_before"] = measures.TimelineBefore.Value,
        ["timeline_after"] = measures.TimelineAfter.Value,
        ["kill"] = options.Planned ? null : options.Kill.Word(),
        ["planned"] = options.Planned,
        ["fork_lsn"] = options.Promotes ? measures.Fork.ToString() : null,
        ["notice_ms"] = Milliseconds(measures.Notice, options.Promotes),
        ["promote_ms"] = Milliseconds(measures.Promote, options.Promotes),
        ["first_write_ms"] = Milliseconds(measures.FirstWrite, options.Promotes),
        ["outage_ms"] = Milliseconds(measures.Outage, true),
        ["rejoin_ms"] = Milliseconds(measures.Rejoin, options.Promotes),
        ["recover_ms"] = Milliseconds(measures.Recover, !options.Promotes),
    };

    private static JsonValue? Milliseconds(double value, bool measured) => measured ? JsonValue.Create(Math.Round(value, 1)) : null;

    private static string Some(IReadOnlyList<long> numbers) =>
        string.Join(' ', numbers.Take(MostNumbersShown)) + (numbers.Count > MostNumbersShown ? Say($" … ({numbers.Count} in all)") : "");

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
