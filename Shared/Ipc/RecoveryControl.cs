using Pgrepl.Shared.Native;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Ipc;

/// <summary>How far startup is. Written by startup alone.</summary>
/// <remarks>Answers to XLogRecoveryCtlData, PostgreSQL 15, src/backend/access/transam/xlogrecovery.c.</remarks>
public sealed class RecoveryControl
{
    private const int RelayVersionSize = 64;

    internal RecoveryControl(SharedMemory memory, SegmentLayout layout)
    {
        layout.NewCacheLine();
        RecoveryDone = new(memory, layout.Int32("recovery.done"));
        StandbyMode = new(memory, layout.Int32("recovery.standby_mode"));
        SegmentSize = new(memory, layout.Int32("recovery.segment_size"));
        SystemId = new(memory, layout.Int64("recovery.system_id"));
        ServerVersionNumber = new(memory, layout.Int32("recovery.server_version_number"));
        Replayed = new(memory, layout.Int64("recovery.replayed"));
        ReplayedTimeline = new(memory, layout.Int32("recovery.replayed_timeline"));
        LastTransactionTime = new(memory, layout.Int64("recovery.last_transaction_time"));
        NextXid = new(memory, layout.Int64("recovery.next_xid"));
        Redo = new(memory, layout.Int64("recovery.redo"));
        ServerVersion = new(memory, layout.Bytes("recovery.server_version", SharedText.Reserve(RelayVersionSize)), RelayVersionSize);
        FailureReason = new(memory, layout.Bytes("recovery.failure_reason", SharedText.Reserve(512)), 512);
    }

    /// <summary>1: this node writes WAL; startup's last act.</summary>
    public SharedInt32 RecoveryDone { get; }

    public SharedInt32 StandbyMode { get; }

    /// <summary>Bytes; startup reads pg_control and sets this and SystemId before RecoveryStarted.</summary>
    public SharedInt32 SegmentSize { get; }

    public SharedInt64 SystemId { get; }

    /// <summary>On a relay what its upstream calls server_version_num: startup sets it from pgrepl.relay, walreceiver when upstream says another; 0: a log cluster.</summary>
    public SharedInt32 ServerVersionNumber { get; }

    /// <summary>On a relay its upstream's server_version.</summary>
    public SharedText ServerVersion { get; }

    /// <summary>Whose WAL this is, and what clients see.</summary>
    public PostgresMajor Major => ServerVersionNumber.Value is var number and not 0 ? PostgresMajor.Of(number / 10_000) : PostgresMajor.LogCluster;

    /// <summary>End of the last record replayed.</summary>
    public SharedLsn Replayed { get; }

    public SharedInt32 ReplayedTimeline { get; }

    /// <summary>Time of the last commit or abort replayed, µs since 2000-01-01 UTC; 0: none yet.</summary>
    public SharedInt64 LastTransactionTime { get; }

    public SharedInt64 NextXid { get; }

    /// <summary>Redo of the durable control file while in recovery: WAL from here on stays.</summary>
    public SharedLsn Redo { get; }

    /// <summary>Why startup gave up; the postmaster repeats it as its last word.</summary>
    public SharedText FailureReason { get; }
}
