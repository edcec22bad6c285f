using Pgrepl.Shared.Native;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Startup.Recovery;

/// <summary>Makes the node a writer of WAL: on the same timeline after a crash, or on a new one by promotion.</summary>
/// <remarks>DESIGN §9, End of recovery; answers to the end of StartupXLOG and CreateEndOfRecoveryRecord, PostgreSQL 15, src/backend/access/transam/xlog.c.
/// Each step is durable before the next.</remarks>
internal sealed class EndOfRecovery(RecoveryState state)
{
    private readonly ChildProcess _self = state.Self;
    private readonly DataDirectory _data = state.Self.Data;

    /// <summary>Nothing to recover: the last record is the shutdown checkpoint that pg_control names.</summary>
    public void AfterCleanShutdown()
    {
        using WalAppender appender = Appender(state.ReplayTimeline, state.Replayed);
        state.WriteControl(state.Control with { State = DatabaseState.InProduction, MinRecoveryPoint = Lsn.Invalid, MinRecoveryPointTimeline = default });
        HandOver(appender, state.ReplayTimeline, state.ReplayTimeline);
    }

    /// <summary>After crash recovery: give up a torn record, forget what lies behind, write the end-of-recovery checkpoint.</summary>
    /// <param name="torn">Start of a last record that crossed a page and is not whole; invalid: none.</param>
    /// <param name="missing">The page where its continuation is missing.</param>
    public void SameTimeline(Lsn torn, Lsn missing)
    {
        TimelineId timeline = state.ReplayTimeline;
        Lsn end = torn.IsValid ? missing : state.Replayed;
        LocalWal.ForgetBeyond(_self, end, timeline, state.SegmentSize);
        CrashPoint.Reached("recovery-3");
        using WalAppender appender = Appender(timeline, end);
        if (torn.IsValid)
        {
            appender.AppendOverwriteContrecord(torn, PgTime.Now());
            _self.Log.Log($"the record at {torn} is torn: overwritten at {missing}");
        }
        Lsn redo = appender.InsertPosition;
        if (redo.PageOffset == 0)
            redo += (ulong)WalFormat.PageHeaderSize(redo, state.SegmentSize);
        Checkpoint checkpoint = state.LastCheckpoint with
        {
            Redo = redo,
            Timeline = timeline,
            PreviousTimeline = timeline,
            FullPageWrites = true,
            NextXid = state.NextXid,
            OldestXid = (uint)state.NextXid,
            Time = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
            OldestActiveXid = 0,
        };
        WalRecordBuilder builder = new();
        checkpoint.Build(builder, shutdown: true);
        (Lsn location, _) = appender.Append(builder);
        appender.Flush();
        CrashPoint.Reached("recovery-4");
        state.WriteControl(state.Control with
        {
            State = DatabaseState.InProduction,
            CheckpointLocation = location,
            Checkpoint = checkpoint,
            MinRecoveryPoint = Lsn.Invalid,
            MinRecoveryPointTimeline = default,
        });
        CrashPoint.Reached("recovery-5");
        HandOver(appender, timeline, timeline);
    }

    /// <summary>Promotion: steps (2) to (8) of DESIGN §9. Walreceiver is gone and replay has reached the end, E.</summary>
    /// <param name="resumed">The numbers of a promotion that was interrupted; null: a fresh one.</param>
    public void NewTimeline(PromotingSignal? resumed)
    {
        PromotingSignal promotion = resumed ?? new PromotingSignal(state.ReplayTimeline, ChooseTimeline(), state.Replayed);
        Lsn end = promotion.SwitchPoint;
        if (resumed is null)
        {
            promotion.Store(_data);
            CrashPoint.Reached("promotion-2a");
        }
        _self.Log.Log($"selected new timeline ID: {promotion.Timeline}");
        DurableFile.Remove(_data.StandbySignal);
        if (File.Exists(_data.RecoveryConf))
            DurableFile.RenameReplacing(_data.RecoveryConf, _data.RecoveryDone);
        CrashPoint.Reached("promotion-2");

        CopySwitchSegment(promotion);
        CrashPoint.Reached("promotion-3");

        byte[] parent = TimelineHistoryFiles.ReadText(_data, promotion.Parent) ?? [];
        TimelineHistoryFiles.Store(_data, promotion.Timeline, TimelineHistory.Append(parent, promotion.Parent, end, "no recovery target specified"));
        CrashPoint.Reached("promotion-4");

        using WalAppender appender = Appender(promotion.Timeline, end);
        WalRecordBuilder builder = new();
        EndOfRecoveryRecord.Build(builder, PgTime.Now(), promotion.Timeline, promotion.Parent);
        (_, Lsn after) = appender.Append(builder);
        appender.Flush();
        CrashPoint.Reached("promotion-5");

        state.WriteControl(state.Control with { MinRecoveryPoint = after, MinRecoveryPointTimeline = promotion.Timeline });
        CrashPoint.Reached("promotion-6");

        DurableFile.Remove(_data.PromotingSignal);
        File.Delete(_data.PromoteFile); // asked for twice
        ulong lastOld = WalSegment.Containing(end, promotion.Parent, state.SegmentSize).Number;
        WalDirectory.Remove(_data, WalDirectory.List(_data, state.SegmentSize).Where(s => s.Timeline == promotion.Parent && s.Number > lastOld), state.SegmentSize);
        CrashPoint.Reached("promotion-7");

        state.Follow(TimelineHistoryFiles.Read(_data, promotion.Timeline));
        state.ReplayTimeline = promotion.Timeline;
        state.WriteControl(state.Control with { State = DatabaseState.InProduction }); // last of all on disk: pg_ctl promote takes it for the word that writes are taken
        HandOver(appender, promotion.Timeline, promotion.Parent);
        _self.Log.Log("archive recovery complete");
    }

