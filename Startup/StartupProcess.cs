using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Startup.Recovery;
using Pgrepl.Wal;

namespace Pgrepl.Startup;

/// <summary>StartupXLOG: reads pg_control, brings the WAL to its end, and makes the node a primary, or follows an upstream until it is promoted.</summary>
/// <remarks>DESIGN §2, §9. Answers to StartupXLOG and PerformWalRecovery, PostgreSQL 15, src/backend/access/transam/xlog.c, xlogrecovery.c.
/// Exit codes: 0 recovery is done, 1 FATAL or told to end.</remarks>
internal sealed class StartupProcess(ChildProcess self)
{
    /// <summary>Records between two looks at signals.</summary>
    private const int LookEvery = 256;

    private const int Done = 0;
    private const int Ended = 1;

    private bool _promote;

    public int Run()
    {
        ControlFileData control = ControlFile.Read(self.Data);
        RecoverySettings settings = RecoverySettings.Read(self.Data);
        foreach (string note in settings.Notes)
            self.Log.Log(note);
        PromotingSignal? promotion = PromotingSignal.TryRead(self.Data);
        bool standby = settings.StandbyMode && promotion is null;
        self.Segment.Recovery.SegmentSize.Value = control.SegmentSize;
        self.Segment.Recovery.SystemId.Value = (long)control.SystemId;
        self.Segment.Recovery.StandbyMode.Value = standby ? 1 : 0;
        LogState(control, standby, promotion);
        File.Delete(self.Data.PromoteFile); // a request of before this start counts no more

        ReplicationSlotsAtStart.Restore(self); // before Redo is known to walwriter, who removes WAL
        RecoveryState state = new(self, control, ChooseHistory(control, standby, promotion));
        CheckHistory(state, promotion);
        self.Segment.Recovery.ReplayedTimeline.Value = (int)state.ReplayTimeline.Value;
        self.Segment.Recovery.Redo.Value = control.Checkpoint.Redo;
        LocalWal.MakeDurable(self, control.Checkpoint.Redo, state.SegmentSize);
        CrashPoint.Reached("recovery-1");
        if (!standby && promotion is null)
            PeerQuestion.MayStartAsPrimary(self, control.SystemId, state.History);
        return Recover(state, standby, promotion);
    }

    private int Recover(RecoveryState state, bool standby, PromotingSignal? promotion)
    {
        ControlFileData control = state.Control;
        using SegmentPageSource source = new(self.Data, state.SegmentSize, state.History);
        if (promotion is not null)
            source.Limit = promotion.SwitchPoint; // what lies beyond belongs to nobody
        WalReader reader = new(source, PostgresMajor.LogCluster, state.SegmentSize, control.SystemId);
        if (!standby)
            CheckCheckpointRecord(reader, control);

        bool clean = !standby && promotion is null && control.State == DatabaseState.ShutDown && IsLastRecord(reader, control.CheckpointLocation);
        if (!clean)
            state.WriteControl(control with { State = standby || promotion is not null ? DatabaseState.InArchiveRecovery : DatabaseState.InCrashRecovery });
        CrashPoint.Reached("recovery-2");

        Lsn redo = control.Checkpoint.Redo;
        state.Replayed = redo;
        reader.BeginRead(redo);
        WalFollower follower = new(state, source, reader, PromotionAsked);
        if (standby)
        {
            self.Segment.Recovery.Replayed.Value = redo;
            self.Segment.Receiver.Validated.Value = redo;
            self.SendPostmasterSignal(PostmasterSignal.RecoveryStarted);
        }

        if (!ReplayAll(state, reader, source, new Replay(state, standby), follower, standby, clean))
            return EndEarly(state, standby);
        if (!clean)
            self.Log.Log(state.LastRecord.IsValid ? $"redo done at {state.LastRecord}" : "redo is not required");
        return Finish(state, reader, standby, promotion, clean);
    }

