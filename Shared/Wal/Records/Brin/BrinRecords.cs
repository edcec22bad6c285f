namespace Pgrepl.Wal;

/// <summary>Operations of <see cref="ResourceManagerId.Brin"/>.</summary>
/// <remarks>Source of truth: XLOG_BRIN_*, PostgreSQL 15, src/include/access/brin_xlog.h.</remarks>
public static class BrinInfo
{
    public const byte CreateIndex = 0x00;
    public const byte Insert = 0x10;
    public const byte Update = 0x20;
    public const byte SamePageUpdate = 0x30;
    public const byte ExtendRangeMap = 0x40;
    public const byte Desummarize = 0x50;

    /// <summary>XLOG_BRIN_OPMASK.</summary>
    public const byte OperationMask = 0x70;

    /// <summary>XLOG_BRIN_INIT_PAGE: the page is made anew, this is its first tuple.</summary>
    public const byte InitPage = 0x80;
}

/// <summary>CREATE_INDEX: block 0 is the meta page.</summary>
/// <param name="PagesPerRange">Blocks of the heap that one tuple summarizes.</param>
/// <param name="Version">Of the index.</param>
/// <remarks>Source of truth: xl_brin_createidx, PostgreSQL 15, src/include/access/brin_xlog.h: 4 and 2 bytes in this order.</remarks>
public readonly record struct BrinCreateIndex(uint PagesPerRange, ushort Version)
{
    /// <summary>SizeOfBrinCreateIdx, bytes.</summary>
    public const int Size = 6;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out BrinCreateIndex record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt32At(0), mainData.UInt16At(4)) : default;
        return whole;
    }
}

/// <summary>INSERT. Block 0: the page, its data the tuple; 1: the page of the range map.</summary>
/// <param name="HeapBlock">First block of the range.</param>
/// <param name="PagesPerRange">Blocks of the heap that one tuple summarizes.</param>
/// <param name="Offset">OffsetNumber of the tuple.</param>
/// <remarks>Source of truth: xl_brin_insert, PostgreSQL 15, src/include/access/brin_xlog.h: 4, 4 and 2 bytes in this order.</remarks>
public readonly record struct BrinInsert(uint HeapBlock, uint PagesPerRange, ushort Offset)
{
    /// <summary>SizeOfBrinInsert, bytes.</summary>
    public const int Size = 10;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out BrinInsert record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt32At(0), mainData.UInt32At(4), mainData.UInt16At(8)) : default;
        return whole;
    }
}

/// <summary>UPDATE of a tuple that goes to another page: an <see cref="BrinInsert"/>, and block 2 loses the old tuple.</summary>
/// <param name="OldOffset">OffsetNumber on block 2.</param>
/// <param name="Insert">The new tuple.</param>
/// <remarks>Source of truth: xl_brin_update, PostgreSQL 15, src/include/access/brin_xlog.h: 2 bytes, 2 of padding, 10 bytes.</remarks>
public readonly record struct BrinUpdate(ushort OldOffset, BrinInsert Insert)
{
    /// <summary>SizeOfBrinUpdate, bytes.</summary>
    public const int Size = 4 + BrinInsert.Size;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out BrinUpdate record)
    {
        record = default;
        if (mainData.Length < Size || !BrinInsert.TryRead(mainData[4..], out BrinInsert insert))
            return false;
        record = new(mainData.UInt16At(0), insert);
        return true;
    }
}

/// <summary>SAMEPAGE_UPDATE of block 0, its data the tuple as it is then.</summary>
/// <param name="Offset">OffsetNumber.</param>
/// <remarks>Source of truth: xl_brin_samepage_update, PostgreSQL 15, src/include/access/brin_xlog.h: 2 bytes.</remarks>
public readonly record struct BrinSamePageUpdate(ushort Offset)
{
    /// <summary>SizeOfBrinSamepageUpdate, bytes.</summary>
    public const int Size = 2;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out BrinSamePageUpdate record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt16At(0)) : default;
        return whole;
    }
}

/// <summary>REVMAP_EXTEND: the range map gets another page. Block 0: the meta page; 1: the new page.</summary>
/// <param name="Block">Of the new page, as block 1 says too.</param>
/// <remarks>Source of truth: xl_brin_revmap_extend, PostgreSQL 15, src/include/access/brin_xlog.h: 4 bytes.</remarks>
public readonly record struct BrinExtendRangeMap(uint Block)
{
    /// <summary>SizeOfBrinRevmapExtend, bytes.</summary>
    public const int Size = 4;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out BrinExtendRangeMap record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt32At(0)) : default;
        return whole;
    }
}

/// <summary>DESUMMARIZE: a range has no tuple any more. Block 0: the page of the range map; 1: the page of the tuple.</summary>
/// <param name="PagesPerRange">Blocks of the heap that one tuple summarizes.</param>
/// <param name="HeapBlock">First block of the range.</param>
/// <param name="Offset">OffsetNumber of the tuple that goes.</param>
/// <remarks>Source of truth: xl_brin_desummarize, PostgreSQL 15, src/include/access/brin_xlog.h: 4, 4 and 2 bytes in this order.</remarks>
public readonly record struct BrinDesummarize(uint PagesPerRange, uint HeapBlock, ushort Offset)
{
    /// <summary>SizeOfBrinDesummarize, bytes.</summary>
    public const int Size = 10;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out BrinDesummarize record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt32At(0), mainData.UInt32At(4), mainData.UInt16At(8)) : default;
        return whole;
    }
}
