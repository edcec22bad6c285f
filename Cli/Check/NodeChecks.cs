using System.Globalization;
using System.Net;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Cli.Status;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Node;

namespace Pgrepl.Cli.Check;

/// <summary>Checks of the node itself: each judges what it is given and asks nobody.</summary>
internal static class NodeChecks
{
    internal static CheckResult Running(NodeStatus status)
    {
        const string Name = "running";
        if (status.Node is not { } node)
            return CheckResult.Critical(Name, "no server running");
        if (!node.IsUp)
            return CheckResult.Warning(Name, $"PID {node.Pid} is {(node.Status.Length > 0 ? node.Status : "starting")}");
        if (status.Live is null)
            return new CheckResult(Name, CheckState.Unknown, $"PID {node.Pid} is {node.Status}; {status.LiveError}");
        string[] missing = [.. status.Live.Children.Where(c => c.Pid is null).Select(c => c.Kind.ToString().ToLowerInvariant())];
        return missing.Length > 0
            ? CheckResult.Warning(Name, $"PID {node.Pid}, {status.Role}; not running: {string.Join(", ", missing)}")
            : CheckResult.Ok(Name, $"PID {node.Pid}, {status.Role}");
    }

    /// <param name="text">Of the file as it is now, which the next start or reload reads.</param>
    /// <param name="path">For messages.</param>
    internal static CheckResult Hba(string? text, string path, IReadOnlyList<DownstreamStatus> downstreams)
    {
        const string Name = "hba";
        if (text is null)
            return CheckResult.Critical(Name, $"could not open configuration file \"{path}\"");
        HbaRules rules;
        try
        {
            rules = HbaFile.Parse(text, path);
        }
        catch (ConfigurationException e)
        {
            return CheckResult.Critical(Name, e.Message);
        }
        string[] shutOut = [.. downstreams.Where(d => !LetsIn(rules, d)).Select(d => $"\"{d.ApplicationName}\" from {d.Address ?? "[local]"}")];
        return shutOut.Length > 0
            ? CheckResult.Warning(Name, $"no entry lets in {string.Join(", ", shutOut)} again")
            : CheckResult.Ok(Name, string.Create(CultureInfo.InvariantCulture, $"{rules.Lines.Count()} entries{(downstreams.Count > 0 ? $", all {downstreams.Count} downstreams may come again" : "")}"));
    }

    /// <param name="free">Bytes that this user may still take where pg_wal is.</param>
    /// <param name="kept">Bytes of the segments in pg_wal.</param>
    internal static CheckResult Disk(long free, long total, long kept, CheckLimits limits)
    {
        const string Name = "disk";
        long warning = limits.DiskWarning.Of(total), critical = limits.DiskCritical.Of(total);
        string message = string.Create(CultureInfo.InvariantCulture, $"{Amounts.Bytes(free)} free of {Amounts.Bytes(total)} where pg_wal is, which holds {Amounts.Bytes(kept)}");
        CheckFigure[] figures = [new("free", free, "B", $"{warning}:", $"{critical}:"), new("wal", kept, "B")];
        return new CheckResult(Name, free < critical ? CheckState.Critical : free < warning ? CheckState.Warning : CheckState.Ok, message, figures);
    }

    /// <summary>Of a node that follows: its own. Of a primary: of the downstream that is furthest behind.</summary>
    internal static CheckResult? Lag(LiveStatus live, CheckLimits limits)
    {
        if (live.Role != "primary")
            return Lag(live.LagBytes, live.LagTime, "", limits);
        (DownstreamStatus Peer, PeerPosition Last)[] peers =
            [.. live.Downstreams.Select(d => (d, d.Replay.Lsn.IsValid ? d.Replay : d.Flush.Lsn.IsValid ? d.Flush : d.Write)).OrderByDescending(p => p.Item2.LagTime ?? long.MaxValue).ThenByDescending(p => p.Item2.LagBytes)];
        return peers.Length == 0 ? null : Lag(peers[0].Last.LagBytes, peers[0].Last.LagTime, $"\"{peers[0].Peer.ApplicationName}\" is ", limits);
    }

    internal static CheckResult Slots(IReadOnlyList<(string Name, WalAvailability Wal)> slots)
    {
        const string Name = "slots";
        string[] lost = Named(WalAvailability.Lost), unreserved = Named(WalAvailability.Unreserved);
        if (lost.Length > 0)
            return CheckResult.Critical(Name, $"lost their WAL: {string.Join(", ", lost)}");
        return unreserved.Length > 0
            ? CheckResult.Warning(Name, $"about to lose their WAL: {string.Join(", ", unreserved)}")
            : CheckResult.Ok(Name, string.Create(CultureInfo.InvariantCulture, $"{slots.Count} with their WAL"));

        string[] Named(WalAvailability wal) => [.. slots.Where(s => s.Wal == wal).Select(s => $"\"{s.Name}\"")];
    }

    private static CheckResult Lag(long? bytes, long? time, string who, CheckLimits limits)
    {
        const string Name = "lag";
        if (bytes is null || time is null)
            return CheckResult.Warning(Name, $"{who}unknown: upstream has not been heard since the node was started");
        CheckState state = limits.LagCritical.IsExceeded(bytes, time) ? CheckState.Critical : limits.LagWarning.IsExceeded(bytes, time) ? CheckState.Warning : CheckState.Ok;
        return new CheckResult(Name, state, $"{who}{Amounts.Bytes(bytes.Value)}, {Amounts.Time(time.Value)} behind",
            new("lag_bytes", bytes.Value, "B", $"{limits.LagWarning.Bytes}", $"{limits.LagCritical.Bytes}"),
            new("lag", Seconds(time.Value), "s", Threshold(limits.LagWarning.Time), Threshold(limits.LagCritical.Time)));
    }

    private static bool LetsIn(HbaRules rules, DownstreamStatus peer)
    {
        IPAddress? address = IPAddress.TryParse(peer.Address, out IPAddress? parsed) ? parsed : null;
        return Lets(tls: false) || (address is not null && Lets(tls: true));

        bool Lets(bool tls) => rules.Match(new HbaConnection(address is null, address, tls, "replication", peer.User, Replication: true)) is { Method: not HbaMethod.Reject };
    }

    internal static decimal Seconds(long microseconds) => microseconds / 1_000_000m;

    internal static string Threshold(long? microseconds) => microseconds is { } known ? Seconds(known).ToString("0.######", CultureInfo.InvariantCulture) : "";
}
