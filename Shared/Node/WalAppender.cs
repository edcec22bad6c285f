using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Node;

/// <summary>Appends records straight to the segment files, for the one process that owns WAL while nobody else does: startup at the end of recovery, init.</summary>
/// <remarks>Nothing counts before <see cref="Flush"/> has returned. A <see cref="PgException"/> from here means that the file may hold anything beyond the
/// last flush: the process ends, and recovery decides. Answers to XLogInsertRecord and XLogWrite as StartupXLOG and BootStrapXLOG use them,
/// PostgreSQL 15, src/backend/access/transam/xlog.c.</remarks>
public sealed class WalAppender : IDisposable
{
    private readonly DataDirectory _data;
    private readonly int _segmentSize;
    private readonly ulong _systemId;
    private readonly byte[] _page = new byte[WalFormat.PageSize];
    private readonly WalPageSink _sink;
    private readonly WalRecordBuilder _ownBuilder = new();
    private Lsn _pageStart;
    private bool _pageDirty;
    private WalSegmentFile? _file;
    private bool _fileDirty;

    /// <param name="timeline">Of the records to come and of the files they go to.</param>
    /// <param name="insertPosition">Where the next record starts: the (aligned) end of the last one; may be a page's first byte. Inside a page, the bytes
    /// before it are read from <paramref name="timeline"/>'s file, which must be there; what follows it on the page will be zeros.</param>
    /// <param name="previousRecord">Start of the last record; <see cref="Lsn.Invalid"/>: the cluster has none.</param>
    /// <exception cref="PgException">58P01: that file is not there; XX001: that page is not this position's.</exception>
    public WalAppender(DataDirectory data, int segmentSize, ulong systemId, TimelineId timeline, Lsn insertPosition, Lsn previousRecord)
    {
        _data = data;
        _segmentSize = segmentSize;
        _systemId = systemId;
        _sink = PageFor;
        _pageStart = insertPosition.PageStart;
        Timeline = timeline;
        InsertPosition = Flushed = insertPosition;
        PreviousRecord = previousRecord;
        if (insertPosition.PageOffset != 0)
            ReadValidPart();
    }

    public TimelineId Timeline { get; }

    public int SegmentSize => _segmentSize;

    /// <summary>Where the next record goes: end of the last one, before the header when that is a page's start.</summary>
    public Lsn InsertPosition { get; private set; }

    /// <summary>Start of the last record.</summary>
    public Lsn PreviousRecord { get; private set; }

    /// <summary><see cref="InsertPosition"/> at the last <see cref="Flush"/>; at first, where we began.</summary>
    public Lsn Flushed { get; private set; }

    /// <summary>The bytes of the page that holds <see cref="InsertPosition"/>, up to there; empty at a page's start. Valid until the next call.</summary>
    public ReadOnlySpan<byte> CurrentPage => _page.AsSpan(0, InsertPosition.PageOffset);

    /// <summary>Writes one record behind the last one; its backlink and CRC are completed here.</summary>
    /// <param name="builder">With a record begun, sealed or not; no XLOG_SWITCH.</param>
    /// <returns>Where the record starts (behind a page's header), and its aligned end.</returns>
    public (Lsn Start, Lsn End) Append(WalRecordBuilder builder) => Append(builder, WalPageFlags.None);

    /// <summary>Starts the page at <see cref="InsertPosition"/> as the one that gives up a torn record: flag in its header, OVERWRITE_CONTRECORD as its first record.</summary>
    /// <param name="overwritten">Start of the torn record (WalReader.AbortedRecord). <see cref="InsertPosition"/> must be where its continuation is
    /// missing (WalReader.MissingContrecord), and <see cref="PreviousRecord"/> the last whole record before it.</param>
    /// <param name="time">TimestampTz.</param>
    /// <exception cref="InvalidOperationException">The insert position is not a page's start.</exception>
    public (Lsn Start, Lsn End) AppendOverwriteContrecord(Lsn overwritten, long time)
    {
        if (InsertPosition.PageOffset != 0)
            throw new InvalidOperationException($"the continuation of a record cannot be missing at {InsertPosition}");
        OverwriteContrecordRecord.Build(_ownBuilder, overwritten, time);
        return Append(_ownBuilder, WalPageFlags.FirstIsOverwriteContrecord);
    }

    /// <summary>Writes what is left (the current page whole, zeros behind the last record) and makes everything appended so far durable.</summary>
    /// <exception cref="PgException">58030, 53100: never retry; crash.</exception>
    public void Flush()
    {
        WritePage();
        if (_fileDirty)
            _file!.SyncData();
        _fileDirty = false;
        Flushed = InsertPosition;
    }

    public void Dispose() => _file?.Dispose();

    private (Lsn Start, Lsn End) Append(WalRecordBuilder builder, WalPageFlags firstPage)
    {
        builder.Seal();
        Lsn start = InsertPosition.PageOffset == 0 ? InsertPosition + (ulong)WalFormat.PageHeaderSize(InsertPosition, _segmentSize) : InsertPosition;
        Lsn end = WalPages.Lay(builder.Finish(PreviousRecord), InsertPosition, _segmentSize, Timeline, _systemId, _sink, firstPage);
        PreviousRecord = start;
        InsertPosition = end;
        return (start, end);
    }

    private Span<byte> PageFor(Lsn pageStart, bool fresh)
    {
        if (pageStart != _pageStart)
            WritePage();
        if (fresh)
            _page.AsSpan().Clear();
        _pageStart = pageStart;
        _pageDirty = true;
        return _page;
    }

    private void WritePage()
    {
        if (!_pageDirty)
            return;
        WalSegment segment = WalSegment.Containing(_pageStart, Timeline, _segmentSize);
        if (_file?.Segment != segment)
        {
            if (_fileDirty)
                _file!.SyncData(); // an older segment is durable before a newer one has a byte
            _file?.Dispose();
            _file = null;
            _file = WalSegmentFile.OpenOrCreate(_data, segment, _segmentSize);
        }
        _fileDirty = true;
        _file.Write((long)(_pageStart.Value & (ulong)(_segmentSize - 1)), _page);
        _pageDirty = false;
    }

    private void ReadValidPart()
    {
        using WalSegmentFile file = WalSegmentFile.OpenRead(_data, WalSegment.Containing(_pageStart, Timeline, _segmentSize), _segmentSize);
        Span<byte> valid = _page.AsSpan(0, InsertPosition.PageOffset);
        int read = file.Read((long)(_pageStart.Value & (ulong)(_segmentSize - 1)), valid);
        if (read < valid.Length || WalPageHeader.Read(valid) is not { Magic: WalFormat.PageMagic } header || header.PageStart != _pageStart)
            throw new PgException(SqlStates.DataCorrupted, $"WAL cannot go on at {InsertPosition} on timeline {Timeline}: no valid page there", $"File \"{file.Path}\".");
    }
}
