using System.Globalization;
using System.Numerics;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Cli.Status;

namespace Pgrepl.Cli.Top;

/// <summary>Makes a frame of each look at the node: rates and plots need the looks before.</summary>
internal sealed class TopFrames
{
    private readonly Plot _throughput = new();
    private readonly Plot _lag = new();
    private (ulong Written, long Time)? _before;

    /// <param name="now">µs of CLOCK_MONOTONIC.</param>
    internal IReadOnlyList<string> Next(NodeStatus status, DateTime wallClock, long now)
    {
        string head = string.Create(CultureInfo.InvariantCulture, $"pgrepl top - {wallClock:yyyy-MM-dd HH:mm:ss} UTC  {status.Directory.Path}  {status.Role}");
        if (status.Live is not { } live)
        {
            _before = null;
            return [head, status.Node is null ? "pgrepl: no server running" : $"pgrepl: {status.LiveError}"];
        }
        double? rate = Rate(live, now);
        if (rate is { } known)
            _throughput.Add(known);
        _lag.Add(LagOf(live) ?? 0);
        return
        [
            $"{head}, PID {status.Node!.Pid}, timeline {live.Timeline}",
            .. live.Upstream is { } upstream ? new[] { $"upstream   {StatusText.Upstream(upstream)}" } : [],
            $"written    {_throughput}  {(rate is { } bytes ? $"{Amounts.Bytes((BigInteger)bytes)}/s" : "-")}, most {Amounts.Bytes((BigInteger)_throughput.Highest)}/s",
            $"lag        {_lag}  {(LagOf(live) is { } late ? Amounts.Time(late) : "unknown")}, most {Amounts.Time((long)_lag.Highest)}",
            .. StatusText.Tables(live),
        ];
    }

    /// <summary>Bytes a second since the look before; <see langword="null"/>: there was none, or the node was restarted meanwhile.</summary>
    private double? Rate(LiveStatus live, long now)
    {
        ulong written = live.Positions.FirstOrDefault(p => p.Stage == "written")?.Lsn.Value ?? 0;
        (ulong Written, long Time)? before = _before;
        _before = written == 0 ? null : (written, now);
        return before is { } last && written >= last.Written && now > last.Time ? (written - last.Written) * 1_000_000.0 / (now - last.Time) : null;
    }

    /// <summary>Of a primary what the downstream that is furthest behind has.</summary>
    private static long? LagOf(LiveStatus live) => live.Role != "primary" ? live.LagTime
        : live.Downstreams.Select(d => d.Replay.LagTime ?? d.Flush.LagTime ?? d.Write.LagTime).Append(0).Max();
}
