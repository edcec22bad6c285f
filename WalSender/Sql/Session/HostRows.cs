using System.Net;
using Pgrepl.Wal;

namespace Pgrepl.WalSender.Sql;

/// <summary>One setting, with what SHOW ALL and pg_settings print of it.</summary>
/// <param name="Shown">As SHOW prints it, with its unit.</param>
/// <param name="Setting">In the base unit.</param>
/// <param name="Context">internal, postmaster, sighup, backend, user, superuser.</param>
/// <param name="ValueType">bool, integer, real, string, enum.</param>
/// <param name="Source">default, configuration file, command line, client, session, override.</param>
internal sealed record SettingRow(
    string Name,
    string? Shown,
    string? Setting,
    string? Unit,
    string Category,
    string Description,
    string Context,
    string ValueType,
    string Source,
    string? Min = null,
    string? Max = null,
    IReadOnlyList<string>? EnumValues = null,
    string? BootValue = null,
    string? ResetValue = null,
    string? SourceFile = null,
    int? SourceLine = null,
    bool PendingRestart = false,
    string? ExtraDescription = null);

/// <summary>The walreceiver: WalRcvData of PostgreSQL 15.</summary>
/// <param name="Conninfo">With every password as ********.</param>
internal sealed record WalReceiverRow(
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
internal sealed record WalProgressRow(
    TimelineId Timeline,
    Lsn Oldest,
    Lsn Upstream,
    Lsn Received,
    Lsn Written,
    Lsn Flushed,
    Lsn Validated,
    Lsn Replayed,
    long? LastCommitTime);

/// <summary>One walsender: WalSnd of PostgreSQL 15. Who is connected stands in the <see cref="ActivityRow"/> of the same pid.</summary>
/// <param name="State">startup, catchup, streaming, backup, stopping.</param>
/// <param name="WriteLag">Microseconds; null: not known.</param>
/// <param name="SyncState">async, potential, sync, quorum.</param>
internal sealed record WalSenderRow(
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

/// <summary>One process: PgBackendStatus of PostgreSQL 15.</summary>
/// <param name="ClientPort">-1 on a Unix socket; null without a client.</param>
/// <param name="State">active, idle, idle in transaction, idle in transaction (aborted); null for a process without a client.</param>
/// <param name="BackendType">client backend, walsender, walreceiver, startup, walwriter.</param>
internal sealed record ActivityRow(
    int Pid,
    string BackendType,
    uint? DatabaseOid = null,
    string? Database = null,
    uint? UserOid = null,
    string? User = null,
    string? ApplicationName = null,
    IPAddress? ClientAddress = null,
    string? ClientHostname = null,
    int? ClientPort = null,
    long? BackendStart = null,
    long? TransactionStart = null,
    long? QueryStart = null,
    long? StateChange = null,
    string? WaitEventType = null,
    string? WaitEvent = null,
    string? State = null,
    uint? BackendXid = null,
    uint? BackendXmin = null,
    string? Query = null);

/// <summary>What pg_control_checkpoint() and pg_control_system() print of pg_control.</summary>
/// <param name="NextXid">64 bits: epoch and xid.</param>
/// <param name="PriorCheckpoint">The checkpoint before, which pg_control of 10 has; null: it is not known.</param>
/// <param name="CheckpointTime">Unix seconds, as pg_control has it.</param>
/// <param name="LastModified">Unix seconds.</param>
internal sealed record ControlRow(
    uint ControlVersion,
    uint CatalogVersion,
    ulong SystemId,
    long LastModified,
    int SegmentSize,
    Lsn CheckpointLocation,
    Lsn Redo,
    TimelineId Timeline,
    TimelineId PreviousTimeline,
    bool FullPageWrites,
    ulong NextXid,
    uint NextOid,
    uint NextMulti,
    uint NextMultiOffset,
    uint OldestXid,
    uint OldestXidDatabase,
    uint OldestActiveXid,
    uint OldestMulti,
    uint OldestMultiDatabase,
    uint OldestCommitTimestampXid,
    uint NewestCommitTimestampXid,
    long CheckpointTime,
    Lsn? PriorCheckpoint = null);
