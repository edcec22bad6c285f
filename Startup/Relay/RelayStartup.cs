using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Startup.Recovery;
using Pgrepl.Wal;

namespace Pgrepl.Startup.Relay;

/// <summary>StartupXLOG of a relay: from what pgrepl.relay calls validated to the end of the WAL that is here, then after upstream until told to end.</summary>
/// <remarks>DESIGN §1, §9. Records are read, not replayed: walreceiver has judged them, this finds where they end and survives a crash. Exit code: 1, told to end.</remarks>
internal sealed class RelayStartup(ChildProcess self)
{
    /// <summary>Records between two looks at signals.</summary>
    private const int LookEvery = 256;

    private const int Ended = 1;

    public int Run()
    {
        RelayFileData relay = RelayFile.Read(self.Data);
        foreach (string note in RecoverySettings.Read(self.Data).Notes)
            self.Log.Log(note);
        self.Segment.Recovery.SegmentSize.Value = relay.SegmentSize;
        self.Segment.Recovery.SystemId.Value = (long)relay.SystemId;
        self.Segment.Recovery.ServerVersion.Value = relay.ServerVersion;
        self.Segment.Recovery.ServerVersionNumber.Value = relay.ServerVersionNumber;
        self.Segment.Recovery.StandbyMode.Value = 1;
        self.Log.Log($"entering relay mode, WAL of PostgreSQL {relay.ServerVersion} is valid up to {(relay.Validated.IsValid ? relay.Validated : relay.Oldest)} on timeline {relay.Timeline}");
        self.Loop.User2Requested = true; // a promote file of before this start goes too
        _ = RefusePromotion();

        ReplicationSlotsAtStart.Restore(self); // before Redo is known to walwriter, who removes WAL
        RelayState state = new(self, relay, TimelineHistoryFiles.Read(self.Data, relay.Timeline));
        state.Publish();
        LocalWal.MakeDurable(self, self.Segment.Recovery.Redo.Value, state.SegmentSize);
        return Follow(state);
    }

    private int Follow(RelayState state)
    {
        using SegmentPageSource source = new(self.Data, state.SegmentSize, state.History);
        WalReader reader = new(source, PostgresMajor.Of(state.Stored.Major), state.SegmentSize, state.Stored.SystemId);
        bool found = state.Stored.Validated.IsValid;
        state.Replayed = found ? state.Stored.Validated : state.Stored.Oldest;
        state.LastRecord = state.Stored.LastRecord;
        if (found)
            reader.BeginRead(state.Replayed, state.LastRecord);
        WalFollower follower = new(state, source, reader, RefusePromotion);
        for (int count = 1; found || (found = FindFirst(state, reader, source)); count++)
        {
            if (!TakeNext(state, reader, source))
                break;
            if (count % LookEvery == 0)
                self.Loop.Look();
            if (self.Loop.ShutdownRequested)
                break;
        }
        if (!self.Loop.ShutdownRequested)
        {
            CheckNewest(state);
            Serve(state);
        }
        while (follower.WaitForMore())
            state.TakeReceived();
        state.TakeReceived(); // WaitForMore ends for a shutdown alone: there is no promotion
        state.Store();
        return Ended;
    }

    /// <summary>A new relay starts at a segment's start, most often in the middle of a record.</summary>
    /// <exception cref="PgException">As <see cref="TakeNext"/>.</exception>
    private static bool FindFirst(RelayState state, WalReader reader, SegmentPageSource source)
    {
        Lsn first = reader.FindNextRecord(state.Stored.Oldest);
        if (first.IsValid)
            state.Replayed = first;
        else if (reader.Error is not null && source.Limit != Lsn.MaxValue)
            throw Changed(reader.ErrorPosition, reader.Error);
        return first.IsValid;
    }

    /// <returns>False: no more records are here.</returns>
    /// <exception cref="PgException">XX001: what was valid when it was received is not any more.</exception>
    private static bool TakeNext(RelayState state, WalReader reader, SegmentPageSource source)
    {
        WalReadStatus read = reader.Read();
        if (read == WalReadStatus.Record)
        {
            if (SegmentTail.IsHere(reader, source))
            {
                state.Take(reader);
                return true;
            }
            reader.BeginRead(state.Replayed, state.LastRecord); // read again when the rest of its segment has come
            return false;
        }
        if (read == WalReadStatus.Invalid && source.Limit != Lsn.MaxValue && reader.NextRecordPosition < source.Limit)
            throw Changed(reader.NextRecordPosition, reader.Error);
        return false;
    }

    private static PgException Changed(Lsn at, string? error) => new(SqlStates.DataCorrupted, $"could not read WAL of the relay at {at}: {error}",
        "These bytes were valid when they were received.", "The disk may have lost or changed them: make the relay anew with \"pgrepl init --relay\".");

    /// <summary>A timeline that we know of and that left ours before our end: what was received and acknowledged since would stand against it.
    /// While it runs, a relay logs this and goes on; but it does not start with it.</summary>
    /// <exception cref="PgException">55000, as PostgreSQL says it of a standby.</exception>
    private void CheckNewest(RelayState state)
    {
        if (self.Segment.Generation.Value > 1 || self.Settings["recovery_target_timeline"] is not ("latest" or ""))
            return; // after a crash of a child the node goes on as before
        TimelineId newest = TimelineHistoryFiles.FindNewest(self.Data, state.History.Target);
        if (newest == state.History.Target)
            return;
        TimelineHistory candidate = TimelineHistoryFiles.Read(self.Data, newest);
        TimelineId ours = state.ReplayTimeline;
        if (state.Refusal(candidate, state.Replayed) is null)
            return;
        throw OwnLine.Left(candidate, ours, state.Replayed, "The relay's WAL");
    }

    /// <summary>Everything that an earlier incarnation served is known again: now others may ask for it.</summary>
    private void Serve(RelayState state)
    {
        WalReceiverControl receiver = self.Segment.Receiver;
        receiver.Timeline.Value = (int)state.History.TimelineOf(state.Replayed).Value;
        receiver.Validated.Raise(state.Replayed);
        receiver.Flushed.Raise(state.Replayed);
        receiver.Written.Raise(state.Replayed);
        receiver.Received.Raise(state.Replayed);
        receiver.LastCommitTime.Value = state.LastCommitTime;
        self.Log.Log($"end of local WAL: {state.Replayed}");
        self.SendPostmasterSignal(PostmasterSignal.RecoveryStarted);
        self.SendPostmasterSignal(PostmasterSignal.BeginHotStandby);
    }

    /// <summary>Takes away a promote file.</summary>
    /// <returns>False, always.</returns>
    private bool RefusePromotion()
    {
        if (!self.Loop.User2Requested)
            return false;
        self.Loop.User2Requested = false;
        if (!File.Exists(self.Data.PromoteFile))
            return false;
        File.Delete(self.Data.PromoteFile);
        self.Log.Log("cannot promote a relay", hint: "Promote a standby of the same primary.");
        return false;
    }
}
