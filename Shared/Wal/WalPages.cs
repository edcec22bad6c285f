namespace Pgrepl.Wal;

/// <summary>Lends the 8192-byte page at <paramref name="pageStart"/>, for the moment.</summary>
/// <param name="pageStart">LSN of the page's first byte.</param>
/// <param name="fresh">The record (or its rest) comes first on this page: hand it out zeroed, its header is written for you. Otherwise the page holds earlier records.</param>
public delegate Span<byte> WalPageSink(Lsn pageStart, bool fresh);

/// <summary>Puts finished records into pages, and page headers where the record covers their place.</summary>
/// <remarks>Source of truth: CopyXLogRecordToWAL, AdvanceXLInsertBuffer, PostgreSQL 15, src/backend/access/transam/xlog.c.</remarks>
public static class WalPages
{
    /// <summary>Copies a record to its place, page by page, and zeroes the padding behind it up to the next multiple of 8.</summary>
    /// <param name="record">From <see cref="WalRecordBuilder.Finish"/>.</param>
    /// <param name="start">Insert position; a page's first byte counts like the one behind its header.</param>
    /// <param name="firstPage">Extra flags for the page that the record starts, when it starts one: <see cref="WalPageFlags.FirstIsOverwriteContrecord"/>.</param>
    /// <returns>End of the record (aligned): where the next one starts. A page's first byte when the page is full; that next page is not touched.
    /// After an XLOG_SWITCH the rest of the segment is the caller's to fill.</returns>
    /// <remarks>Other bytes of a page are left alone, so that several records can be laid into one page at the same time.</remarks>
    public static Lsn Lay(ReadOnlySpan<byte> record, Lsn start, int segmentSize, TimelineId tli, ulong systemId, WalPageSink sink,
        WalPageFlags firstPage = WalPageFlags.None)
    {
        ArgumentNullException.ThrowIfNull(sink);
        Lsn pageStart = start.PageStart;
        int headerSize = WalFormat.PageHeaderSize(pageStart, segmentSize);
        int offset = start.PageOffset == 0 ? headerSize : start.PageOffset;
        if (offset < headerSize || offset % 8 != 0)
            throw new ArgumentOutOfRangeException(nameof(start), start, "no WAL record can start there");

        WalPageFlags flags = firstPage;
        uint remaining = 0;
        while (true)
        {
            bool fresh = offset == headerSize;
            Span<byte> page = sink(pageStart, fresh);
            if (fresh)
                WriteHeader(page, pageStart, segmentSize, tli, systemId, flags, remaining);
            int part = Math.Min(record.Length, WalFormat.PageSize - offset);
            record[..part].CopyTo(page[offset..]);
            record = record[part..];
            if (record.IsEmpty)
            {
                int end = WalFormat.Align(offset + part);
                page[(offset + part)..end].Clear();
                return pageStart + (ulong)end;
            }
            pageStart += WalFormat.PageSize;
            headerSize = offset = WalFormat.PageHeaderSize(pageStart, segmentSize);
            flags = WalPageFlags.FirstIsContrecord;
            remaining = (uint)record.Length;
        }
    }

    /// <summary>Writes a page's header, long at a segment's start, and nothing else of the page.</summary>
    /// <param name="remaining">Bytes of a record that are carried over to this page and later ones.</param>
    public static void WriteHeader(Span<byte> page, Lsn pageStart, int segmentSize, TimelineId tli, ulong systemId,
        WalPageFlags flags = WalPageFlags.None, uint remaining = 0)
    {
        bool isLong = WalFormat.PageHeaderSize(pageStart, segmentSize) == WalFormat.LongPageHeaderSize;
        var header = new WalPageHeader(WalFormat.PageMagic, isLong ? flags | WalPageFlags.LongHeader : flags, tli, pageStart, remaining);
        if (isLong)
            new WalLongPageHeader(header, systemId, (uint)segmentSize, WalFormat.PageSize).Write(page);
        else
            header.Write(page);
    }
}
