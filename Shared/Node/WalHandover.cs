using Pgrepl.Shared.Ipc;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Node;

/// <summary>Passes the pen from startup, which wrote files, to inserters and walwriter, which go on in the shared WAL buffers.</summary>
/// <remarks>Answers to the end of StartupXLOG, PostgreSQL 15, src/backend/access/transam/xlog.c: "Initialize shared variables for WAL insertion".</remarks>
public static class WalHandover
{
    /// <summary>Startup's last act but RecoveryDone := 1. Nobody inserts yet.</summary>
    /// <param name="appender">Flushed: whatever it wrote is durable.</param>
    /// <param name="previousTimeline">The same as the appender's when this start began no new timeline.</param>
    /// <param name="nextXid">64 bits.</param>
    /// <param name="redo">Of the durable control file.</param>
    /// <exception cref="InvalidOperationException">The appender holds bytes that are not flushed.</exception>
    public static void Publish(SharedSegment segment, WalAppender appender, TimelineId previousTimeline, ulong nextXid, Lsn redo)
    {
        if (appender.Flushed != appender.InsertPosition)
            throw new InvalidOperationException($"WAL is flushed up to {appender.Flushed}, not to its end {appender.InsertPosition}");
        Publish(segment, appender.SegmentSize, appender.Timeline, previousTimeline, appender.InsertPosition, appender.PreviousRecord, appender.CurrentPage, nextXid, redo);
    }

    /// <param name="end">Where the next record starts; everything before it is durable.</param>
    /// <param name="currentPage">The page's bytes before <paramref name="end"/>; empty at a page's start.</param>
    public static void Publish(SharedSegment segment, int segmentSize, TimelineId timeline, TimelineId previousTimeline, Lsn end, Lsn previousRecord,
        ReadOnlySpan<byte> currentPage, ulong nextXid, Lsn redo)
    {
        if (currentPage.Length != end.PageOffset)
            throw new ArgumentException($"a page of {currentPage.Length} bytes does not end at {end}", nameof(currentPage));
        WalControl wal = segment.Wal;
        wal.Pages(Lsn.Invalid, wal.BufferPages).Clear();
        currentPage.CopyTo(wal.Page(end.PageStart));
        wal.InsertPosition.Value = new Lsn(new WalPositions(segmentSize).ToUsableBytes(end));
        wal.PreviousRecord.Value = previousRecord;
        wal.NextXid.Value = (long)nextXid;
        // At a segment's start that segment need not exist yet: walwriter makes it before it admits anybody.
        ulong size = (ulong)segmentSize;
        wal.AllocatedUpTo.Value = new Lsn((end.Value + size - 1) / size * size);
        wal.ReusableUpTo.Value = end.PageStart + (ulong)wal.BufferPages * WalFormat.PageSize;
        wal.Written.Value = wal.Flushed.Value = wal.WriteRequest.Value = wal.FlushRequest.Value = wal.AsyncCommit.Value = end;
        wal.Timeline.Value = (int)timeline.Value;
        wal.PreviousTimeline.Value = (int)previousTimeline.Value;
        wal.DiskFull.Value = 0;
        wal.Redo.Value = redo;
    }
}
