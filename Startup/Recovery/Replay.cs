using Pgrepl.Shared;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Startup.Recovery;

/// <summary>Applies records. A log cluster has no pages: what replay knows afterwards is positions, transaction ids, checkpoints and timelines.</summary>
/// <remarks>Answers to ApplyWalRecord, xlog_redo and xact_redo, PostgreSQL 15, src/backend/access/transam/xlogrecovery.c, xlog.c, xact.c.</remarks>
internal sealed class Replay(RecoveryState state, bool standby)
{
    /// <summary>Applies the record the reader holds and publishes the position behind it.</summary>
    /// <exception cref="PgException">The record cannot be replayed here.</exception>
    public void Apply(WalReader reader)
    {
        WalRecordHeader header = reader.Header;
        state.SawXid(header.Xid);
        bool upstreamWaits = false;
        switch (header.Rmgr)
        {
            case ResourceManagerId.Xlog:
                ApplyXlog(reader, (byte)(header.Info & 0xF0));
                break;
            case ResourceManagerId.Transaction:
                upstreamWaits = ApplyTransaction(header.Info, reader.MainData);
                break;
            case ResourceManagerId.LogicalMessage or ResourceManagerId.Standby:
                break;
            default:
                throw new PgException(SqlStates.DataCorrupted, $"cannot replay a record of resource manager {header.Rmgr} at {reader.RecordStart}",
                    "A log cluster's WAL has no pages of relations.");
        }
        state.LastRecord = reader.RecordStart;
        state.Replayed = reader.RecordEnd;
        state.Shared.Replayed.Value = reader.RecordEnd;
        StageLag lag = state.Self.Segment.Statistics.Replay;
        if (lag.IsMarked)
            lag.Moved(state.Self.Segment.Receiver.Validated, reader.RecordEnd);
        if (!upstreamWaits || !standby)
            return;
        state.Self.Segment.Receiver.ForceReply.Exchange(1); // after the position: the reply must tell it
        state.Self.Wake(ProcessKind.WalReceiver);
    }

    private void ApplyXlog(WalReader reader, byte info)
    {
        switch (info)
        {
            case XlogInfo.CheckpointShutdown or XlogInfo.CheckpointOnline:
                Checkpoint checkpoint = Checkpoint.Read(reader.MainData) ?? throw Malformed(reader);
                if (info == XlogInfo.CheckpointShutdown && checkpoint.Timeline != state.ReplayTimeline)
                    SwitchTimeline(checkpoint.Timeline, checkpoint.PreviousTimeline, reader.RecordEnd);
                else if (checkpoint.Timeline != state.ReplayTimeline)
                    throw new PgException(SqlStates.DataCorrupted, $"unexpected timeline ID {checkpoint.Timeline} (should be {state.ReplayTimeline}) in checkpoint record");
                state.NextXid = Math.Max(state.NextXid, checkpoint.NextXid);
                state.LastCheckpoint = checkpoint;
                RestartPoint(reader.RecordStart, reader.RecordEnd, checkpoint);
                break;
            case XlogInfo.EndOfRecovery:
                EndOfRecoveryRecord end = EndOfRecoveryRecord.Read(reader.MainData) ?? throw Malformed(reader);
                SwitchTimeline(end.Timeline, end.PreviousTimeline, reader.RecordEnd);
                break;
            case XlogInfo.OverwriteContrecord:
                OverwriteContrecordRecord overwrite = OverwriteContrecordRecord.Read(reader.MainData) ?? throw Malformed(reader);
                if (overwrite.Overwritten != reader.OverwrittenRecord)
                    throw new PgException(SqlStates.DataCorrupted, $"mismatching overwritten LSN {overwrite.Overwritten} -> {reader.OverwrittenRecord}");
                state.Self.Log.Log($"successfully skipped missing contrecord at {overwrite.Overwritten}, overwritten at {PgTime.ToUtc(overwrite.Time):yyyy-MM-dd HH:mm:ss.fff} UTC");
                break;
        }
    }

    /// <returns>True: upstream's client waits until this is applied.</returns>
    private bool ApplyTransaction(byte info, ReadOnlySpan<byte> body)
    {
        byte operation = (byte)(info & XactInfo.OperationMask);
        if (operation == XactInfo.Commit && TransactionCommit.Read(info, body) is { } commit)
        {
            state.Shared.LastTransactionTime.Value = commit.Time;
            return commit.ApplyFeedback;
        }
        else if (operation == XactInfo.Abort && TransactionAbort.Read(body) is { } abort)
        {
            state.Shared.LastTransactionTime.Value = abort.Time;
        }
        return false;
    }

    /// <summary>checkTimeLineSwitch: the new timeline must stand in our history right after the old one, and not before the consistent point.</summary>
    private void SwitchTimeline(TimelineId timeline, TimelineId previous, Lsn end)
    {
        if (timeline == state.ReplayTimeline)
            return;
        if (previous != state.ReplayTimeline)
            throw new PgException(SqlStates.DataCorrupted, $"unexpected previous timeline ID {previous} (current timeline ID {state.ReplayTimeline}) in checkpoint record");
        if (timeline < state.ReplayTimeline || !state.History.Contains(timeline))
            throw new PgException(SqlStates.DataCorrupted, $"unexpected timeline ID {timeline} (after {state.ReplayTimeline}) in checkpoint record");
        ControlFileData control = state.Control;
        if (control.MinRecoveryPoint.IsValid && end < control.MinRecoveryPoint && timeline > control.MinRecoveryPointTimeline)
            throw new PgException(SqlStates.DataCorrupted,
                $"unexpected timeline ID {timeline} in checkpoint record, before reaching minimum recovery point {control.MinRecoveryPoint} on timeline {control.MinRecoveryPointTimeline}");
        state.ReplayTimeline = timeline;
        state.Shared.ReplayedTimeline.Value = (int)timeline.Value;
    }

    /// <summary>A checkpoint of the upstream lets us restart from it: everything it stands for is durable, WAL being all there is.</summary>
    private void RestartPoint(Lsn location, Lsn end, Checkpoint checkpoint)
    {
        if (!standby || location <= state.Control.CheckpointLocation)
            return;
        bool raise = end > state.Control.MinRecoveryPoint;
        state.WriteControl(state.Control with
        {
            CheckpointLocation = location,
            Checkpoint = checkpoint,
            MinRecoveryPoint = raise ? end : state.Control.MinRecoveryPoint,
            MinRecoveryPointTimeline = raise ? state.ReplayTimeline : state.Control.MinRecoveryPointTimeline,
        });
        CrashPoint.Reached("restartpoint");
        state.Self.Wake(ProcessKind.WalWriter); // older segments may go
    }

    private static PgException Malformed(WalReader reader) => new(SqlStates.DataCorrupted, $"malformed {reader.Header.Rmgr} record at {reader.RecordStart}");
}
