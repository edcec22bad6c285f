using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Node;

/// <summary>Inserts records into the shared WAL buffers; each process that writes WAL has one, for its own slot. Nothing is allocated per record.</summary>
/// <remarks>First a place is reserved (an addition under a spinlock), then the record is copied there while others copy theirs; the slot's Inserting tells
/// walwriter how far it may write. This file: reserve and copy; <c>.Waits</c>: flush, room; <c>.Commands</c>: switch, restore point, transaction ids.
/// Answers to XLogInsertRecord, PostgreSQL 15, src/backend/access/transam/xlog.c; DESIGN §9, Insert.</remarks>
public sealed partial class WalInserter
{
    /// <summary>Usable bytes that only walwriter may fill, so that it can write a checkpoint when the disk is full: old segments go after it.</summary>
    private const ulong CheckpointHeadroom = 2 * WalFormat.PageSize;

    private static readonly Lsn AboutToReserve = new(1);

    private readonly SharedSegment _segment;
    private readonly WalControl _wal;
    private readonly ProcessSlot _slot;
    private readonly StageLag _writeLag;
    private readonly IWalWaits _waits;
    private readonly WalPageSink _sink;
    private readonly WalRecordBuilder _ownBuilder = new();
    private readonly ulong _headroom;
    private readonly CommitDelay _delay;
    private WalFlusher? _flusher; // known once something was committed

    // Known once startup has handed over.
    private WalPositions _positions;
    private ulong _systemId;
    private TimelineId _timeline;
    private Lsn _allocatedSeen;
    private ulong _allocatedUsable;

    /// <param name="slot">The process's own.</param>
    /// <param name="time">Of <see cref="CommitDelay"/>.</param>
    public WalInserter(SharedSegment segment, ProcessSlot slot, IWalWaits waits, TimeProvider? time = null)
    {
        _delay = new CommitDelay(time ?? TimeProvider.System);
        _segment = segment;
        _wal = segment.Wal;
        _slot = slot;
        _writeLag = segment.Statistics.PrimaryWrite;
        _waits = waits;
        _sink = PageFor;
        _headroom = slot.Index == SharedSegment.SlotOf(ProcessKind.WalWriter) ? 0 : CheckpointHeadroom;
    }

    /// <summary>Inserts one record.</summary>
    /// <param name="builder">With a record begun, sealed or not; an XLOG_SWITCH goes through <see cref="InsertSwitch"/>.</param>
    /// <returns>Where the record starts, behind a page's header, and its aligned end, which may be a page's first byte. It is neither written nor durable yet.</returns>
    /// <exception cref="PgException">Nothing was inserted: 25006 in recovery; 53100 the disk is full; 57P01, 57014 when the wait for room was interrupted.</exception>
    public (Lsn Start, Lsn End) Insert(WalRecordBuilder builder)
    {
        Prepare();
        ulong size = WalFormat.Align((ulong)builder.Seal());
        Lsn from = Reserve(size, wholeSegment: false, out Lsn start, out Lsn previous, out _);
        try
        {
            Lsn end = WalPages.Lay(builder.Finish(previous), from, _positions.SegmentSize, _timeline, _systemId, _sink);
            Finished();
            NoteAhead(end);
            return (start, end);
        }
        catch (Exception e)
        {
            Environment.FailFast("WAL space is reserved and cannot be filled", e); // = crash reset
            throw;
        }
    }

    /// <summary>Up to here every record is copied whole: a record's end, or a page boundary.</summary>
    public Lsn CompleteUpTo()
    {
        Prepare();
        return CompleteUpTo(_segment, _positions, out _);
    }

    /// <inheritdoc cref="CompleteUpTo()"/>
    /// <param name="reserved">End of the last record that has a place: nothing is in work when both are equal.</param>
    public static Lsn CompleteUpTo(SharedSegment segment, WalPositions positions, out Lsn reserved)
    {
        WalControl wal = segment.Wal;
        wal.InsertLock.Enter();
        ulong usable = wal.InsertPosition.Value.Value;
        wal.InsertLock.Leave();
        Lsn complete = reserved = positions.EndFromUsableBytes(usable);
        foreach (ProcessSlot slot in segment.Slots)
        {
            Lsn inserting = slot.Inserting.Value;
            for (int spins = 1; inserting == AboutToReserve; inserting = slot.Inserting.Value)
            {
                if (spins++ % 64 != 0)
                {
                    Thread.SpinWait(8);
                    continue;
                }
                if (segment.Doomed.Value != 0)
                    ProcessCalls.ExitNow(2);
                Thread.Yield();
            }
            if (inserting.IsValid && inserting < complete)
                complete = inserting;
        }
        return complete;
    }

