using Pgrepl.Shared;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.WalWriter;

/// <summary>Keeps segments ready ahead of the insert position, complete and durable, before anybody may reserve room in them.</summary>
/// <remarks>A full disk is no crash: DiskFull is set, inserters wait and then fail, and it is tried again every second.
/// Answers to XLogFileInit and PreallocXlogFiles, PostgreSQL 15, src/backend/access/transam/xlog.c.</remarks>
internal sealed class SegmentSupply
{
    private const int RetryMilliseconds = 1000;

    private readonly SharedSegment _segment;
    private readonly WalControl _wal;
    private readonly DataDirectory _data;
    private readonly Func<int, Latch> _latchOf;
    private readonly ServerLog _log;
    private readonly WalPositions _positions;
    private readonly TimelineId _timeline;
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
    }

    /// <summary>Segments made because none was left to recycle.</summary>
    public int Added { get; set; }

    /// <summary>When to call again on a full disk (<see cref="Environment.TickCount64"/>); 0: no need.</summary>
    public long RetryAt => _retryAt;

    /// <summary>Makes what is asked for: a whole segment ahead of the insert position, and what single records need.</summary>
    /// <returns>True when a segment came.</returns>
    public bool Ensure()
    {
        bool any = false;
        while (_wal.AllocatedUpTo.Value < Wanted())
        {
            if (_retryAt != 0 && Environment.TickCount64 < _retryAt)
                return any;
            if (!TryAddOne())
                return any;
            any = true;
        }
        if (_wal.DiskFull.Value != 0 && _retryAt != 0)
            DiskHasRoom();
        return any;
    }

    private Lsn Wanted() =>
        Lsn.Max(_wal.AllocationRequest.Value, _positions.EndFromUsableBytes(_wal.InsertPosition.Value.Value) + (ulong)_positions.SegmentSize);

    private bool TryAddOne()
    {
        Lsn end = _wal.AllocatedUpTo.Value;
        try
        {
            if (!IsReady(WalSegment.Containing(end, _timeline, _positions.SegmentSize)))
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
        bool awaited = _wal.AllocationRequest.Value > end;
        _wal.AllocatedUpTo.Exchange(end + (ulong)_positions.SegmentSize);
        DiskHasRoom();
        if (awaited)
            WakeInserters();
        return true;
    }

    /// <returns>True: it was there (recycled, or left from before); false: it was made.</returns>
    private bool IsReady(WalSegment segment)
    {
        var file = new FileInfo(WalSegmentFile.PathOf(_data, segment, _positions.SegmentSize));
        if (file.Exists && file.Length == _positions.SegmentSize)
            return true;
        if (file.Exists)
            WalDirectory.Remove(_data, [segment], _positions.SegmentSize); // its space is not reserved
        _ = WalSegmentFile.Create(_data, segment, _positions.SegmentSize);
        return false;
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