    /// <summary>Replays to the end of WAL; on a standby that is when promotion is asked for.</summary>
    /// <returns>False: told to end before.</returns>
    private bool ReplayAll(RecoveryState state, WalReader reader, SegmentPageSource source, Replay replay, WalFollower follower, bool standby, bool clean)
    {
        Lsn minimum = state.Control.MinRecoveryPoint;
        bool consistent = false, first = true, promoting = false;
        Lsn heldAt = Lsn.Invalid, heldLimit = Lsn.Invalid; // where a switch waits for the rest of its segment, and how far it could be read
        for (int count = 1; ; count++)
        {
            WalReadStatus read = reader.Read();
            if (read == WalReadStatus.Record && standby && !promoting && !SegmentTail.IsHere(reader, source))
            {
                (heldAt, heldLimit) = (state.Replayed, source.Limit);
                reader.BeginRead(state.Replayed, state.LastRecord); // read again when the rest of its segment has come
                self.Loop.Look();
            }
            else if (read == WalReadStatus.Record)
            {
                if (first && !clean)
                    self.Log.Log($"redo starts at {reader.RecordStart}");
                first = false;
                replay.Apply(reader);
                if (standby && !consistent && state.Replayed >= minimum)
                {
                    consistent = true;
                    self.Log.Log($"consistent recovery state reached at {state.Replayed}");
                    self.SendPostmasterSignal(PostmasterSignal.BeginHotStandby);
                }
                if (count % LookEvery != 0)
                    continue;
                self.Loop.Look();
                if (self.Loop.ShutdownRequested)
                    return false;
                continue;
            }
            if (!standby)
                return true;
            if (read == WalReadStatus.Invalid && source.Limit != Lsn.MaxValue && reader.NextRecordPosition < source.Limit)
                throw new PgException(SqlStates.DataCorrupted, $"could not replay WAL at {reader.NextRecordPosition}: {reader.Error}",
                    "These bytes were valid when they were received.", "The disk may have lost or changed them: make a new standby.");
            if (follower.WaitForMore())
                continue;
            if (self.Loop.ShutdownRequested)
                return false;
            if (promoting || !heldAt.IsValid || heldAt != state.Replayed)
                return true;
            promoting = true; // a switch ends WAL too: who hangs below us may have it already
            source.Limit = Lsn.Max(source.Limit, heldLimit);
            reader.BeginRead(state.Replayed, state.LastRecord);
        }
    }

    private int Finish(RecoveryState state, WalReader reader, bool standby, PromotingSignal? promotion, bool clean)
    {
        EndOfRecovery end = new(state);
        if (promotion is not null && state.Replayed != promotion.SwitchPoint)
            throw new PgException(SqlStates.DataCorrupted, $"WAL ends at {state.Replayed}, before the switch point {promotion.SwitchPoint} of the promotion that was under way",
                reader.Error);
        ControlFileData control = state.Control;
        // An interrupted promotion may have raised it already, to the end of the record that it writes again now.
        if (control.MinRecoveryPoint.IsValid && control.MinRecoveryPointTimeline != promotion?.Timeline && state.Replayed < control.MinRecoveryPoint)
            throw new PgException(SqlStates.ObjectNotInPrerequisiteState, "WAL ends before consistent recovery point",
                $"WAL ends at {state.Replayed}, {control.MinRecoveryPoint} is needed.");
        bool promoted = standby || promotion is not null;
        if (promoted && !state.LastRecord.IsValid)
            throw new PgException(SqlStates.ObjectNotInPrerequisiteState, "cannot promote: no WAL was received yet", reader.Error,
                "Start it again: it is a standby still. Promote one that has received WAL.");
        if (!clean && promotion is null)
            DamagedWal.Check(state, reader, self.Data);
        if (promoted)
        {
            end.NewTimeline(promotion);
        }
        else if (clean)
        {
            end.AfterCleanShutdown();
        }
        else
        {
            self.Log.Log($"end of WAL: {reader.Error ?? "no more files"}");
            bool torn = reader.AbortedRecord.IsValid && reader.MissingContrecord.IsValid;
            end.SameTimeline(torn ? reader.AbortedRecord : Lsn.Invalid, torn ? reader.MissingContrecord : Lsn.Invalid);
        }
        return Done;
    }

    /// <summary>Told to end: the control file says that recovery can go on from where it is.</summary>
    private static int EndEarly(RecoveryState state, bool standby)
    {
        if (standby)
            state.WriteControl(state.Control with { State = DatabaseState.ShutDownInRecovery });
        return Ended;
    }

    private bool PromotionAsked()
    {
        if (_promote)
            return true;
        bool trigger = self.Settings["promote_trigger_file"] is { Length: > 0 } file && File.Exists(Path.Combine(self.Data.Path, file));
        if (!trigger && !self.Loop.User2Requested)
            return false;
        self.Loop.User2Requested = false;
        if (!trigger && !File.Exists(self.Data.PromoteFile))
            return false;
        File.Delete(self.Data.PromoteFile);
        self.Log.Log(trigger ? "promote trigger file found" : "received promote request");
        return _promote = true;
    }

