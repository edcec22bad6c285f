using Pgrepl.Wal;

namespace Pgrepl.Shared.Storage;

/// <summary>Reads WAL pages from the files in pg_wal, each from the timeline that the history gives it. Not thread-safe.</summary>
/// <remarks>A segment in which the timeline switches is read from the newest timeline's file, which begins with a copy of the old bytes; when that file is
/// missing, from an older one, but only up to its switch point. Source of truth: XLogFileReadAnyTLI, XLogPageRead, PostgreSQL 15,
/// src/backend/access/transam/xlogrecovery.c.</remarks>
public sealed class SegmentPageSource(DataDirectory data, int segmentSize, TimelineHistory history) : IWalPageSource, IDisposable
{
    private WalSegmentFile? _file;
    private Lsn _fileEnd; // bytes of the open file from here on belong to another timeline
    private TimelineHistory _history = history;

    /// <summary>Setting it closes the open file.</summary>
    public TimelineHistory History
    {
        get => _history;
        set
        {
            _history = value;
            Close();
        }
    }

    /// <summary>Bytes at or beyond it are not there yet. <see cref="Lsn.MaxValue"/>: no limit.</summary>
    public Lsn Limit { get; set; } = Lsn.MaxValue;

    /// <summary>The segment that is open; <see langword="null"/>: none.</summary>
    public WalSegment? Current => _file?.Segment;

    /// <inheritdoc/>
    /// <exception cref="PgException">A file that is there cannot be opened or read: what the disk keeps back is not the end of WAL.</exception>
    public WalPageResult ReadPage(Lsn pageStart, int requiredBytes, Lsn recordStart, Span<byte> page)
    {
        int wanted = (int)Math.Min(WalFormat.PageSize, Limit > pageStart ? Limit.Value - pageStart.Value : 0);
        if (wanted < requiredBytes)
            return WalPageResult.NotYet;
        if (!Covers(pageStart, requiredBytes))
        {
            Close();
            if (OpenFor(pageStart, requiredBytes) is { } error)
                return WalPageResult.Failed(error);
        }
        wanted = (int)Math.Min((ulong)wanted, _fileEnd.Value - pageStart.Value);
        WalSegmentFile file = _file!;
        long offset = (long)(pageStart.Value & (ulong)(segmentSize - 1));
        int read = file.Read(offset, page[..wanted]);
        if (read == wanted)
            return WalPageResult.Available(read, file.Segment.Timeline);
        Close();
        return WalPageResult.Failed($"could not read from log segment {file.Segment.FileName(segmentSize)}, offset {offset}: read {read} of {WalFormat.PageSize}");
    }

    /// <summary>Forgets the open file: the next page looks for its file anew.</summary>
    public void Close()
    {
        _file?.Dispose();
        _file = null;
    }

    public void Dispose() => Close();

    private bool Covers(Lsn pageStart, int requiredBytes) =>
        _file is { } file && pageStart.Value / (ulong)segmentSize == file.Segment.Number && pageStart + (ulong)requiredBytes <= _fileEnd;

    /// <returns>Why there is no file with these bytes; <see langword="null"/>: it is open now.</returns>
    private string? OpenFor(Lsn pageStart, int requiredBytes)
    {
        ulong number = pageStart.Value / (ulong)segmentSize;
        Lsn segmentEnd = new((number + 1) * (ulong)segmentSize);
        string? missing = null;
        foreach (TimelineHistory.Entry entry in _history.Entries)
        {
            if (entry.Begin.IsValid && entry.Begin >= segmentEnd)
                continue; // begins after this segment
            Lsn end = entry.End.IsValid ? Lsn.Min(entry.End, segmentEnd) : segmentEnd;
            if (pageStart + (ulong)requiredBytes > end)
                break; // this timeline and all older ones ended before the bytes that are needed
            var segment = new WalSegment(entry.Timeline, number);
            _file = WalSegmentFile.TryOpenRead(data, segment, segmentSize);
            if (_file is not null)
            {
                _fileEnd = end;
                return null;
            }
            missing ??= segment.FileName(segmentSize);
        }
        missing ??= new WalSegment(_history.TimelineOf(pageStart), number).FileName(segmentSize);
        return $"could not open file \"pg_wal/{missing}\": No such file or directory";
    }
}