    /// <summary>One more than anybody has ever used: pg_wal and the peers are asked.</summary>
    private TimelineId ChooseTimeline()
    {
        TimelineId newest = state.History.Target;
        TimelineId onDisk = WalDirectory.NewestTimeline(_data);
        if (onDisk > newest)
            newest = onDisk;
        PeerAnswer[] peers = [.. PeerQuestion.AskAll(_self).Where(peer => peer.SystemId == state.Control.SystemId)];
        TimelineId chosen = PeerVerdict.TimelineAfter(newest, peers);
        for (TimelineId older = TimelineId.First.Next; older < chosen; older = older.Next)
            if (!TimelineHistoryFiles.Exists(_data, older) && PeerVerdict.HistoryOf(older, peers) is { } file)
                TimelineHistoryFiles.Store(_data, older, file);
        return chosen;
    }

    /// <summary>Step 3: the first segment of the new timeline is the old bytes below E, then zeros.</summary>
    private void CopySwitchSegment(PromotingSignal promotion)
    {
        int size = state.SegmentSize;
        long keep = (long)(promotion.SwitchPoint.Value & (ulong)(size - 1));
        if (keep == 0)
            return; // a fresh segment: the first append makes it
        WalSegment old = WalSegment.Containing(promotion.SwitchPoint, promotion.Parent, size);
        using WalSegmentFile from = WalSegmentFile.OpenRead(_data, old, size);
        using WalSegmentFile to = WalSegmentFile.OpenOrCreate(_data, old with { Timeline = promotion.Timeline }, size);
        byte[] buffer = new byte[1 << 20];
        for (long offset = 0; offset < size; offset += buffer.Length)
        {
            int length = (int)Math.Min(buffer.Length, size - offset);
            int valid = (int)Math.Clamp(keep - offset, 0, length);
            if (valid > 0 && from.Read(offset, buffer.AsSpan(0, valid)) != valid)
                throw new Pgrepl.Shared.PgException(Pgrepl.Shared.SqlStates.DataCorrupted, $"could not read file \"{from.Path}\" up to the switch point");
            buffer.AsSpan(valid, length - valid).Clear();
            to.Write(offset, buffer.AsSpan(0, length));
        }
        to.SyncData();
    }

    private WalAppender Appender(TimelineId timeline, Lsn position) =>
        new(_data, state.SegmentSize, state.Control.SystemId, timeline, position, state.LastRecord);

    private void HandOver(WalAppender appender, TimelineId timeline, TimelineId previous)
    {
        WalHandover.Publish(_self.Segment, appender, previous, state.NextXid, state.Control.Checkpoint.Redo);
        state.Shared.NextXid.Value = (long)state.NextXid;
        state.Shared.ReplayedTimeline.Value = (int)timeline.Value;
        state.Shared.Replayed.Value = appender.InsertPosition;
        state.Shared.StandbyMode.Value = 0;
        state.Shared.RecoveryDone.Exchange(1);
        CrashPoint.Reached("promotion-8");
        _self.Wake(Pgrepl.Shared.Ipc.ProcessKind.WalWriter);
        _self.WakeWalSenders();
    }
}
