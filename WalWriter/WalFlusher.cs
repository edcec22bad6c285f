using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.WalWriter;

/// <summary>What one turn of the flusher came to.</summary>
internal enum FlushOutcome
{
    /// <summary>Nothing was asked for.</summary>
    Idle,

    /// <summary>Something was written or made durable.</summary>
    Done,

    /// <summary>What was asked for waits for an inserter that still copies.</summary>
    Blocked,
}

/// <summary>Takes WAL from the shared buffers to disk: write, make durable, publish, wake, give the buffers back.</summary>
/// <remarks>Any exception from here is a crash: nothing is tried again. Answers to XLogWrite, XLogBackgroundFlush and AdvanceXLInsertBuffer,
/// PostgreSQL 15, src/backend/access/transam/xlog.c; DESIGN §9, Flush.</remarks>
internal sealed class WalFlusher : IDisposable
{
    private readonly SharedSegment _segment;
    private readonly WalControl _wal;
    private readonly DataDirectory _data;
    private readonly Func<int, Latch> _latchOf;
    private readonly WalPositions _positions;
    private readonly TimelineId _timeline;
    private readonly byte[] _tailPage = new byte[WalFormat.PageSize];
    private WalSegmentFile? _file;

    /// <param name="segment">After the hand-over by startup.</param>
    /// <param name="latchOf">The latch of a process slot.</param>
    public WalFlusher(SharedSegment segment, DataDirectory data, Func<int, Latch> latchOf)
    {
        _segment = segment;
        _wal = segment.Wal;
        _data = data;
        _latchOf = latchOf;
        _positions = new WalPositions(segment.Recovery.SegmentSize.Value);
        _timeline = new TimelineId((uint)_wal.Timeline.Value);
    }

    /// <summary>End of the last record that has a place; an atomic look without the lock.</summary>
    public Lsn Reserved => _positions.EndFromUsableBytes(_wal.InsertPosition.Value.Value);

    /// <summary>Something has asked for a write or a flush that is not done.</summary>
    public bool HasRequests => _wal.FlushRequest.Value > _wal.Flushed.Value || _wal.WriteRequest.Value >= _wal.ReusableUpTo.Value;

    /// <summary>Does what is asked for: a flush takes along everything complete, a wish for buffers writes whole pages only.</summary>
    /// <param name="background">Nobody need have asked: whole pages become durable, or else the last asynchronous commit.</param>
    public FlushOutcome Run(bool background)
    {
        Lsn flushed = _wal.Flushed.Value, flushRequest = _wal.FlushRequest.Value;
        bool flush = flushRequest > flushed, pages = _wal.WriteRequest.Value >= _wal.ReusableUpTo.Value;
        if (!flush && !pages && !background)
            return FlushOutcome.Idle;

        Lsn complete = WalInserter.CompleteUpTo(_segment, _positions, out Lsn reserved);
        Lsn target = flush ? complete
            : pages || complete.PageStart > flushed ? complete.PageStart
            : Lsn.Min(_wal.AsyncCommit.Value, complete);
        bool done = WriteUpTo(target);
        _segment.Statistics.PrimaryWrite.Moved(reserved, _wal.Written.Value);
        if (flush || background)
            done |= FlushWritten();
        if (GiveBackPages())
            done = true;
        if (done)
            return FlushOutcome.Done;
        bool waits = (flush && complete < Lsn.Min(flushRequest, reserved)) || (pages && complete < reserved);
        return waits ? FlushOutcome.Blocked : FlushOutcome.Idle;
    }

    /// <summary>XLogFlush for this process itself.</summary>
    /// <param name="upTo">A record's end; beyond the last record's it means that.</param>
    public void FlushUpTo(Lsn upTo)
    {
        upTo = Lsn.Min(upTo, Reserved);
        _wal.FlushRequest.Raise(upTo);
        while (_wal.Flushed.Value < upTo)
            if (Run(background: false) == FlushOutcome.Blocked)
                Thread.Yield();
    }

    public void Dispose() => _file?.Dispose();

