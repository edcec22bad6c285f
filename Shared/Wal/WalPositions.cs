namespace Pgrepl.Wal;

/// <summary>Converts between LSNs and usable-byte positions, which count only bytes that records may fill, so that reserving a place is one addition.</summary>
/// <remarks>Source of truth: XLogBytePosToRecPtr, XLogBytePosToEndRecPtr, XLogRecPtrToBytePos, PostgreSQL 15, src/backend/access/transam/xlog.c.</remarks>
/// <param name="SegmentSize">Bytes of a segment, headers included.</param>
public readonly record struct WalPositions(int SegmentSize)
{
    private const ulong UsableInPage = WalFormat.PageSize - WalFormat.ShortPageHeaderSize;
    private const ulong UsableInFirstPage = WalFormat.PageSize - WalFormat.LongPageHeaderSize;

    private ulong UsableInSegment => (ulong)SegmentSize / WalFormat.PageSize * UsableInPage - (UsableInPage - UsableInFirstPage);

    /// <summary>XLogRecPtrToBytePos. A position at a page's start counts like the first byte behind its header.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The position lies inside a page header.</exception>
    public ulong ToUsableBytes(Lsn position)
    {
        ulong segment = position.Value / (ulong)SegmentSize;
        ulong page = position.Value % (ulong)SegmentSize / WalFormat.PageSize;
        ulong result = segment * UsableInSegment + (page == 0 ? 0 : UsableInFirstPage + (page - 1) * UsableInPage);
        int offset = position.PageOffset;
        if (offset == 0)
            return result;
        int header = page == 0 ? WalFormat.LongPageHeaderSize : WalFormat.ShortPageHeaderSize;
        if (offset < header)
            throw new ArgumentOutOfRangeException(nameof(position), position, "the position lies inside a WAL page header");
        return result + (ulong)(offset - header);
    }

    /// <summary>XLogBytePosToRecPtr: where a record starts; at a page boundary behind the header.</summary>
    public Lsn StartFromUsableBytes(ulong usable) => Convert(usable, atBoundarySkipHeader: true);

    /// <summary>XLogBytePosToEndRecPtr: where a record ends; at a page boundary before the header.</summary>
    public Lsn EndFromUsableBytes(ulong usable) => Convert(usable, atBoundarySkipHeader: false);

    private Lsn Convert(ulong usable, bool atBoundarySkipHeader)
    {
        ulong segment = usable / UsableInSegment;
        ulong left = usable % UsableInSegment;
        ulong offset = 0;
        int header = WalFormat.LongPageHeaderSize;
        if (left >= UsableInFirstPage)
        {
            left -= UsableInFirstPage;
            offset = WalFormat.PageSize + left / UsableInPage * WalFormat.PageSize;
            left %= UsableInPage;
            header = WalFormat.ShortPageHeaderSize;
        }
        if (left != 0 || atBoundarySkipHeader)
            offset += (ulong)header + left;
        return new Lsn(segment * (ulong)SegmentSize + offset);
    }
}