    private void LogState(ControlFileData control, bool standby, PromotingSignal? promotion)
    {
        DateTime time = DateTimeOffset.FromUnixTimeSeconds(control.Time).UtcDateTime;
        string at = $"{time:yyyy-MM-dd HH:mm:ss} UTC";
        self.Log.Log(control.State switch
        {
            DatabaseState.ShutDown => $"database system was shut down at {at}",
            DatabaseState.ShutDownInRecovery => $"database system was shut down in recovery at {at}",
            DatabaseState.InCrashRecovery => $"database system was interrupted while in recovery at {at}",
            DatabaseState.InArchiveRecovery => $"database system was interrupted while in recovery at log time {at}",
            _ => $"database system was interrupted; last known up at {at}",
        });
        if (standby)
            self.Log.Log("entering standby mode");
        else if (promotion is not null)
            self.Log.Log($"resuming the promotion to timeline {promotion.Timeline}");
    }

    /// <summary>recoveryTargetTLI: what pg_control knows; on a standby the newest there is, unless the setting says otherwise.</summary>
    private TimelineHistory ChooseHistory(ControlFileData control, bool standby, PromotingSignal? promotion)
    {
        TimelineId target = control.Checkpoint.Timeline;
        if (control.MinRecoveryPointTimeline > target)
            target = control.MinRecoveryPointTimeline;
        if (promotion is not null)
            return TimelineHistoryFiles.Read(self.Data, promotion.Parent);
        if (standby)
        {
            string wanted = self.Settings["recovery_target_timeline"];
            if (wanted is "latest" or "")
                return OwnLine.Choose(self.Data, control, TimelineHistoryFiles.Read(self.Data, TimelineHistoryFiles.FindNewest(self.Data, target)), self.Segment.Generation.Value > 1);
            if (uint.TryParse(wanted, out uint number))
                target = new TimelineId(number);
        }
        return TimelineHistoryFiles.Read(self.Data, target);
    }

    /// <summary>The history must go through our last checkpoint and our minimum recovery point, or this is not our line.</summary>
    private static void CheckHistory(RecoveryState state, PromotingSignal? promotion)
    {
        ControlFileData control = state.Control;
        TimelineHistory history = state.History;
        if (history.TimelineOf(control.CheckpointLocation) != control.Checkpoint.Timeline)
            throw new PgException(SqlStates.ObjectNotInPrerequisiteState, $"requested timeline {history.Target} is not a child of this server's history",
                history.Contains(control.Checkpoint.Timeline)
                    ? $"Latest checkpoint is at {control.CheckpointLocation} on timeline {control.Checkpoint.Timeline}, but in the history of the requested timeline, the server forked off from that timeline at {history.SwitchPoint(control.Checkpoint.Timeline, out _)}."
                    : $"Latest checkpoint is at {control.CheckpointLocation} on timeline {control.Checkpoint.Timeline}, which the requested timeline does not contain.",
                "Use \"pgrepl rejoin\" to bring this server back as a standby.");
        if (control.MinRecoveryPoint.IsValid && control.MinRecoveryPointTimeline != promotion?.Timeline && history.TimelineOf(control.MinRecoveryPoint - 1) != control.MinRecoveryPointTimeline)
            throw new PgException(SqlStates.ObjectNotInPrerequisiteState, $"requested timeline {history.Target} does not contain minimum recovery point {control.MinRecoveryPoint} on timeline {control.MinRecoveryPointTimeline}",
                hint: "Use \"pgrepl rejoin\" to bring this server back as a standby.");
    }

    /// <exception cref="PgException">The record that pg_control names is not there.</exception>
    private static void CheckCheckpointRecord(WalReader reader, ControlFileData control)
    {
        reader.BeginRead(control.CheckpointLocation);
        if (reader.Read() != WalReadStatus.Record || reader.Header.Rmgr != ResourceManagerId.Xlog
            || (reader.Header.Info & 0xF0) is not (XlogInfo.CheckpointShutdown or XlogInfo.CheckpointOnline))
            throw new PgException(SqlStates.DataCorrupted, "could not locate a valid checkpoint record",
                $"The checkpoint record at {control.CheckpointLocation} cannot be read: {reader.Error ?? "another record is there"}.",
                "Promote a standby that is up to date, keep this directory aside, and make the node anew with \"pgrepl init --standby\".");
    }

    /// <summary>True when nothing valid follows the record that the reader has just read.</summary>
    private static bool IsLastRecord(WalReader reader, Lsn location) => reader.RecordStart == location && reader.Read() != WalReadStatus.Record;
}
