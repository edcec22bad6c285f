using Pgrepl.Wal;

namespace Pgrepl.Shared.Node;

/// <summary>The walreceiver: WalRcvData of PostgreSQL 15.</summary>
/// <param name="Conninfo">With every password as ********.</param>
public sealed record WalReceiverRow(
    int Pid,
    string Status,
    Lsn ReceiveStart,
    TimelineId ReceiveStartTimeline,
    Lsn Written,
    Lsn Flushed,
    TimelineId ReceivedTimeline,
    long? LastMessageSendTime,
    long? LastMessageReceiptTime,
    Lsn LatestEnd,
    long? LatestEndTime,
    string? SlotName,
    string? SenderHost,
    int? SenderPort,
    string? Conninfo);

/// <summary>How far WAL from upstream is on a node that follows one, stage by stage: pgrepl_wal_progress.</summary>
/// <param name="Oldest">Start of the oldest segment here.</param>
/// <param name="Upstream">Upstream's end of WAL, as it last said.</param>
/// <param name="Validated">End of the last whole record that is valid and durable: what is served and replayed.</param>
/// <param name="Replayed">Zero on a relay.</param>
/// <param name="LastCommitTime">Time in the last commit record below Validated, by the primary's clock.</param>
public sealed record WalProgressRow(
    TimelineId Timeline,
    Lsn Oldest,
    Lsn Upstream,
    Lsn Received,
    Lsn Written,
    Lsn Flushed,
    Lsn Validated,
    Lsn Replayed,
    long? LastCommitTime);

/// <summary>One walsender: WalSnd of PostgreSQL 15. Who is connected stands in the process slot of the same pid.</summary>
/// <param name="State">startup, catchup, streaming, backup, stopping.</param>
/// <param name="WriteLag">Microseconds; null: not known.</param>
/// <param name="SyncState">async, potential, sync, quorum.</param>
public sealed record WalSenderRow(
    int Pid,
    string State,
    Lsn Sent,
    Lsn Write,
    Lsn Flush,
    Lsn Replay,
    long? WriteLag,
    long? FlushLag,
    long? ReplayLag,
    int SyncPriority,
    string SyncState,
    long? ReplyTime);
