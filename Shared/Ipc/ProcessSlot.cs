using Pgrepl.Shared.Native;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Ipc;

/// <summary>One row of the process table: who runs there, its latch, what it waits for, and, for a walsender, its session and stream.</summary>
/// <remarks>Written by its own process, but for Pid, Kind, SenderNumber and the waits' positions that wakers only read. Answers to PGPROC, PgBackendStatus and WalSnd of PostgreSQL 15.</remarks>
public sealed class ProcessSlot
{
    public const int ActivityTextSize = 1024;

    internal ProcessSlot(SharedMemory memory, SegmentLayout layout, int index)
    {
        Index = index;
        layout.NewCacheLine();
        LatchSet = new(memory, layout.Int32("slot.latch_set"));
        LatchSleeping = new(memory, layout.Int32("slot.latch_sleeping"));
        Inserting = new(memory, layout.Int64("slot.inserting"));
        WaitFlush = new(memory, layout.Int64("slot.wait_flush"));
        WaitSync = new(memory, layout.Int64("slot.wait_sync"));
        WaitMode = new(memory, layout.Int32("slot.wait_mode"));
        layout.NewCacheLine();
        Pid = new(memory, layout.Int32("slot.pid"));
        Kind = new(memory, layout.Int32("slot.kind"));
        StartTime = new(memory, layout.Int64("slot.start_time"));
        Activity = new(memory, layout.Int32("slot.activity"));
        IsReplication = new(memory, layout.Int32("slot.is_replication"));
        XactStart = new(memory, layout.Int64("slot.xact_start"));
        QueryStart = new(memory, layout.Int64("slot.query_start"));
        StateChange = new(memory, layout.Int64("slot.state_change"));
        BackendXid = new(memory, layout.Int64("slot.backend_xid"));
        ClientPort = new(memory, layout.Int32("slot.client_port"));
        User = Text(memory, layout, "slot.user", 64);
        Database = Text(memory, layout, "slot.database", 64);
        ApplicationName = Text(memory, layout, "slot.application_name", 64);
        ClientAddress = Text(memory, layout, "slot.client_address", 64);
        Query = Text(memory, layout, "slot.query", ActivityTextSize);
        layout.NewCacheLine();
        SenderState = new(memory, layout.Int32("slot.sender_state"));
        SenderNumber = new(memory, layout.Int32("slot.sender_number"));
        SyncPriority = new(memory, layout.Int32("slot.sync_priority"));
        Sent = new(memory, layout.Int64("slot.sent"));
        PeerWritten = new(memory, layout.Int64("slot.peer_written"));
        PeerFlushed = new(memory, layout.Int64("slot.peer_flushed"));
        PeerApplied = new(memory, layout.Int64("slot.peer_applied"));
        WriteLag = new(memory, layout.Int64("slot.write_lag"));
        FlushLag = new(memory, layout.Int64("slot.flush_lag"));
        ApplyLag = new(memory, layout.Int64("slot.apply_lag"));
        WriteSince = new(memory, layout.Int64("slot.write_since"));
        FlushSince = new(memory, layout.Int64("slot.flush_since"));
        ApplySince = new(memory, layout.Int64("slot.apply_since"));
        ReplyTime = new(memory, layout.Int64("slot.reply_time"));
        FeedbackXmin = new(memory, layout.Int64("slot.feedback_xmin"));
    }

    public int Index { get; }

    /// <summary>1: set; the owner's next Wait returns at once.</summary>
    public SharedInt32 LatchSet { get; }

    /// <summary>1: the owner may be in poll and needs a write to its eventfd.</summary>
    public SharedInt32 LatchSleeping { get; }

    /// <summary>WAL insertion: 0 idle, 1 about to reserve, else the LSN below which this process writes no more.</summary>
    public SharedLsn Inserting { get; }

    /// <summary>Non-zero: this process sleeps until Flushed reaches it.</summary>
    public SharedLsn WaitFlush { get; }

    /// <summary>Non-zero: this process sleeps until SyncLsn[WaitMode] reaches it.</summary>
    public SharedLsn WaitSync { get; }

    public SharedInt32 WaitMode { get; }

