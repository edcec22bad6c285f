using Pgrepl.Shared.Ipc;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Status;

/// <summary>What a running node's shared memory tells. Lags in time are microseconds; <see langword="null"/>: it cannot be told, or does not apply.</summary>
/// <param name="Role">primary, standby or relay.</param>
/// <param name="CrashResets">How often all processes were started anew after one had crashed.</param>
/// <param name="Positions">From the first stage to the last.</param>
/// <param name="Upstream"><see langword="null"/>: it follows nobody.</param>
internal sealed record LiveStatus(
    string Role,
    TimelineId Timeline,
    ulong SystemId,
    string ServerVersion,
    long CrashResets,
    IReadOnlyList<StagePosition> Positions,
    UpstreamStatus? Upstream,
    IReadOnlyList<DownstreamStatus> Downstreams,
    IReadOnlyList<ChildStatus> Children,
    IReadOnlyList<RecentError> Errors)
{
    /// <summary>The last stage behind the first one: what a reader of this node misses.</summary>
    internal long? LagBytes => Positions.Count > 0 && Positions.All(p => p.LagBytes is not null) ? Positions.Sum(p => p.LagBytes) : null;

    /// <summary>All stages together.</summary>
    internal long? LagTime => Positions.Count > 0 && Positions.All(p => p.LagTime is not null) ? Positions.Sum(p => p.LagTime) : null;
}

/// <summary>How far one stage of WAL is, and how far behind the stage before it.</summary>
/// <param name="Stage">inserted, written, flushed, received, validated or replayed.</param>
internal sealed record StagePosition(string Stage, Lsn Lsn, long? LagBytes, long? LagTime);

/// <summary>Where WAL comes from.</summary>
/// <param name="State">stopped, connecting, streaming, waiting, restarting, stopping.</param>
/// <param name="Host">Of the connection in use or last used; else as configured.</param>
/// <param name="Pid">Of the walreceiver; <see langword="null"/>: none runs.</param>
/// <param name="End">Upstream's end of WAL, as it last said.</param>
/// <param name="LastMessageAge">Since upstream last sent anything; <see langword="null"/>: it never has.</param>
/// <param name="Conninfo">Without secrets.</param>
internal sealed record UpstreamStatus(string State, string? Host, int? Port, string? Slot, int? Pid, Lsn End, long? LastMessageAge, string? Conninfo);

/// <summary>A stream of WAL to somebody else.</summary>
/// <param name="Address"><see langword="null"/>: by a Unix socket.</param>
/// <param name="State">startup, catchup, streaming, backup, stopping.</param>
/// <param name="Replay">Invalid: the peer replays nothing.</param>
/// <param name="SyncState">async, potential, sync, quorum.</param>
/// <param name="ReplyAge">By the clock of the peer: since its last reply.</param>
internal sealed record DownstreamStatus(
    int Pid,
    string ApplicationName,
    string User,
    string? Address,
    int? Port,
    string State,
    PeerPosition Sent,
    PeerPosition Write,
    PeerPosition Flush,
    PeerPosition Replay,
    int SyncPriority,
    string SyncState,
    long ConnectedAt,
    long? ReplyTime);

/// <summary>A position of a peer, behind what could be sent to it.</summary>
internal sealed record PeerPosition(Lsn Lsn, long? LagBytes, long? LagTime);

/// <summary>A process of the node.</summary>
/// <param name="Pid"><see langword="null"/>: it does not run now, though it should.</param>
/// <param name="Since">TimestampTz.</param>
/// <param name="Restarts">How often one of its kind was started again; <see langword="null"/> of a walsender, which serves one client.</param>
/// <param name="Work">What a walsender does.</param>
/// <param name="LastEnd">When one of its kind ended last, TimestampTz, and how.</param>
internal sealed record ChildStatus(ProcessKind Kind, int? Pid, long? Since, long? Restarts, string? Work, long? LastEnd, string? LastEndHow);
