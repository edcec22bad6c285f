namespace Pgrepl.Wal;

// Pages: at most one is held. Every read of one is judged anew, for the source may have changed.
public sealed partial class WalReader
{
    private readonly byte[] _page = new byte[WalFormat.PageSize];
    private Lsn _pageStart;
    private int _pageValid;             // bytes held, from the page's start; 0: no page is held
    private WalPageHeader _pageHeader;
    private ulong? _segment;            // whose first page was judged last
    private TimelineId _fileTimeline;   // of the file that the page came from
    private Lsn _latestPage;

    /// <summary>Timeline of the page that was judged good last.</summary>
    public TimelineId LatestPageTimeline { get; private set; }

    private void ForgetPages()
    {
        _pageValid = 0;
        _segment = null;
    }

    /// <summary>ReadPageInternal: makes the page the one held, with at least <paramref name="required"/> bytes and a good header.</summary>
    private Step ReadPage(Lsn pageStart, int required)
    {
        if (_pageValid > 0 && pageStart == _pageStart && required <= _pageValid)
            return Step.Done;
        _pageValid = 0;

        ulong segment = pageStart.Value / (ulong)_segmentSize;
        var segmentStart = new Lsn(segment * (ulong)_segmentSize);
        if (segment != _segment && pageStart != segmentStart)
        {
            // A file not seen before: its first page says which cluster it belongs to.
            Step first = Fetch(segmentStart, WalFormat.PageSize, out _);
            if (first == Step.Done)
                first = ValidatePageHeader(segmentStart);
            if (first != Step.Done)
                return first;
            _segment = segment;
        }

        Step step = Fetch(pageStart, Math.Max(required, WalPageHeader.Size), out int valid);
        if (step == Step.Done && valid < WalPageHeader.Read(_page)!.Value.HeaderSize)
            step = Fetch(pageStart, WalLongPageHeader.Size, out valid);
        if (step == Step.Done)
            step = ValidatePageHeader(pageStart);
        if (step != Step.Done)
            return step;
        _segment = segment;
        _pageStart = pageStart;
        _pageHeader = WalPageHeader.Read(_page)!.Value;
        _pageValid = valid;
        return Step.Done;
    }

    private Step Fetch(Lsn pageStart, int required, out int valid)
    {
        WalPageResult result = _source.ReadPage(pageStart, required, _position, _page);
        valid = result.ValidBytes;
        switch (result.Status)
        {
            case WalPageStatus.NotYet:
                return Step.NotYet;
            case WalPageStatus.Failed:
                Error = result.Error;
                return Step.Failed;
            default:
                if (valid < required || valid > WalFormat.PageSize)
                    throw new InvalidOperationException($"the WAL page source gave {valid} bytes where {required} to {WalFormat.PageSize} were asked for");
                _fileTimeline = result.FileTimeline;
                return Step.Done;
        }
    }

    /// <summary>XLogReaderValidatePageHeader.</summary>
    private Step ValidatePageHeader(Lsn pageStart)
    {
        WalPageHeader header = WalPageHeader.Read(_page)!.Value;
        uint offset = (uint)(pageStart.Value % (ulong)_segmentSize);

        if (header.Magic != _major.PageMagic)
            return Reject($"invalid magic number {header.Magic:X4} in log segment {FileName(pageStart)}, offset {offset}");
        if ((header.Flags & ~WalPageFlags.All) != 0)
            return Reject($"invalid info bits {(ushort)header.Flags:X4} in log segment {FileName(pageStart)}, offset {offset}");
        if ((header.Flags & WalPageFlags.LongHeader) != 0)
        {
            WalLongPageHeader full = WalLongPageHeader.Read(_page)!.Value;
            if (_systemId != 0 && full.SystemId != _systemId)
                return Reject($"WAL file is from different database system: WAL file database system identifier is {full.SystemId}, pg_control database system identifier is {_systemId}");
            if (full.SegmentSize != (uint)_segmentSize)
                return Reject("WAL file is from different database system: incorrect segment size in page header");
            if (full.PageSize != WalFormat.PageSize)
                return Reject("WAL file is from different database system: incorrect XLOG_BLCKSZ in page header");
        }
        else if (offset == 0)
            return Reject($"invalid info bits {(ushort)header.Flags:X4} in log segment {FileName(pageStart)}, offset {offset}");
        if (header.PageStart != pageStart)
            return Reject($"unexpected pageaddr {header.PageStart} in log segment {FileName(pageStart)}, offset {offset}");

        // A page that was read before may be read again from another file; only what is newer must not go back.
        if (pageStart > _latestPage && header.Timeline < LatestPageTimeline)
            return Reject($"out-of-sequence timeline ID {header.Timeline} (after {LatestPageTimeline}) in log segment {FileName(pageStart)}, offset {offset}");
        _latestPage = pageStart;
        LatestPageTimeline = header.Timeline;
        return Step.Done;
    }

    private string FileName(Lsn pageStart) =>
        WalSegment.Containing(pageStart, _fileTimeline.IsValid ? _fileTimeline : LatestPageTimeline, _segmentSize).FileName(_segmentSize);
}
