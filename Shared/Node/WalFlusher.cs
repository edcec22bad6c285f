using System.Diagnostics;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Node;

/// <summary>What one turn of the flusher came to.</summary>
public enum FlushOutcome
{
    /// <summary>Nothing was asked for.</summary>
    Idle,

    /// <summary>Something was written or made durable.</summary>
    Done,

    /// <summary>What was asked for waits for an inserter that still copies.</summary>
    Blocked,

    /// <summary>Another process is the owner; it looks at all requests before it lets go for good.</summary>
    Busy,
}

/// <summary>Takes WAL from the shared buffers to disk: write, make durable, publish, wake, give the buffers back. One process at a time: the write owner.</summary>
/// <remarks>Any exception from here is a crash: nothing is tried again. Whoever lets go of the ownership looks at <see cref="HasRequests"/> afterwards and, if there
/// are any, sets walwriter's latch: a session that found another session at work leaves its request and sleeps. Answers to XLogWrite, XLogBackgroundFlush and AdvanceXLInsertBuffer,
/// PostgreSQL 15, src/backend/access/transam/xlog.c; DESIGN §9, Flush.</remarks>
public sealed class WalFlusher : IDisposable
{
    private readonly SharedSegment _segment;
    private readonly WalControl _wal;
    private readonly DataDirectory _data;
    private readonly Func<int, Latch> _latchOf;
    private readonly WalPositions _positions;
    private readonly TimelineId _timeline;
    private readonly WalWriteOwner _self;
    private readonly byte[] _tailPage = new byte[WalFormat.PageSize];
    private WalSegmentFile? _file;
    private bool _owns;

    /// <summary>How long this process's last fdatasync took, in timestamps; 0: there was none.</summary>
    public long LastSync { get; private set; }

    /// <param name="segment">After the hand-over by startup.</param>
    /// <param name="latchOf">The latch of a process slot.</param>
    /// <param name="self">What this process is as an owner.</param>
    public WalFlusher(SharedSegment segment, DataDirectory data, Func<int, Latch> latchOf, WalWriteOwner self)
    {
        _self = self;
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

    /// <summary>Becomes the owner, unless another process is.</summary>
    /// <param name="owner">Who it is now.</param>
    public bool TryOwn(out WalWriteOwner owner)
    {
        owner = _self;
        if (_owns)
            return true;
        var before = (WalWriteOwner)_wal.WriteOwner.CompareExchange((int)_self, (int)WalWriteOwner.Nobody);
        _owns = before == WalWriteOwner.Nobody;
        if (!_owns)
            owner = before;
        return _owns;
    }

    /// <summary>Others may be the owner again. Full fence: a request that was left before is seen by a look at <see cref="HasRequests"/> after it.</summary>
    public void LetGo()
    {
        if (!_owns)
            return;
        _owns = false;
        _wal.WriteOwner.Exchange((int)WalWriteOwner.Nobody);
    }

    /// <summary>Does what is asked for: a flush takes along everything complete, a wish for buffers writes whole pages only. Stays the owner.</summary>
    /// <param name="background">Nobody need have asked: whole pages become durable, or else the last asynchronous commit.</param>
    public FlushOutcome Run(bool background)
    {
        if (!TryOwn(out _))
            return FlushOutcome.Busy;
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

    /// <summary>XLogFlush for walwriter itself.</summary>
    /// <param name="upTo">A record's end; beyond the last record's it means that.</param>
    public void FlushUpTo(Lsn upTo)
    {
        upTo = Lsn.Min(upTo, Reserved);
        _wal.FlushRequest.Raise(upTo);
        while (_wal.Flushed.Value < upTo)
            if (Run(background: false) is FlushOutcome.Blocked or FlushOutcome.Busy)
                Thread.Yield();
        LetGo();
    }

    public void Dispose()
    {
        LetGo();
        _file?.Dispose();
    }

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
                CrashPoint.Reached("switch-1");
                FlushWritten(); // an older segment is durable before a newer one has a byte
                file.Dispose();
                _file = null;
                GiveBackPages();
                CrashPoint.Reached("switch-2");
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
        CrashPoint.Reached("flush-1");
        WalSegmentFile file = FileFor(written - 1);
        long began = Stopwatch.GetTimestamp();
        file.SyncData();
        LastSync = Stopwatch.GetTimestamp() - began;
        CrashPoint.Reached("flush-2");
        _segment.Statistics.PrimaryFlush.Moved(written, written);
        _wal.Flushed.Exchange(written); // full fence: whoever stored WaitFlush before it is seen below, whoever comes later sees Flushed
        WakeWalSenders(written); // first: what they send has the longer way
        WakeCommitters(written);
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
