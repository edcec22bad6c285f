namespace Pgrepl.Wal;

/// <summary>Operations of <see cref="ResourceManagerId.Clog"/>.</summary>
/// <remarks>Source of truth of this file: PostgreSQL 10 to 18, src/include/access/clog.h. Page numbers have 8 bytes from 17 on, 4 before.</remarks>
public static class ClogInfo
{
    public const byte ZeroPage = 0x00;
    public const byte Truncate = 0x10;
}

/// <summary>ZEROPAGE.</summary>
/// <param name="Page">Of 8192 bytes, 32768 transactions.</param>
public readonly record struct ClogZeroPage(long Page)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, PostgresMajor major, out ClogZeroPage record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.PageNumber(major));
        return fields.Whole;
    }
}

/// <summary>TRUNCATE: segments before a page go.</summary>
/// <remarks>xl_clog_truncate: the page, 4 and 4 bytes in this order.</remarks>
public readonly record struct ClogTruncate(long Page, uint OldestXid, uint OldestXidDatabase)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, PostgresMajor major, out ClogTruncate record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.PageNumber(major), fields.UInt32(), fields.UInt32());
        return fields.Whole;
    }
}