    private void Prepare()
    {
        if (_timeline.IsValid)
            return;
        if (_segment.Recovery.RecoveryDone.Value == 0)
            throw new PgException(SqlStates.ReadOnlySqlTransaction, "cannot make new WAL entries during recovery");
        _positions = new WalPositions(_segment.Recovery.SegmentSize.Value);
        _systemId = (ulong)_segment.Recovery.SystemId.Value;
        _timeline = new TimelineId((uint)_wal.Timeline.Value);
    }

    /// <summary>Takes the next place, and with <paramref name="wholeSegment"/> the rest of the segment that the record ends in.
    /// Until <see cref="Finished"/> nothing may throw, allocate or leave.</summary>
    /// <param name="start">Of the record.</param>
    /// <param name="end">Of what was reserved.</param>
    /// <returns>Where copying starts: before a page's header when that is ours to write. With <paramref name="wholeSegment"/>, <see cref="Lsn.Invalid"/>: the
    /// position is a segment's start (<paramref name="end"/>), and nothing was reserved.</returns>
    private Lsn Reserve(ulong size, bool wholeSegment, out Lsn start, out Lsn previous, out Lsn end)
    {
        while (true)
        {
            ulong allocated = AllocatedUsable();
            _slot.Inserting.Exchange(AboutToReserve);
            _wal.InsertLock.Enter();
            ulong usable = _wal.InsertPosition.Value.Value, endUsable = usable + size;
            Lsn from = Lsn.Invalid;
            start = previous = end = Lsn.Invalid;
            if (wholeSegment)
            {
                from = _positions.EndFromUsableBytes(usable);
                if (from.Value % (ulong)_positions.SegmentSize == 0)
                {
                    _wal.InsertLock.Leave();
                    _slot.Inserting.Exchange(Lsn.Invalid);
                    end = from;
                    return Lsn.Invalid;
                }
                endUsable = ToSegmentEnd(endUsable);
            }
            if (endUsable + _headroom <= allocated)
            {
                start = _positions.StartFromUsableBytes(usable);
                previous = _wal.PreviousRecord.Value;
                _wal.PreviousRecord.Value = start;
                _wal.InsertPosition.Value = new Lsn(endUsable);
                _wal.InsertLock.Leave();
                from = _positions.EndFromUsableBytes(usable);
                _slot.Inserting.Exchange(from);
                end = _positions.EndFromUsableBytes(endUsable);
                return from;
            }
            _wal.InsertLock.Leave();
            Finished();
            WaitForSegments(_positions.EndFromUsableBytes(endUsable + _headroom));
        }
    }

    /// <summary>The first record beyond what is written starts the clock of the write stage.</summary>
    private void NoteAhead(Lsn end)
    {
        if (!_writeLag.IsMarked)
            _writeLag.Moved(end, _wal.Written.Value);
    }

    private void Finished()
    {
        _slot.Inserting.Exchange(Lsn.Invalid);
        if (_wal.InsertersAwaited.Value != 0)
            _waits.WakeWalWriter();
    }

    /// <summary>Lends the buffer page, once it is free. What lies before a fresh page is copied: walwriter may have it.</summary>
    private Span<byte> PageFor(Lsn pageStart, bool fresh)
    {
        if (fresh)
            _slot.Inserting.Value = pageStart;
        if (pageStart >= _wal.ReusableUpTo.Value)
            WaitForPage(pageStart);
        return _wal.Page(pageStart);
    }

    private ulong ToSegmentEnd(ulong usable)
    {
        ulong size = (ulong)_positions.SegmentSize;
        Lsn end = _positions.EndFromUsableBytes(usable);
        return _positions.ToUsableBytes(new Lsn((end.Value + size - 1) / size * size));
    }

    /// <summary>AllocatedUpTo as usable bytes; converted anew only when it has moved.</summary>
    private ulong AllocatedUsable()
    {
        Lsn allocated = _wal.AllocatedUpTo.Value;
        if (allocated != _allocatedSeen)
        {
            _allocatedUsable = _positions.ToUsableBytes(allocated);
            _allocatedSeen = allocated;
        }
        return _allocatedUsable;
    }
}
