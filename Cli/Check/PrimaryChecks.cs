using System.Globalization;
using Pgrepl.Cli.Status;
using Pgrepl.Shared.Config;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Check;

/// <summary>Checks of a primary alone: may its commits go on, and is it the only one? Each judges what it is given and asks nobody.</summary>
internal static class PrimaryChecks
{
    /// <summary>With fewer standbys than synchronous_standby_names wants, every commit waits.</summary>
    /// <param name="rule"><see langword="null"/>: the setting is empty.</param>
    internal static CheckResult? Synchronous(SynchronousStandbyNames? rule, IReadOnlyList<DownstreamStatus> downstreams)
    {
        const string Name = "sync";
        if (rule is null)
            return null;
        string[] counting = [.. downstreams.Where(d => d.SyncState is "sync" or "quorum").Select(d => $"\"{d.ApplicationName}\"")];
        string message = string.Create(CultureInfo.InvariantCulture, $"{counting.Length} of {rule.NumSync} synchronous standbys{(counting.Length > 0 ? $": {string.Join(", ", counting)}" : "")}");
        return counting.Length >= rule.NumSync ? CheckResult.Ok(Name, message) : CheckResult.Critical(Name, $"commits wait, {message}");
    }

    /// <summary>A peer on a newer timeline was promoted while we ran; one on an older timeline has not followed our own promotion.</summary>
    internal static CheckResult? Peers(IReadOnlyList<PeerFacts> peers, ulong systemId, TimelineId timeline)
    {
        const string Name = "peers";
        if (peers.Count == 0)
            return null;
        if (peers.FirstOrDefault(p => p.Error is null && p.SystemId != systemId) is { } foreign)
            return CheckResult.Critical(Name, $"system identifier {systemId} here, {foreign.SystemId} on {foreign.Name}: another cluster");
        if (peers.FirstOrDefault(p => p.Error is null && p.Timeline > timeline) is { } promoted)
            return CheckResult.Critical(Name, $"timeline {timeline} here, {promoted.Timeline} on {promoted.Name}: another node was promoted, there may be two primaries");
        if (peers.FirstOrDefault(p => p.Error is null && p.Timeline < timeline) is { } left)
            return CheckResult.Warning(Name, $"timeline {timeline} here, {left.Timeline} on {left.Name}: it has not followed the promotion");
        return peers.FirstOrDefault(p => p.Error is not null) is { } silent
            ? CheckResult.Warning(Name, silent.Error!)
            : CheckResult.Ok(Name, string.Create(CultureInfo.InvariantCulture, $"all {peers.Count} on timeline {timeline}"));
    }
}