    /// <summary>Whole pages straight from the buffers; of the last one only what is complete, zeros behind it. A segment's end is made durable in passing.</summary>
    private bool WriteUpTo(Lsn target)
    {
        Lsn written = _wal.Written.Value;
        if (target <= written)
            return false;
        while (written < target)
        {
            Lsn page = written.PageStart;
            WalSegmentFile file = FileFor(page);
            Lsn segmentEnd = file.Segment.End(_positions.SegmentSize);
            Lsn wholeEnd = Lsn.Min(target.PageStart, segmentEnd);
            long offset = (long)(page.Value & (ulong)(_positions.SegmentSize - 1));
            if (page < wholeEnd)
            {
                ReadOnlySpan<byte> run = _wal.Pages(page, (int)((wholeEnd.Value - page.Value) / WalFormat.PageSize));
                file.Write(offset, run);
                written = page + (ulong)run.Length;
            }
            else
            {
                int used = target.PageOffset;
                _wal.Page(page)[..used].CopyTo(_tailPage);
                _tailPage.AsSpan(used).Clear();
                file.Write(offset, _tailPage);
                written = target;
            }
            _wal.Written.Value = written;
            _segment.Statistics.PrimaryFlush.Moved(written, _wal.Flushed.Value);
            if (written == segmentEnd)
            {
                FlushWritten(); // an older segment is durable before a newer one has a byte
                file.Dispose();
                _file = null;
                GiveBackPages();
            }
        }
        return true;
    }

    /// <summary>fdatasync, then tells everybody.</summary>
    private bool FlushWritten()
    {
        Lsn written = _wal.Written.Value;
        if (written <= _wal.Flushed.Value)
            return false;
        FileFor(written - 1).SyncData();
        _segment.Statistics.PrimaryFlush.Moved(written, written);
        _wal.Flushed.Exchange(written); // full fence: whoever stored WaitFlush before it is seen below, whoever comes later sees Flushed
        WakeCommitters(written);
        WakeWalSenders(written);
        return true;
    }

    private void WakeCommitters(Lsn flushed)
    {
        ProcessSlot[] slots = _segment.Slots;
        for (int i = 0; i < slots.Length; i++)
        {
            Lsn waits = slots[i].WaitFlush.Value;
            if (waits.IsValid && waits <= flushed)
                _latchOf(i).Set();
        }
    }

    private void WakeWalSenders(Lsn flushed)
    {
        ProcessSlot[] slots = _segment.Slots;
        for (int i = SharedSegment.FirstWalSenderSlot; i < slots.Length; i++)
            if (slots[i].SenderState.Value != (int)WalSenderState.None && slots[i].Sent.Value < flushed)
                _latchOf(i).Set();
    }

    /// <summary>Zeroes the buffers of whole pages that are written, lends them for pages to come, and wakes who waits for one.</summary>
    private bool GiveBackPages()
    {
        Lsn before = _wal.ReusableUpTo.Value;
        ulong ring = (ulong)_wal.BufferPages * WalFormat.PageSize;
        Lsn after = _wal.Written.Value.PageStart + ring;
        if (after <= before)
            return false;
        for (Lsn page = before - ring; page < after - ring;)
        {
            Span<byte> run = _wal.Pages(page, (int)((after.Value - ring - page.Value) / WalFormat.PageSize));
            run.Clear();
            page += (ulong)run.Length;
        }
        _wal.ReusableUpTo.Exchange(after);
        ProcessSlot[] slots = _segment.Slots;
        for (int i = 0; i < slots.Length; i++)
        {
            Lsn inserting = slots[i].Inserting.Value;
            if (inserting >= before && inserting < after)
                _latchOf(i).Set();
        }
        return true;
    }

    private WalSegmentFile FileFor(Lsn position)
    {
        WalSegment segment = WalSegment.Containing(position, _timeline, _positions.SegmentSize);
        if (_file?.Segment == segment)
            return _file;
        _file?.Dispose();
        _file = null;
        return _file = WalSegmentFile.OpenWrite(_data, segment, _positions.SegmentSize);
    }
}
