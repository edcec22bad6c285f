using Pgrepl.Shared;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.WalWriter;

/// <summary>Keeps segments ready ahead of the insert position, complete and durable, before anybody may reserve room in them.</summary>
/// <remarks>A full disk is no crash: DiskFull is set, inserters wait and then fail, and it is tried again every second.
/// Answers to XLogFileInit and PreallocXlogFiles, PostgreSQL 15, src/backend/access/transam/xlog.c.</remarks>
internal sealed class SegmentSupply : IDisposable
{
    private const int RetryMilliseconds = 1000;

    private readonly SharedSegment _segment;
    private readonly WalControl _wal;
    private readonly DataDirectory _data;
    private readonly Func<int, Latch> _latchOf;
    private readonly ServerLog _log;
    private readonly WalPositions _positions;
    private readonly TimelineId _timeline;
    private readonly SegmentMaker _maker;
    private bool _making;
    private long _retryAt;

    public SegmentSupply(SharedSegment segment, DataDirectory data, Func<int, Latch> latchOf, ServerLog log)
    {
        _segment = segment;
        _wal = segment.Wal;
        _data = data;
        _latchOf = latchOf;
        _log = log;
        _positions = new WalPositions(segment.Recovery.SegmentSize.Value);
        _timeline = new TimelineId((uint)_wal.Timeline.Value);
        _maker = new SegmentMaker(data, _positions.SegmentSize, (ulong)segment.Recovery.SystemId.Value, latchOf(SharedSegment.SlotOf(ProcessKind.WalWriter)));
    }

    /// <summary>Segments made because none was left to recycle.</summary>
    public int Added { get; set; }

    /// <summary>When to call again on a full disk (<see cref="Environment.TickCount64"/>); 0: no need.</summary>
    public long RetryAt => _retryAt;

    /// <summary>Has segments made: a whole one ahead of the insert position, and what single records need.</summary>
    /// <param name="wait">True: makes them here and now, unless one is in the making or the disk is full. Else they come later, and the latch is set for each.</param>
    /// <returns>True when a segment came.</returns>
    /// <exception cref="PgException">Crash.</exception>
    public bool Ensure(bool wait = false)
    {
        bool any = false;
        while (true)
        {
            if (_making && !_maker.IsBusy)
            {
                _making = false;
                any |= Came(_maker.Result);
            }
            if (_making || _wal.AllocatedUpTo.Value >= Wanted())
                return any;
            if (_retryAt != 0 && Environment.TickCount64 < _retryAt)
                return any;
            WalSegment next = WalSegment.Containing(_wal.AllocatedUpTo.Value, _timeline, _positions.SegmentSize);
            if (wait)
            {
                any |= Came(() => _maker.Make(next));
                continue;
            }
            _making = true;
            _maker.Begin(next);
        }
    }

    public void Dispose() => _maker.Dispose();

    private Lsn Wanted() =>
        Lsn.Max(_wal.AllocationRequest.Value, _positions.EndFromUsableBytes(_wal.InsertPosition.Value.Value) + (ulong)_positions.SegmentSize);

    private bool Came(Func<bool> result)
    {
        try
        {
            if (result())
                Added++;
        }
        catch (PgException e) when (e.SqlState == SqlStates.DiskFull)
        {
            if (_wal.DiskFull.Value == 0)
                _log.Warning(e.Message, "New WAL is refused until there is room for a segment.", "Free space in the file system of pg_wal; no restart is needed.");
            _retryAt = Environment.TickCount64 + RetryMilliseconds;
            _wal.DiskFull.Value = 1;
            WakeInserters();
            return false;
        }
        Lsn end = _wal.AllocatedUpTo.Value;
        bool awaited = _wal.AllocationRequest.Value > end;
        _wal.AllocatedUpTo.Exchange(end + (ulong)_positions.SegmentSize);
        DiskHasRoom();
        if (awaited)
            WakeInserters();
        return true;
    }

    private void DiskHasRoom()
    {
        _retryAt = 0;
        if (_wal.DiskFull.Exchange(0) != 0)
            _log.Log("WAL segments can be made again");
    }

    /// <summary>Whoever waits for room has reserved nothing, so there is no telling who: everybody looks.</summary>
    private void WakeInserters()
    {
        for (int i = SharedSegment.FirstWalSenderSlot; i < _segment.Slots.Length; i++)
            _latchOf(i).Set();
    }
}
