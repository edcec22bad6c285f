using System.Globalization;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Shared.Ipc;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Status;

/// <summary>pgrepl status for people: facts, then a small table for each thing there are several of.</summary>
internal static class StatusText
{
    private const int FactWidth = 18;
    private const string Indent = "  ";

    internal static IEnumerable<string> Of(NodeStatus status)
    {
        if (status.Node is { } node)
        {
            yield return $"pgrepl: server is running (PID: {node.Pid})";
            yield return Fact("status", node.Status);
            yield return Fact("listens on", node.Conninfo ?? "nothing yet");
        }
        else
        {
            yield return "pgrepl: no server running";
        }
        if (status.Live is null && status.LiveError is { } error)
            yield return Fact("shared memory", error);
        if (status.ControlError is not null)
            yield return Fact("control file", status.ControlError);
        foreach (string line in status.Relay is { } relay ? RelayFacts(status, relay) : [])
            yield return line;
        foreach (string line in status.Control is { } control ? ControlFacts(status, control) : [])
            yield return line;
        foreach (string line in status.Live is { } live ? LiveLines(live) : [])
            yield return line;
    }

    private static IEnumerable<string> RelayFacts(NodeStatus status, Shared.Storage.RelayFileData relay) =>
    [
        Fact("role", "relay"),
        Fact("system identifier", relay.SystemId.ToString(CultureInfo.InvariantCulture)),
        Fact("WAL of", $"PostgreSQL {status.Live?.ServerVersion ?? relay.ServerVersion}"),
        Fact("timeline", Timeline(status.Live, relay.Timeline)),
        Fact("oldest WAL", relay.Oldest.ToString()),
        .. status.Live is null ? new[] { Fact("validated WAL", relay.Validated.IsValid ? $"at least to {relay.Validated}" : "none yet") } : [],
    ];

    private static IEnumerable<string> ControlFacts(NodeStatus status, Shared.Storage.ControlFileData control) =>
    [
        Fact("role", status.Role),
        Fact("system identifier", control.SystemId.ToString(CultureInfo.InvariantCulture)),
        Fact("cluster state", NodeStatus.Describe(control.State)),
        Fact("timeline", Timeline(status.Live, control.Checkpoint.Timeline)),
        Fact("latest checkpoint", $"{control.CheckpointLocation}, redo {control.Checkpoint.Redo}"),
        .. control.MinRecoveryPoint.IsValid ? new[] { Fact("min recovery point", $"{control.MinRecoveryPoint} on timeline {control.MinRecoveryPointTimeline}") } : [],
    ];

    private static IEnumerable<string> LiveLines(LiveStatus live)
    {
        yield return Fact("lag", Lag(live));
        if (live.CrashResets > 0)
            yield return Fact("crash resets", live.CrashResets.ToString(CultureInfo.InvariantCulture));
        if (live.Upstream is { } upstream)
            yield return Fact("upstream", Upstream(upstream));
        foreach (string line in Tables(live))
            yield return line;
    }

    internal static string Lag(LiveStatus live) => $"{Bytes(live.LagBytes)}, {Time(live.LagTime)}";

    internal static string Upstream(UpstreamStatus upstream)
    {
        string where = upstream.Host is null ? "no upstream" : upstream.Port is { } port ? $"{upstream.Host} port {port}" : upstream.Host;
        return $"{where}, {upstream.State}, last message {(upstream.LastMessageAge is { } age ? $"{Amounts.Time(age)} ago" : "never")}" + (upstream.Slot is null ? "" : $", slot {upstream.Slot}");
    }

    /// <summary>What there are several of.</summary>
    internal static IEnumerable<string> Tables(LiveStatus live) =>
    [
        .. Table(["stage", "position", "behind", "late"], live.Positions.Select(p => new[] { p.Stage, Position(p.Lsn), Bytes(p.LagBytes), Time(p.LagTime) })),
        .. Table(["downstream", "address", "state", "sent", "write", "flush", "replay", "behind", "late", "sync"], live.Downstreams.Select(Downstream)),
        .. Table(["process", "pid", "since", "restarts", "remarks"], live.Children.Select(Child)),
        .. Table(["error", "pid", "SQLSTATE", "times", "message"], live.Errors.Select(Error)),
    ];

    private static string[] Downstream(DownstreamStatus d)
    {
        PeerPosition last = d.Replay.Lsn.IsValid ? d.Replay : d.Flush.Lsn.IsValid ? d.Flush : d.Write;
        return [d.ApplicationName, d.Address ?? "local", d.State, Position(d.Sent.Lsn), Position(d.Write.Lsn), Position(d.Flush.Lsn), Position(d.Replay.Lsn), Bytes(last.LagBytes), Time(last.LagTime), d.SyncState];
    }

    private static string[] Child(ChildStatus c) =>
    [
        c.Kind.ToString().ToLowerInvariant(), c.Pid?.ToString(CultureInfo.InvariantCulture) ?? "-", c.Since is { } since ? When(since) : "-",
        c.Restarts?.ToString(CultureInfo.InvariantCulture) ?? "-",
        c.Work ?? (c.LastEnd is { } end ? $"{(c.Pid is null ? "not running, " : "")}last end {When(end)}, {c.LastEndHow}" : c.Pid is null ? "not running" : ""),
    ];

    private static string[] Error(RecentError e) =>
        [When(e.Time), e.Pid.ToString(CultureInfo.InvariantCulture), e.SqlState, e.Count.ToString(CultureInfo.InvariantCulture), $"{e.Severity.ToString().ToUpperInvariant()}:  {e.Message.ReplaceLineEndings(" ")}"];

    /// <summary>With an empty line before it; nothing at all without rows.</summary>
    private static IEnumerable<string> Table(string[] heads, IEnumerable<string[]> rows)
    {
        string[] lines = [.. TextTable.Lines(heads, rows, Indent)];
        return lines.Length == 0 ? lines : lines.Prepend("");
    }

    private static string Fact(string name, string value) => $"  {name,-FactWidth} {value}";

    private static string Timeline(LiveStatus? live, TimelineId stored) => (live is { Timeline.IsValid: true } ? live.Timeline : stored).ToString();

    private static string Position(Lsn lsn) => lsn.IsValid ? lsn.ToString() : "-";

    private static string Bytes(long? bytes) => bytes is { } known ? Amounts.Bytes(known) : "unknown";

    private static string Time(long? microseconds) => microseconds is { } known ? Amounts.Time(known) : "unknown";

    private static string When(long time) => PgTime.ToUtc(time).ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
