namespace Pgrepl.Wal;

/// <summary>What the meta page is made anew of: data of block 2 of INSERT_META and NEWROOT, of block 4 of UNLINK_PAGE_META, of block 0 of META_CLEANUP.</summary>
/// <param name="Version">Of the index.</param>
/// <param name="Root">Block of the root.</param>
/// <param name="Level">Of the root; leaves have 0.</param>
/// <param name="FastRoot">Block where searches begin: the lowest page that is alone on its level.</param>
/// <param name="FastLevel">Its level.</param>
/// <param name="DeletedPages">last_cleanup_num_delpages.</param>
/// <param name="AllEqualImage">Equal keys have equal bytes, so that they may share a posting list.</param>
/// <remarks>Source of truth: xl_btree_metadata, PostgreSQL 15, src/include/access/nbtxlog.h: six times 4 bytes in this order, then 1, padded to 28.</remarks>
public readonly record struct BtreeMetadata(uint Version, uint Root, uint Level, uint FastRoot, uint FastLevel, uint DeletedPages, bool AllEqualImage)
{
    /// <summary>Bytes, padding included.</summary>
    public const int Size = 28;

    /// <param name="blockData">Of the block that holds the meta page.</param>
    /// <param name="record">What it says.</param>
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> blockData, out BtreeMetadata record)
    {
        bool whole = blockData.Length >= Size;
        record = whole
            ? new(blockData.UInt32At(0), blockData.UInt32At(4), blockData.UInt32At(8), blockData.UInt32At(12), blockData.UInt32At(16), blockData.UInt32At(20), blockData.BoolAt(24))
            : default;
        return whole;
    }
}

/// <summary>INSERT_LEAF, INSERT_UPPER, INSERT_META, INSERT_POST. Block 0: the page, its data the item (INSERT_POST: the offset in the posting list, 2 bytes, first);
/// 1: of a page that is no leaf the child whose split is complete now; 2: the meta page.</summary>
/// <param name="Offset">OffsetNumber of the item.</param>
/// <remarks>Source of truth: xl_btree_insert, PostgreSQL 15, src/include/access/nbtxlog.h: 2 bytes.</remarks>
public readonly record struct BtreeInsert(ushort Offset)
{
    /// <summary>SizeOfBtreeInsert, bytes.</summary>
    public const int Size = 2;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out BtreeInsert record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt16At(0)) : default;
        return whole;
    }
}

/// <summary>SPLIT_L and SPLIT_R. Block 0: the left page, its data the new item, if it is there, and the high key; 1: the right page, its data all its items;
/// 2: the page to the right of both, if any; 3: of a page that is no leaf the child whose split is complete now.</summary>
/// <param name="Level">Of the page; leaves have 0.</param>
/// <param name="FirstRightOffset">OffsetNumber, on the old page, of the first item that went to the right.</param>
/// <param name="NewItemOffset">OffsetNumber of the new item, as if the page had had room for it.</param>
/// <param name="PostingOffset">Where the new item splits a posting list; 0: it does not.</param>
/// <remarks>Source of truth: xl_btree_split, PostgreSQL 15, src/include/access/nbtxlog.h: 4, 2, 2 and 2 bytes in this order.</remarks>
public readonly record struct BtreeSplit(uint Level, ushort FirstRightOffset, ushort NewItemOffset, ushort PostingOffset)
{
    /// <summary>SizeOfBtreeSplit, bytes.</summary>
    public const int Size = 10;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out BtreeSplit record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt32At(0), mainData.UInt16At(4), mainData.UInt16At(6), mainData.UInt16At(8)) : default;
        return whole;
    }
}

/// <summary>DEDUP of block 0, whose data are the intervals: the first offset (2 bytes) and the number of items (2 bytes) of each.</summary>
/// <param name="Intervals">nintervals.</param>
/// <remarks>Source of truth: xl_btree_dedup, PostgreSQL 15, src/include/access/nbtxlog.h: 2 bytes.</remarks>
public readonly record struct BtreeDeduplicate(ushort Intervals)
{
    /// <summary>SizeOfBtreeDedup, bytes.</summary>
    public const int Size = 2;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out BtreeDeduplicate record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt16At(0)) : default;
        return whole;
    }
}

/// <summary>VACUUM of block 0, whose data are the offsets deleted (2 bytes each), the offsets updated (2 bytes each), and for each of these the number of heap
/// positions that go (2 bytes) and their places in the posting list (2 bytes each).</summary>
/// <param name="Deleted">Items.</param>
/// <param name="Updated">Posting lists that lose a part.</param>
/// <remarks>Source of truth: xl_btree_vacuum, PostgreSQL 15, src/include/access/nbtxlog.h: 2 and 2 bytes in this order.</remarks>
public readonly record struct BtreeVacuum(ushort Deleted, ushort Updated)
{
    /// <summary>SizeOfBtreeVacuum, bytes.</summary>
    public const int Size = 4;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out BtreeVacuum record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt16At(0), mainData.UInt16At(2)) : default;
        return whole;
    }
}

/// <summary>DELETE of block 0, by an insertion that needs room; its data as of <see cref="BtreeVacuum"/>.</summary>
/// <param name="LatestRemovedXid">Standbys cancel queries whose snapshots do not see it as finished; snapshotConflictHorizon from 16 on.</param>
/// <param name="Deleted">Items.</param>
/// <param name="Updated">Posting lists that lose a part.</param>
/// <param name="IsCatalogRelation">From 16 on.</param>
/// <remarks>Source of truth: xl_btree_delete, PostgreSQL 14 to 18, src/include/access/nbtxlog.h: 4, 2, 2 and, from 16 on, 1 bytes in this order.</remarks>
public readonly record struct BtreeDelete(uint LatestRemovedXid, ushort Deleted, ushort Updated, bool IsCatalogRelation)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, PostgresMajor major, out BtreeDelete record)
    {
        ArgumentNullException.ThrowIfNull(major);
        var fields = new RecordCursor(mainData);
        record = new(fields.UInt32(), fields.UInt16(), fields.UInt16(), major.TellsCatalogRelations && fields.Boolean());
        return fields.Whole;
    }
}
