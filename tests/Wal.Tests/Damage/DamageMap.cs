namespace Pgrepl.Wal.Tests;

/// <summary>What a byte of a log is to a reader.</summary>
internal enum BytePlace : byte
{
    /// <summary>Of a page that is not read: before the start, behind a switch, behind the end.</summary>
    NeverRead,

    /// <summary>Of a page that is read, but behind a switch or the end, or of a segment's first page that is read for its header alone.</summary>
    Behind,

    PageHeader,

    Record,

    /// <summary>Behind a record, up to the next multiple of 8.</summary>
    Padding,
}

/// <summary>Says of every bit of a good log at which record reading must stop when it is flipped, by the layout alone and not by trying.</summary>
/// <remarks>Not checked, because PostgreSQL 15's xlogreader.c looks at it nowhere: padding behind a record; what is behind a switch or the end; of a page header
/// XLP_BKP_REMOVABLE, the four bytes of padding, xlp_rem_len and XLP_FIRST_IS_OVERWRITE_CONTRECORD of a page that carries no record on, xlp_sysid when the reader was told none
/// (pg_waldump), and an xlp_tli that is neither lower than that of the page before nor higher than that of the page after; of a page read only because it is its segment's first, also XLP_FIRST_IS_CONTRECORD.
/// All else is: a record by its CRC and the rest of its header, a page header field by field (XLogReaderValidatePageHeader).</remarks>
internal sealed class DamageMap
{
    private readonly TestLog _log;
    private readonly BytePlace[] _places;
    private readonly int[] _records;
    private readonly List<(Lsn Page, int Record)> _pages = []; // in the order in which they are read, each with the record that first needs it

    public DamageMap(TestLog log)
    {
        _log = log;
        _places = new BytePlace[log.Bytes.Length];
        _records = new int[log.Bytes.Length];
        FindPages();
        foreach ((Lsn page, int record) in _pages)
        {
            Mark(page, WalFormat.PageSize, BytePlace.Behind, Math.Min(record, log.Records.Count - 1));
            Mark(page, WalFormat.PageHeaderSize(page, log.SegmentSize), BytePlace.PageHeader, record);
        }
        for (int record = 0; record < log.Records.Count; record++)
            MarkRecord(record);
    }

    /// <summary>Pages that are read, in that order.</summary>
    public IEnumerable<Lsn> Pages => _pages.Select(page => page.Page);

    public BytePlace Place(int offset) => _places[offset];

    /// <summary>Index of the record that reading must have reached to look at the byte; their count: the end.</summary>
    public int Record(int offset) => _records[offset];

    /// <param name="systemKnown">The reader was told whose WAL it is.</param>
    /// <returns>Index of the record at which reading stops when the bit is flipped; their count: the end, which stays the end, but perhaps in other words; null: nothing changes.</returns>
    public int? StopAt(int offset, int bit, bool systemKnown = false) => _places[offset] switch
    {
        BytePlace.Record => _records[offset],
        BytePlace.PageHeader => StopAtHeader(offset, bit, systemKnown),
        _ => null,
    };

    private int? StopAtHeader(int offset, int bit, bool systemKnown)
    {
        int at = offset % WalFormat.PageSize, record = _records[offset];
        Lsn page = _log.Base + (ulong)(offset - at);
        WalPageHeader header = WalPageHeader.Read(_log.At(page, WalPageHeader.Size))!.Value;
        bool carries = (header.Flags & WalPageFlags.FirstIsContrecord) != 0;
        return at switch
        {
            2 => bit switch
            {
                0 => IsReadFor(page, record) ? record : null,
                2 => null,
                3 => carries ? record : null,
                _ => record,
            },
            < 4 or (>= 8 and < 16) or >= 32 => record,
            < 8 => StopAtTimeline(page, header.Timeline.Value ^ (1u << (8 * (at - 4) + bit))),
            < 20 => carries ? record : null,
            < 24 => null,
            _ => systemKnown ? record : null,
        };
    }

    /// <summary>False: the header alone was wanted, to see whose segment it is.</summary>
    private bool IsReadFor(Lsn page, int record) => record == _log.Records.Count || _log.Records[record].Start < page + WalFormat.PageSize;

    private int? StopAtTimeline(Lsn page, uint timeline)
    {
        int index = _pages.FindIndex(read => read.Page == page);
        if (index > 0 && timeline < TimelineOf(_pages[index - 1].Page))
            return _pages[index].Record;
        return index + 1 < _pages.Count && timeline > TimelineOf(_pages[index + 1].Page) ? _pages[index + 1].Record : null;
    }

    private uint TimelineOf(Lsn page) => WalPageHeader.Read(_log.At(page, WalPageHeader.Size))!.Value.Timeline.Value;

    private void FindPages()
    {
        var pages = new MemoryPages(_log) { Record = true };
        var reader = new WalReader(pages, PostgresMajor.LogCluster, _log.SegmentSize, systemId: 0);
        reader.BeginRead(_log.Records[0].Start);
        var seen = new HashSet<Lsn>();
        int record = 0;
        bool good;
        do
        {
            pages.Asked.Clear();
            good = reader.Read() == WalReadStatus.Record;
            foreach (Lsn page in pages.Asked.Where(seen.Add))
                _pages.Add((page, record));
            if (good && reader.RecordStart != _log.Records[record++].Start)
                Assert.Fail($"a record at {reader.RecordStart} that was not written");
        }
        while (good);
        Assert.That(record, Is.EqualTo(_log.Records.Count), reader.Error);
    }

    private void MarkRecord(int index)
    {
        LogRecord record = _log.Records[index];
        Lsn at = record.Start;
        for (int left = record.Bytes.Length; left > 0;)
        {
            if (at.PageOffset == 0)
                at += (ulong)WalFormat.PageHeaderSize(at, _log.SegmentSize);
            int part = Math.Min(left, WalFormat.PageSize - at.PageOffset);
            Mark(at, part, BytePlace.Record, index);
            left -= part;
            at += (ulong)part;
        }
        Mark(at, WalFormat.Align(at.PageOffset) - at.PageOffset, BytePlace.Padding, index);
        int behind = WalFormat.PageSize - WalFormat.Align(at.PageOffset);
        if (at.PageOffset != 0 && behind > 0)
            Mark(at.PageStart + (ulong)WalFormat.Align(at.PageOffset), behind, BytePlace.Behind, index); // until the next record takes it
    }

    private void Mark(Lsn from, int length, BytePlace place, int record)
    {
        int offset = (int)from.BytesSince(_log.Base);
        _places.AsSpan(offset, length).Fill(place);
        _records.AsSpan(offset, length).Fill(record);
    }
}
