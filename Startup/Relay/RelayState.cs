using Pgrepl.Shared;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Startup.Recovery;
using Pgrepl.Wal;

namespace Pgrepl.Startup.Relay;

/// <summary>How far a relay is, in memory and in pgrepl.relay, whose one writer startup is.</summary>
internal sealed class RelayState(ChildProcess self, RelayFileData relay, TimelineHistory history)
    : FollowedWal(self, history, relay.LastRecord.IsValid ? history.TimelineOf(relay.LastRecord) : history.TimelineOf(relay.Oldest), relay.SegmentSize)
{
    private RelayFileData _stored = relay;
    private ulong _storedFor = (relay.Validated.IsValid ? relay.Validated : relay.Oldest).Value / (ulong)relay.SegmentSize; // the segment

    /// <summary>As it is on disk.</summary>
    public RelayFileData Stored => _stored;

    /// <summary>Time in the last commit record taken, TimestampTz; 0: none is known.</summary>
    public long LastCommitTime { get; private set; } = relay.LastCommitTime;

    /// <summary>Takes the record that the reader holds.</summary>
    public void Take(WalReader reader)
    {
        LastRecord = reader.RecordStart;
        Replayed = reader.RecordEnd;
        LastCommitTime = TransactionCommit.TimeIn(reader) ?? LastCommitTime;
        ReplayTimeline = History.TimelineOf(LastRecord);
        if (Checkpoint.NextXidIn(reader, Shared.Major) is { } xid)
            Self.Segment.Receiver.CheckpointXid.Value = (long)xid;
        RestartPointIfDue();
    }

    /// <summary>Takes all records that walreceiver has judged and made durable: they need not be read again.</summary>
    public void TakeReceived()
    {
        (Lsn start, Lsn end) = Self.Segment.Receiver.ReadLastRecord();
        if (end <= Replayed)
            return;
        LastRecord = start;
        Replayed = end;
        LastCommitTime = Math.Max(LastCommitTime, Self.Segment.Receiver.LastCommitTime.Value);
        ReplayTimeline = History.TimelineOf(LastRecord);
        RestartPointIfDue();
    }

    private void RestartPointIfDue()
    {
        if (Replayed.Value / (ulong)SegmentSize != _storedFor)
            RestartPoint();
    }

    /// <summary>Once a segment. A full disk is no reason to stop serving: then a restart only reads more.</summary>
    private void RestartPoint()
    {
        _storedFor = Replayed.Value / (ulong)SegmentSize;
        try
        {
            Store();
        }
        catch (PgException error) when (error.SqlState == SqlStates.DiskFull)
        {
            Self.Log.Error(error);
        }
    }

    /// <summary>A restart reads along the new timeline from now on.</summary>
    public override void Follow(TimelineHistory history)
    {
        base.Follow(history);
        Store();
    }

    /// <summary>Makes durable how far we are, and lets walwriter release what lies before.</summary>
    public void Store()
    {
        IReadOnlyList<WalSegment> segments = WalDirectory.List(Self.Data, SegmentSize);
        Lsn oldest = segments.Count > 0 ? Lsn.Max(_stored.Oldest, segments[0].Start(SegmentSize)) : _stored.Oldest;
        RelayFileData changed = _stored with { Timeline = History.Target, Oldest = oldest };
        if (Shared.ServerVersionNumber.Value is var number && number != _stored.ServerVersionNumber)
            changed = changed with { ServerVersionNumber = number, ServerVersion = Shared.ServerVersion.Value }; // upstream has had an upgrade
        if (LastRecord.IsValid)
            changed = changed with { Validated = Replayed, LastRecord = LastRecord, LastCommitTime = LastCommitTime };
        if (changed == _stored)
            return;
        RelayFile.Write(Self.Data, changed);
        _stored = changed;
        Publish();
        Self.Wake(ProcessKind.WalWriter);
    }

    /// <summary>What the control file's redo is elsewhere: WAL from here on stays.</summary>
    public void Publish() => Shared.Redo.Value = _stored.Validated.IsValid ? _stored.Validated : _stored.Oldest;
}
