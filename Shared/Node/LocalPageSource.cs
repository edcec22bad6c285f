using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Node;

/// <summary>Reads this node's own WAL while it is written or replayed: never further than it is flushed (in recovery: replayed), and each segment from the timeline
/// that the history gives it, also over a promotion. For logical decoding, SQL functions and two-phase data. Not thread-safe.</summary>
/// <remarks>The history is looked at anew when the node's timeline has changed, and where the timeline that is read ends. A segment in which the timeline switches is read from the newest
/// one's file, which begins with a copy of the older bytes: the older file may be gone, or be called .partial. Steady state allocates nothing.
/// Source of truth: read_local_xlog_page_guts, XLogReadDetermineTimeline, wal_segment_open, PostgreSQL 15, src/backend/access/transam/xlogutils.c.</remarks>
/// <param name="waits">How to wait for WAL that is not there yet (read_local_xlog_page): an interrupt ends the wait with <see cref="WalPageStatus.NotYet"/>;
/// <see langword="null"/>: no wait, <see cref="WalPageStatus.NotYet"/> at once (read_local_xlog_page_no_wait).</param>
public sealed class LocalPageSource(SharedSegment segment, DataDirectory data, int segmentSize, IWalWaits? waits) : IWalPageSource, IDisposable
{
    /// <summary>Milliseconds. Not everybody who moves the end of WAL sets this process's latch.</summary>
    private const int LongestSleep = 1;

    private WalSegmentFile? _file;

    // What the history said last: these segments are read from this timeline's files.
    private TimelineId _timeline;
    private ulong _firstSegment;
    private ulong? _endSegment; // the first that is another timeline's; null: the timeline is the node's own, which goes on
    private Lsn _switchPoint;   // where the timeline ends, when it does

    /// <inheritdoc/>
    /// <exception cref="PgException">58P01 <c>requested WAL segment x has already been removed</c>; any other failure to read; XX001: a history file is none.</exception>
    public WalPageResult ReadPage(Lsn pageStart, int requiredBytes, Lsn recordStart, Span<byte> page)
    {
        ulong number = pageStart.Value / (ulong)segmentSize;
        Lsn end;
        while (true)
        {
            waits?.ResetLatch();
            (end, TimelineId current) = EndOfWal(segment);
            DetermineTimeline(number, current);
            if (_endSegment is not null)
                end = _switchPoint; // all of it has come, else its end would not be known
            if (pageStart + (ulong)requiredBytes <= end)
                break;
            if (waits is null || waits.Interrupted)
                return WalPageResult.NotYet;
            waits.Wait(LongestSleep);
        }
        int count = (int)Math.Min(WalFormat.PageSize, end.BytesSince(pageStart));
        Read(number, (long)(pageStart.Value % (ulong)segmentSize), page[..count]);
        return WalPageResult.Available(count, _timeline);
    }

    public void Dispose() => Close();

    /// <summary>GetFlushRecPtr, in recovery GetXLogReplayRecPtr, with the timeline. A relay, which replays nothing, has what walreceiver judged.</summary>
    /// <remarks>In the order of <see cref="SendableWal.Of"/>: positions before their timelines, and last whether recovery is over.</remarks>
    private static (Lsn End, TimelineId Timeline) EndOfWal(SharedSegment segment)
    {
        Lsn replayed = segment.Recovery.Replayed.Value;
        uint replaying = (uint)segment.Recovery.ReplayedTimeline.Value;
        if (segment.Recovery.RecoveryDone.Value == 0 && replaying != 0)
            return (replayed, new TimelineId(replaying));
        SendableWal sendable = SendableWal.Of(segment);
        return (sendable.End, sendable.Timeline);
    }

    /// <summary>XLogReadDetermineTimeline: the timeline of the segment's last byte.</summary>
    /// <param name="current">The node's own now.</param>
    private void DetermineTimeline(ulong number, TimelineId current)
    {
        bool known = _timeline.IsValid && number >= _firstSegment && (_endSegment is { } next ? number < next : _timeline == current);
        if (known || !current.IsValid)
            return;
        ulong size = (ulong)segmentSize;
        TimelineHistory history = TimelineHistoryFiles.Read(data, current);
        _timeline = history.TimelineOf(new Lsn(number * size + size - 1));
        foreach (TimelineHistory.Entry entry in history.Entries)
        {
            if (entry.Timeline != _timeline)
                continue;
            _firstSegment = entry.Begin.Value / size;
            _endSegment = entry.End.IsValid ? entry.End.Value / size : null;
            _switchPoint = entry.End;
        }
    }

    private void Read(ulong number, long offset, Span<byte> target)
    {
        var wanted = new WalSegment(_timeline, number);
        if (_file is null || _file.Segment != wanted)
        {
            Close();
            _file = WalSegmentFile.TryOpenRead(data, wanted, segmentSize)
                ?? throw new PgException(SqlStates.UndefinedFile, $"requested WAL segment {wanted.FileName(segmentSize)} has already been removed");
        }
        int read = _file.Read(offset, target);
        if (read < target.Length)
            throw new PgException(SqlStates.DataCorrupted, $"could not read from log segment {wanted.FileName(segmentSize)}, offset {offset}: read {read} of {target.Length}");
    }

    private void Close()
    {
        _file?.Dispose();
        _file = null;
    }
}
