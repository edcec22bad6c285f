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
