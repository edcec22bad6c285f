using System.Globalization;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Check;

/// <summary>Checks of a node against its upstream: each judges what it is given and asks nobody.</summary>
internal static class UpstreamChecks
{
    /// <param name="libpq">Its version, as PQlibVersion counts.</param>
    /// <param name="major">Whose WAL this node has.</param>
    internal static CheckResult Version(UpstreamFacts upstream, int libpq, int major)
    {
        string message = string.Create(CultureInfo.InvariantCulture, $"upstream is PostgreSQL {upstream.Version}, this node has WAL of PostgreSQL {major}, libpq is {libpq / 10_000}.{libpq % 10_000}");
        return upstream.VersionNumber / 10_000 == major ? CheckResult.Ok("version", message) : CheckResult.Critical("version", message);
    }

    internal static CheckResult SystemIdentifier(UpstreamFacts upstream, ulong ours) => upstream.SystemId == ours
        ? CheckResult.Ok("system", $"identifier {ours} here and there")
        : CheckResult.Critical("system", $"identifier {ours} here, {upstream.SystemId} there: another cluster");

    /// <summary>Behind us it cannot be followed; ahead of us it is for as long as its switch takes to come.</summary>
    internal static CheckResult Timeline(UpstreamFacts upstream, TimelineId ours)
    {
        const string Name = "timeline";
        if (upstream.Timeline == ours)
            return CheckResult.Ok(Name, $"{ours} here and there");
        return upstream.Timeline < ours
            ? CheckResult.Critical(Name, $"{ours} here, {upstream.Timeline} there: it has not followed the promotion that this node has")
            : CheckResult.Warning(Name, $"{ours} here, {upstream.Timeline} there: not followed yet");
    }

    internal static CheckResult? Slot(UpstreamFacts upstream, string name)
    {
        if (name.Length == 0)
            return null;
        if (upstream.Slot is not { } slot)
            return new CheckResult("slot", CheckState.Skipped, $"\"{name}\" could not be asked for: {upstream.SlotError}");
        if (!slot.Exists)
            return CheckResult.Critical("slot", $"replication slot \"{name}\" does not exist");
        return slot.WalStatus switch
        {
            "lost" => CheckResult.Critical("slot", $"replication slot \"{name}\" has lost its WAL"),
            "unreserved" => CheckResult.Warning("slot", $"replication slot \"{name}\" is about to lose its WAL"),
            _ => CheckResult.Ok("slot", $"\"{name}\" {slot.WalStatus ?? "exists"}"),
        };
    }

    /// <param name="heard">From the last message of the stream, when SQL is refused: upstream's time of sending minus ours of receipt; microseconds.</param>
    internal static CheckResult Clock(UpstreamFacts upstream, long? heard, long limit)
    {
        if ((upstream.ClockDifference ?? heard) is not { } difference)
            return new CheckResult("clock", CheckState.Skipped, $"could not be asked for: {upstream.ClockError}");
        string message = Math.Abs(difference) < 1000 ? "the same as upstream's" : $"upstream's is {Amounts.Time(Math.Abs(difference))} {(difference > 0 ? "ahead" : "behind")}";
        return new CheckResult("clock", Math.Abs(difference) > limit ? CheckState.Warning : CheckState.Ok, message,
            new CheckFigure("clock", NodeChecks.Seconds(difference), "s", $"-{NodeChecks.Threshold(limit)}:{NodeChecks.Threshold(limit)}"));
    }
}
