using Pgrepl.Shared.Native;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Ipc;

/// <summary>What startup asks of walreceiver and how far it is.</summary>
/// <remarks>Answers to WalRcvData, PostgreSQL 15, src/include/replication/walreceiver.h. State changes hands under Lock; positions are atomics of walreceiver.</remarks>
public sealed class WalReceiverControl
{
    public const int ConninfoSize = 1024;

    internal WalReceiverControl(SharedMemory memory, SegmentLayout layout, SharedInt32 doomed)
    {
        layout.NewCacheLine();
        Lock = new(memory, layout.Int32("receiver.lock"), doomed);
        State = new(memory, layout.Int32("receiver.state"));
        StartTime = new(memory, layout.Int64("receiver.start_time"));
        ReceiveStart = new(memory, layout.Int64("receiver.receive_start"));
        ValidFrom = new(memory, layout.Int64("receiver.valid_from"));
        PreviousRecord = new(memory, layout.Int64("receiver.previous_record"));
        ReceiveStartTimeline = new(memory, layout.Int32("receiver.receive_start_timeline"));
        Timeline = new(memory, layout.Int32("receiver.timeline"));
        Received = new(memory, layout.Int64("receiver.received"));
        Written = new(memory, layout.Int64("receiver.written"));
        Flushed = new(memory, layout.Int64("receiver.flushed"));
        Validated = new(memory, layout.Int64("receiver.validated"));
        LastRecordStart = new(memory, layout.Int64("receiver.last_record_start"));
        LastRecordEnd = new(memory, layout.Int64("receiver.last_record_end"));
        LastCommitTime = new(memory, layout.Int64("receiver.last_commit_time"));
        CheckpointXid = new(memory, layout.Int64("receiver.checkpoint_xid"));
        LatestEnd = new(memory, layout.Int64("receiver.latest_end"));
        LatestEndTime = new(memory, layout.Int64("receiver.latest_end_time"));
        LastMessageSendTime = new(memory, layout.Int64("receiver.last_message_send_time"));
        LastMessageReceiptTime = new(memory, layout.Int64("receiver.last_message_receipt_time"));
        Heard = new(memory, layout.Int64("receiver.heard"));
        Streaming = new(memory, layout.Int32("receiver.streaming"));
        ForceReply = new(memory, layout.Int32("receiver.force_reply"));
        BadRecord = new(memory, layout.Int64("receiver.bad_record"));
        BadRecordCount = new(memory, layout.Int32("receiver.bad_record_count"));
        ReportedGap = new(memory, layout.Int32("receiver.reported_gap"));
        SenderPort = new(memory, layout.Int32("receiver.sender_port"));
        SenderHost = new(memory, layout.Bytes("receiver.sender_host", SharedText.Reserve(128)), 128);
        SlotName = new(memory, layout.Bytes("receiver.slot_name", SharedText.Reserve(64)), 64);
        Conninfo = new(memory, layout.Bytes("receiver.conninfo", SharedText.Reserve(ConninfoSize)), ConninfoSize);
    }

    public SharedSpinLock Lock { get; }

    /// <summary><see cref="WalReceiverState"/>.</summary>
    public SharedInt32 State { get; }

    /// <summary>When startup asked (µs since 2000-01-01 UTC): a request unanswered for long is given up.</summary>
    public SharedInt64 StartTime { get; }

    /// <summary>Startup: stream from here (a segment's start).</summary>
    public SharedLsn ReceiveStart { get; }

    /// <summary>Startup: end of the last valid record on disk, durable. Below it bytes are compared, from it on they are judged and written.</summary>
    public SharedLsn ValidFrom { get; }

    /// <summary>Startup: start of the record that ends at ValidFrom, which the first new record's backlink must name; invalid: unknown.</summary>
    public SharedLsn PreviousRecord { get; }

    public SharedInt32 ReceiveStartTimeline { get; }

    /// <summary>Timeline being received.</summary>
    public SharedInt32 Timeline { get; }

    /// <summary>End of what has come from upstream, judged or not.</summary>
    public SharedLsn Received { get; }

    public SharedLsn Written { get; }

    /// <summary>Durable here.</summary>
    public SharedLsn Flushed { get; }

    /// <summary>End of the last whole valid record that is durable here: what may be replayed and sent on.</summary>
    public SharedLsn Validated { get; }

    private SharedLsn LastRecordStart { get; }
    private SharedLsn LastRecordEnd { get; }

    /// <summary>Time in the last commit record below Validated, µs since 2000-01-01 UTC by the primary's clock; 0: none was seen.</summary>
    public SharedInt64 LastCommitTime { get; }

    /// <summary>Next transaction id in the last checkpoint record that came, 64 bits: a relay, which follows no transactions, tells epochs by it. 0: none came yet.</summary>
    public SharedInt64 CheckpointXid { get; }

    /// <summary>The upstream's end of WAL, as it last said.</summary>
    public SharedLsn LatestEnd { get; }

    public SharedInt64 LatestEndTime { get; }
    public SharedInt64 LastMessageSendTime { get; }
    public SharedInt64 LastMessageReceiptTime { get; }

    /// <summary>When upstream last sent anything, µs of CLOCK_MONOTONIC; unlike the times before, an attempt to connect does not count. 0: never.</summary>
    public SharedInt64 Heard { get; }

    /// <summary>1: upstream has begun to stream to this walreceiver and has not ended it.</summary>
    public SharedInt32 Streaming { get; }

    /// <summary>1: startup applied something upstream waits for: reply at once.</summary>
    public SharedInt32 ForceReply { get; }

    /// <summary>Start of the record that upstream sent damaged; invalid: none since the last valid one beyond it.</summary>
    public SharedLsn BadRecord { get; }

    /// <summary>How often in a row it was that one, over restarts of walreceiver.</summary>
    public SharedInt32 BadRecordCount { get; }

    /// <summary>Checksum of what was last logged about WAL that nobody has; 0: nothing since the last gap was filled.</summary>
    public SharedInt32 ReportedGap { get; }

    public SharedInt32 SenderPort { get; }
    public SharedText SenderHost { get; }
    public SharedText SlotName { get; }

    /// <summary>The last record that walreceiver has judged and made durable with all of its extent; both invalid: none yet.</summary>
    public (Lsn Start, Lsn End) ReadLastRecord()
    {
        Lock.Enter();
        (Lsn, Lsn) record = (LastRecordStart.Value, LastRecordEnd.Value);
        Lock.Leave();
        return record;
    }

    /// <summary>Walreceiver alone.</summary>
    public void WriteLastRecord(Lsn start, Lsn end)
    {
        Lock.Enter();
        LastRecordStart.Value = start;
        LastRecordEnd.Value = end;
        Lock.Leave();
    }

    /// <summary>What we connected with, secrets as ********.</summary>
    public SharedText Conninfo { get; }
}