    /// <summary>0: the slot is free.</summary>
    public SharedInt32 Pid { get; }

    public SharedInt32 Kind { get; }

    /// <summary>TimestampTz, µs since 2000-01-01 UTC; so are the other times here; 0: none.</summary>
    public SharedInt64 StartTime { get; }

    /// <summary><see cref="ActivityState"/>; Unused: a pre-started walsender without a client.</summary>
    public SharedInt32 Activity { get; }

    /// <summary>1: the client asked for a replication connection.</summary>
    public SharedInt32 IsReplication { get; }

    public SharedInt64 XactStart { get; }
    public SharedInt64 QueryStart { get; }
    public SharedInt64 StateChange { get; }

    /// <summary>Full transaction id of the open transaction, 0: none.</summary>
    public SharedInt64 BackendXid { get; }

    /// <summary>-1 on a Unix socket.</summary>
    public SharedInt32 ClientPort { get; }

    public SharedText User { get; }
    public SharedText Database { get; }
    public SharedText ApplicationName { get; }

    /// <summary>Empty on a Unix socket.</summary>
    public SharedText ClientAddress { get; }

    public SharedText Query { get; }

    /// <summary><see cref="WalSenderState"/>.</summary>
    public SharedInt32 SenderState { get; }

    /// <summary>From 1, the lowest that no other replication connection has: it decides between standbys of equal priority, and the order they are shown in. The postmaster
    /// gives it out, as PostgreSQL does the entries of WalSndCtl.</summary>
    public SharedInt32 SenderNumber { get; }

    /// <summary>0: asynchronous; else the place in synchronous_standby_names (1 for all with ANY).</summary>
    public SharedInt32 SyncPriority { get; }

    public SharedLsn Sent { get; }

    /// <summary>Positions the peer reported; zero: none yet.</summary>
    public SharedLsn PeerWritten { get; }

    public SharedLsn PeerFlushed { get; }
    public SharedLsn PeerApplied { get; }

    /// <summary>Microseconds; -1: unknown.</summary>
    public SharedInt64 WriteLag { get; }

    public SharedInt64 FlushLag { get; }
    public SharedInt64 ApplyLag { get; }

    /// <summary>When the oldest WAL that the peer has not written yet was durable here, µs of CLOCK_MONOTONIC; 0: nothing is outstanding.</summary>
    public SharedInt64 WriteSince { get; }

    public SharedInt64 FlushSince { get; }
    public SharedInt64 ApplySince { get; }
    public SharedInt64 ReplyTime { get; }

    /// <summary>The oldest transaction whose rows the peer's queries may need, 64 bits, if no replication slot holds it for the peer; 0: none.</summary>
    public SharedInt64 FeedbackXmin { get; }

    /// <summary>Back to a free row. The postmaster does this when it has reaped the process; the latch flags stay sound for late setters.</summary>
    public void Clear()
    {
        Pid.Value = 0;
        Kind.Value = (int)ProcessKind.None;
        Activity.Value = (int)ActivityState.Unused;
        SenderState.Value = (int)WalSenderState.None;
        IsReplication.Value = 0;
        SenderNumber.Value = 0;
        SyncPriority.Value = 0;
        WaitFlush.Value = Lsn.Invalid;
        WaitSync.Value = Lsn.Invalid;
        WaitMode.Value = (int)SyncWaitMode.None;
        Inserting.Value = Lsn.Invalid;
        BackendXid.Value = XactStart.Value = QueryStart.Value = StateChange.Value = StartTime.Value = ReplyTime.Value = FeedbackXmin.Value = 0;
        Sent.Value = PeerWritten.Value = PeerFlushed.Value = PeerApplied.Value = Lsn.Invalid;
        WriteLag.Value = FlushLag.Value = ApplyLag.Value = -1;
        WriteSince.Value = FlushSince.Value = ApplySince.Value = 0;
        LatchSet.Value = 0;
        LatchSleeping.Value = 0;
    }

    private static SharedText Text(SharedMemory memory, SegmentLayout layout, string name, int capacity) =>
        new(memory, layout.Bytes(name, SharedText.Reserve(capacity)), capacity);
}
