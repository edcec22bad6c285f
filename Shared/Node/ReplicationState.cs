using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Node;

/// <summary>Both ends of replication as the segment shows them, for the views and for pgrepl status. No lock is taken, so a segment that may only be read will do.</summary>
/// <remarks>Answers to pg_stat_get_wal_receiver and pg_stat_get_wal_senders, PostgreSQL 15, src/backend/replication/walreceiver.c and walsender.c.</remarks>
public static class ReplicationState
{
    /// <returns><see langword="null"/>: no walreceiver runs.</returns>
    public static WalReceiverRow? WalReceiver(SharedSegment segment)
    {
        WalReceiverControl r = segment.Receiver;
        int pid = segment.Slots[SharedSegment.SlotOf(ProcessKind.WalReceiver)].Pid.Value;
        var state = (WalReceiverState)r.State.Value;
        if (pid == 0 || state == WalReceiverState.Stopped)
            return null;
        return new WalReceiverRow(pid, state.ToString().ToLowerInvariant(), r.ReceiveStart.Value, new TimelineId((uint)r.ReceiveStartTimeline.Value),
            r.Written.Value, r.Flushed.Value, new TimelineId((uint)r.Timeline.Value), Time(r.LastMessageSendTime.Value), Time(r.LastMessageReceiptTime.Value),
            r.LatestEnd.Value, Time(r.LatestEndTime.Value), Text(r.SlotName.Value), Text(r.SenderHost.Value), r.SenderPort.Value is var port and not 0 ? port : null,
            Text(r.Conninfo.Value));
    }

    /// <returns><see langword="null"/>: a primary, which follows nobody.</returns>
    public static WalProgressRow? WalProgress(SharedSegment segment, DataDirectory data)
    {
        if (segment.Recovery.RecoveryDone.Value != 0)
            return null;
        WalReceiverControl r = segment.Receiver;
        int segmentSize = segment.Recovery.SegmentSize.Value;
        // From the last stage to the first: each may grow meanwhile, none falls behind the one that follows from it.
        long commit = Math.Max(r.LastCommitTime.Value, segment.Recovery.LastTransactionTime.Value);
        Lsn replayed = segment.Recovery.Replayed.Value, validated = r.Validated.Value, flushed = r.Flushed.Value, written = r.Written.Value, received = r.Received.Value;
        IReadOnlyList<WalSegment> segments = segmentSize > 0 ? WalDirectory.List(data, segmentSize) : [];
        return new WalProgressRow(new TimelineId((uint)r.Timeline.Value), segments.Count > 0 ? segments[0].Start(segmentSize) : default, r.LatestEnd.Value,
            received, written, flushed, validated, replayed, Time(commit));
    }

    /// <summary>Every sender of WAL with its slot in the process table, in PostgreSQL's order.</summary>
    public static IReadOnlyList<(ProcessSlot Slot, WalSenderRow Row)> WalSenders(SharedSegment segment, SettingValues settings)
    {
        List<(ProcessSlot, WalSenderRow)> rows = [];
        SynchronousStandbyNames? rule = SynchronousStandbyNames.Parse(settings["synchronous_standby_names"]);
        foreach (ProcessSlot slot in segment.Slots.OrderBy(slot => slot.SenderNumber.Value))
        {
            var state = (WalSenderState)slot.SenderState.Value;
            int pid = slot.Pid.Value;
            if (state == WalSenderState.None || pid == 0)
                continue;
            (int priority, string sync) = SyncState.Of(segment, rule, slot);
            rows.Add((slot, new WalSenderRow(pid, state.ToString().ToLowerInvariant(), slot.Sent.Value, slot.PeerWritten.Value, slot.PeerFlushed.Value, slot.PeerApplied.Value,
                Lag(slot.WriteLag.Value), Lag(slot.FlushLag.Value), Lag(slot.ApplyLag.Value), priority, sync, Time(slot.ReplyTime.Value))));
        }
        return rows;
    }

    private static long? Time(long time) => time != 0 ? time : null;

    private static long? Lag(long microseconds) => microseconds >= 0 ? microseconds : null;

    private static string? Text(string value) => value.Length > 0 ? value : null;
}
