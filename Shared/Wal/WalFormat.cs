namespace Pgrepl.Wal;

/// <summary>Constants of PostgreSQL 15's WAL. Everything on disk is little-endian and 8-byte aligned.</summary>
/// <remarks>Source of truth: src/include/access/xlog_internal.h, xlogrecord.h, PostgreSQL 15.</remarks>
public static class WalFormat
{
    /// <summary>XLOG_BLCKSZ, bytes.</summary>
    public const int PageSize = 8192;

    /// <summary>BLCKSZ, bytes: a page of a relation, which an image in WAL is of.</summary>
    public const int BlockSize = 8192;

    /// <summary>XLOG_PAGE_MAGIC of PostgreSQL 15.</summary>
    public const ushort PageMagic = 0xD110;

    /// <summary>SizeOfXLogShortPHD, bytes.</summary>
    public const int ShortPageHeaderSize = 24;

    /// <summary>SizeOfXLogLongPHD, bytes: the header of a segment's first page.</summary>
    public const int LongPageHeaderSize = 40;

    /// <summary>SizeOfXLogRecord, bytes.</summary>
    public const int RecordHeaderSize = 24;

    /// <summary>DEFAULT_XLOG_SEG_SIZE, bytes.</summary>
    public const int DefaultSegmentSize = 16 * 1024 * 1024;

    /// <summary>Catalogue version that pg_control of PostgreSQL 15 carries.</summary>
    public const uint CatalogVersion = 202209061;

    /// <summary>PG_CONTROL_VERSION of PostgreSQL 13 to 16.</summary>
    public const uint ControlVersion = 1300;

    /// <summary>The server we say we are.</summary>
    public const string ServerVersion = "15.18";

    public const int ServerVersionNumber = 150018;

    /// <summary>Major version whose WAL this is.</summary>
    public const int ServerMajor = ServerVersionNumber / 10_000;

    /// <summary>MAXALIGN: rounds up to 8 bytes.</summary>
    public static ulong Align(ulong value) => (value + 7) & ~7UL;

    public static int Align(int value) => (value + 7) & ~7;

    /// <summary>Header size of the page that starts at <paramref name="pageStart"/>: long at a segment's start, else short.</summary>
    public static int PageHeaderSize(Lsn pageStart, int segmentSize) =>
        (pageStart.Value & (ulong)(segmentSize - 1)) == 0 ? LongPageHeaderSize : ShortPageHeaderSize;

    /// <summary>IsValidWalSegSize: a power of two from 1 MiB to 1 GiB.</summary>
    public static bool IsValidSegmentSize(long bytes) => bytes is >= 1 << 20 and <= 1 << 30 && (bytes & (bytes - 1)) == 0;
}
