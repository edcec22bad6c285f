using Pgrepl.Shared;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.WalSender.Replication;

/// <summary>Reads WAL from the segment files for sending, from the page cache as a rule.</summary>
/// <remarks>Source of truth: WALRead, WalSndSegmentOpen, CheckXLogRemoved, PostgreSQL 15. A file is only ever read here: it may be removed (we hold it open) or
/// become another segment while we do, which the page addresses tell.</remarks>
internal sealed class SentWal(DataDirectory data, int segmentSize) : IDisposable
{
    private WalSegmentFile? _file;
    private Lsn _fileEnd; // bytes of the open file from here on belong to another timeline

    /// <summary>Fills <paramref name="destination"/>.</summary>
    /// <param name="timeline">The one that is sent.</param>
    /// <param name="switchPoint">Where it ends; invalid: it is the current one.</param>
    /// <param name="next">The timeline after it: the segment of the switch is read from its file, which begins with a copy.</param>
    /// <exception cref="PgException">58P01 <c>requested WAL segment x has already been removed</c>; XX001 when the file is too short.</exception>
    public void Read(Lsn start, Span<byte> destination, TimelineId timeline, Lsn switchPoint, TimelineId next)
    {
        while (!destination.IsEmpty)
        {
            ulong number = start.Value / (ulong)segmentSize;
            if (_file?.Segment.Number != number || start >= _fileEnd)
                Open(start, timeline, switchPoint, next);
            WalSegmentFile file = _file!;
            int offset = (int)(start.Value % (ulong)segmentSize);
            Span<byte> part = destination[..(int)Math.Min((ulong)destination.Length, _fileEnd.Value - start.Value)];
            int read = file.Read(offset, part);
            if (read != part.Length)
                throw new PgException(SqlStates.DataCorrupted,
                    $"could not read from log segment {file.Segment.FileName(segmentSize)}, offset {offset}: read {read} of {part.Length}");
            if (!HasItsOwnPages(start, part))
            {
                Close();
                throw Removed(file.Segment);
            }
            start += (ulong)part.Length;
            destination = destination[part.Length..];
        }
    }

    /// <summary>The file that holds these bytes, for sending them without a copy: a file whose WAL a stream may still have in its socket is never recycled.</summary>
    /// <param name="length">Of what is wanted.</param>
    /// <returns>It is open until the next call of any method here; with how many of the bytes it has.</returns>
    /// <exception cref="PgException">As <see cref="Read"/>.</exception>
    public (WalSegmentFile File, long Offset, int Length) Locate(Lsn start, int length, TimelineId timeline, Lsn switchPoint, TimelineId next)
    {
        if (_file?.Segment.Number != start.Value / (ulong)segmentSize || start >= _fileEnd)
        {
            Open(start, timeline, switchPoint, next);
            CheckFirstPage();
        }
        return (_file!, (long)(start.Value % (ulong)segmentSize), (int)Math.Min((ulong)length, _fileEnd.Value - start.Value));
    }

    public void Close()
    {
        _file?.Dispose();
        _file = null;
    }

    public void Dispose() => Close();

    private void Open(Lsn start, TimelineId timeline, Lsn switchPoint, TimelineId next)
    {
        Close();
        ulong number = start.Value / (ulong)segmentSize;
        _fileEnd = new Lsn((number + 1) * (ulong)segmentSize);
        var segment = new WalSegment(timeline, number);
        if (switchPoint.IsValid && switchPoint.Value / (ulong)segmentSize == number)
        {
            _file = WalSegmentFile.TryOpenRead(data, segment with { Timeline = next }, segmentSize);
            if (_file is not null)
                return;
        }
        _file = WalSegmentFile.TryOpenRead(data, segment, segmentSize) ?? TryOpenParent(start, segment) ?? throw Removed(segment);
    }

    /// <summary>A timeline begins with a copy of its parent's bytes. Before the first byte of its own has come there is no file of it yet.</summary>
    private WalSegmentFile? TryOpenParent(Lsn start, WalSegment segment)
    {
        foreach (TimelineHistory.Entry entry in TimelineHistoryFiles.Read(data, segment.Timeline).Entries)
        {
            if (entry.Timeline == segment.Timeline)
                continue;
            if (entry.End <= start || entry.End >= segment.End(segmentSize))
                break;
            WalSegmentFile? parent = WalSegmentFile.TryOpenRead(data, segment with { Timeline = entry.Timeline }, segmentSize);
            _fileEnd = Lsn.Min(_fileEnd, entry.End);
            if (parent is not null)
                return parent;
        }
        return null;
    }

    /// <summary>It may have become another segment before we opened it; from then on it is ours as long as the peer has not confirmed its end.</summary>
    private void CheckFirstPage()
    {
        WalSegmentFile file = _file!;
        Span<byte> header = stackalloc byte[WalPageHeader.Size];
        if (file.Read(0, header) == header.Length && WalPageHeader.Read(header)!.Value.PageStart == file.Segment.Start(segmentSize))
            return;
        Close();
        throw Removed(file.Segment);
    }

    /// <summary>False: the file was recycled under us. What follows a segment switch has zeros for page headers.</summary>
    private static bool HasItsOwnPages(Lsn start, ReadOnlySpan<byte> bytes)
    {
        int offset = (WalFormat.PageSize - start.PageOffset) % WalFormat.PageSize;
        for (; offset + WalPageHeader.Size <= bytes.Length; offset += WalFormat.PageSize)
        {
            WalPageHeader header = WalPageHeader.Read(bytes[offset..])!.Value;
            if (header.PageStart != start + (ulong)offset && header != default)
                return false;
        }
        return true;
    }

    private PgException Removed(WalSegment segment) =>
        new(SqlStates.UndefinedFile, $"requested WAL segment {segment.FileName(segmentSize)} has already been removed");
}
