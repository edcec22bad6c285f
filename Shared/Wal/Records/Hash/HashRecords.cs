namespace Pgrepl.Wal;

/// <summary>INIT_META_PAGE of block 0.</summary>
/// <param name="Tuples">How many the index is made for.</param>
/// <param name="Procedure">OID of the hash function.</param>
/// <param name="FillFactor">Tuples for each bucket.</param>
/// <remarks>Source of truth: xl_hash_init_meta_page, PostgreSQL 15, src/include/access/hash_xlog.h: 8 (a double), 4 and 2 bytes in this order.</remarks>
public readonly record struct HashInitMetaPage(double Tuples, uint Procedure, ushort FillFactor)
{
    /// <summary>SizeOfHashInitMetaPage, bytes.</summary>
    public const int Size = 14;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out HashInitMetaPage record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.DoubleAt(0), mainData.UInt32At(8), mainData.UInt16At(12)) : default;
        return whole;
    }
}

/// <summary>INIT_BITMAP_PAGE. Block 0: the bitmap page; 1: the meta page.</summary>
/// <param name="BitmapSize">Bytes.</param>
/// <remarks>Source of truth: xl_hash_init_bitmap_page, PostgreSQL 15, src/include/access/hash_xlog.h: 2 bytes.</remarks>
public readonly record struct HashInitBitmapPage(ushort BitmapSize)
{
    /// <summary>SizeOfHashInitBitmapPage, bytes.</summary>
    public const int Size = 2;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out HashInitBitmapPage record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt16At(0)) : default;
        return whole;
    }
}

/// <summary>INSERT. Block 0: the page, its data the item; 1: the meta page.</summary>
/// <param name="Offset">OffsetNumber of the item.</param>
/// <remarks>Source of truth: xl_hash_insert, PostgreSQL 15, src/include/access/hash_xlog.h: 2 bytes.</remarks>
public readonly record struct HashInsert(ushort Offset)
{
    /// <summary>SizeOfHashInsert, bytes.</summary>
    public const int Size = 2;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out HashInsert record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt16At(0)) : default;
        return whole;
    }
}

/// <summary>ADD_OVFL_PAGE. Block 0: the new page, its data the bucket (4 bytes); 1: the page before it in the chain; 2: the bitmap page, its data the page's bit (4 bytes);
/// 3: a new bitmap page; 4: the meta page, its data the first free bit (4 bytes).</summary>
/// <param name="BitmapSize">Bytes.</param>
/// <param name="FoundOnBitmap">The page is one that was freed before.</param>
/// <remarks>Source of truth: xl_hash_add_ovfl_page, PostgreSQL 15, src/include/access/hash_xlog.h: 2 and 1 bytes in this order.</remarks>
public readonly record struct HashAddOverflowPage(ushort BitmapSize, bool FoundOnBitmap)
{
    /// <summary>SizeOfHashAddOvflPage, bytes.</summary>
    public const int Size = 3;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out HashAddOverflowPage record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt16At(0), mainData.BoolAt(2)) : default;
        return whole;
    }
}

/// <summary>DELETE of what vacuum finds dead. Block 0: the bucket's first page, if it is another one; 1: the page, its data the offsets (2 bytes each).</summary>
/// <param name="ClearsDeadMark">LH_PAGE_HAS_DEAD_TUPLES goes.</param>
/// <param name="IsPrimary">Block 1 is the bucket's first page.</param>
/// <remarks>Source of truth: xl_hash_delete, PostgreSQL 15, src/include/access/hash_xlog.h: 1 and 1 bytes in this order.</remarks>
public readonly record struct HashDelete(bool ClearsDeadMark, bool IsPrimary)
{
    /// <summary>SizeOfHashDelete, bytes.</summary>
    public const int Size = 2;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out HashDelete record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.BoolAt(0), mainData.BoolAt(1)) : default;
        return whole;
    }
}

/// <summary>UPDATE_META_PAGE, block 0, after a vacuum.</summary>
/// <param name="Tuples">That are left.</param>
/// <remarks>Source of truth: xl_hash_update_meta_page, PostgreSQL 15, src/include/access/hash_xlog.h: 8 bytes (a double).</remarks>
public readonly record struct HashUpdateMetaPage(double Tuples)
{
    /// <summary>SizeOfHashUpdateMetaPage, bytes.</summary>
    public const int Size = 8;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out HashUpdateMetaPage record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.DoubleAt(0)) : default;
        return whole;
    }
}

/// <summary>VACUUM_ONE_PAGE, by an insertion that needs room; the offsets (2 bytes each) follow. Block 0: the page; 1: the meta page.</summary>
/// <param name="LatestRemovedXid">Standbys cancel queries whose snapshots do not see it as finished; snapshotConflictHorizon from 16 on.</param>
/// <param name="Tuples">That go.</param>
/// <param name="IsCatalogRelation">From 16 on.</param>
/// <remarks>Source of truth: xl_hash_vacuum_one_page, PostgreSQL 11 to 18, src/include/access/hash_xlog.h: 4 and 4 bytes in this order, from 16 on 4, 2 and 1 (and 1 of padding).</remarks>
public readonly record struct HashVacuumOnePage(uint LatestRemovedXid, int Tuples, bool IsCatalogRelation)
{
    /// <summary>SizeOfHashVacuumOnePage, bytes, padding included.</summary>
    public const int Size = 8;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, PostgresMajor major, out HashVacuumOnePage record)
    {
        ArgumentNullException.ThrowIfNull(major);
        bool whole = mainData.Length >= Size;
        record = !whole ? default
            : major.TellsCatalogRelations ? new(mainData.UInt32At(0), mainData.UInt16At(4), mainData.BoolAt(6))
            : new(mainData.UInt32At(0), mainData.Int32At(4), false);
        return whole;
    }
}
