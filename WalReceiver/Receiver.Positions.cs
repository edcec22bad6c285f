using Pgrepl.Shared;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.WalReceiver;

internal sealed partial class Receiver
{
    /// <summary>How often the same record may come damaged before it is called hopeless.</summary>
    private const int SameBadRecordAllowed = 3;

    private readonly bool _isRelay = RelayFile.Exists(process.Data);

    /// <summary>Number of the segment with the position that startup was woken for last; -1: none yet.</summary>
    private long _startupToldOf = -1;

    /// <summary>Tells this node how far we are; wakes whom that concerns.</summary>
    private void Publish()
    {
        if (PublishPositions())
            WakeOthers();
    }

    /// <summary>Startup and those who send on.</summary>
    /// <remarks>A relay's startup replays nothing and stores its position once a segment: woken for every commit, it would take the processor from those who commit.</remarks>
    private void WakeOthers()
    {
        long segment = (long)(_control.Validated.Value.Value / (ulong)_segmentSize);
        if (!_isRelay || segment != _startupToldOf)
            process.Wake(ProcessKind.Startup);
        _startupToldOf = segment;
        process.WakeWalSenders();
    }

    /// <returns>True: somebody can go on now and is to be woken.</returns>
    private bool PublishPositions()
    {
        if (_wal is not { } wal)
            return false;
        _control.Received.Raise(wal.Received);
        _control.Written.Raise(wal.Written);
        if (wal.LastRecord.End.IsValid)
            _control.WriteLastRecord(wal.LastRecord.Start, wal.LastRecord.End);
        if (wal.LastCommitTime != 0)
            _control.LastCommitTime.Value = wal.LastCommitTime;
        if (wal.CheckpointXid != 0)
            _control.CheckpointXid.Value = (long)wal.CheckpointXid;
        bool flushed = _control.Flushed.Raise(wal.Flushed);
        bool validated = _control.Validated.Raise(wal.Validated);
        NoteLags();
        if (!flushed && !validated)
            return false;
        if (_control.BadRecord.Value.IsValid && wal.Validated > _control.BadRecord.Value)
        {
            _control.BadRecord.Value = Lsn.Invalid;
            _control.BadRecordCount.Value = 0;
        }
        return true;
    }

    /// <summary>How late each stage is, for pgrepl status. From the last stage to the first: none is taken for later than it is.</summary>
    private void NoteLags()
    {
        Lsn validated = _control.Validated.Value, flushed = _control.Flushed.Value, written = _control.Written.Value, received = _control.Received.Value;
        _statistics.Replay.Moved(validated, process.Segment.Recovery.Replayed.Value);
        _statistics.Validate.Moved(flushed, validated);
        _statistics.Flush.Moved(written, flushed);
        _statistics.Write.Moved(received, written);
        _statistics.Receive.Moved(_control.LatestEnd.Value, received);
    }

    /// <summary>Upstream's end of WAL and clock, from the header of a message.</summary>
    private void NoteUpstream(Lsn end, long sendTime)
    {
        if (_control.LatestEnd.Value < end)
            _control.LatestEndTime.Value = sendTime;
        _control.LatestEnd.Value = end;
        _control.LastMessageSendTime.Value = sendTime;
        _control.LastMessageReceiptTime.Value = PgTime.Now();
        _control.Heard.Value = MonotonicTime.Microseconds;
        _statistics.Receive.Moved(end, _control.Received.Value);
    }

    /// <exception cref="PgException">It was the same record too often.</exception>
    private void Complain(BadWalException bad)
    {
        int count = _control.BadRecord.Value == bad.Position ? _control.BadRecordCount.Value + 1 : 1;
        _control.BadRecord.Value = bad.Position;
        _control.BadRecordCount.Value = count;
        if (count >= SameBadRecordAllowed)
            throw new PgException(SqlStates.DataCorrupted, $"upstream has sent invalid WAL at {bad.Position} on timeline {_timeline} {count} times in a row",
                $"Its last error was: {bad.Message}.");
        process.Log.Error(new PgException(SqlStates.DataCorrupted, $"invalid WAL received from upstream at {bad.Position} on timeline {_timeline}: {bad.Message}",
            "Nothing of it was written; it is asked for again."));
    }
}
