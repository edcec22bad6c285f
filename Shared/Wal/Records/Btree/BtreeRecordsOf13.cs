namespace Pgrepl.Wal;

/// <summary>DELETE of 13: as <see cref="BtreeDelete"/>, of whole items alone; the data of block 0 are their offsets, 2 bytes each.</summary>
/// <param name="LatestRemovedXid">Standbys cancel queries whose snapshots do not see it as finished.</param>
/// <param name="Deleted">Items.</param>
/// <remarks>Source of truth of this file: PostgreSQL 13, src/include/access/nbtxlog.h; xl_btree_delete: 4 and 4 bytes in this order.</remarks>
public readonly record struct BtreeDeleteOf13(uint LatestRemovedXid, uint Deleted)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out BtreeDeleteOf13 record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.UInt32(), fields.UInt32());
        return fields.Whole;
    }
}

/// <summary>UNLINK_PAGE and UNLINK_PAGE_META of 13; blocks as of <see cref="BtreeUnlinkPage"/>.</summary>
/// <param name="Left">Block of the left sibling; 0: none.</param>
/// <param name="Right">Block of the right sibling.</param>
/// <param name="LeafLeft">Of the subtree's leaf, when the page is another one.</param>
/// <param name="LeafRight">Of the same.</param>
/// <param name="TopParent">What is left of the subtree, from the same.</param>
/// <param name="Xact">btpo_xact, the next transaction id when the page went: whoever is older may still be on its way to it.</param>
/// <remarks>xl_btree_unlink_page: six times 4 bytes in this order.</remarks>
public readonly record struct BtreeUnlinkPageOf13(uint Left, uint Right, uint LeafLeft, uint LeafRight, uint TopParent, uint Xact)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out BtreeUnlinkPageOf13 record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.UInt32(), fields.UInt32(), fields.UInt32(), fields.UInt32(), fields.UInt32(), fields.UInt32());
        return fields.Whole;
    }
}

/// <summary>REUSE_PAGE of 13: as <see cref="BtreeReusePage"/>.</summary>
/// <param name="Relation">The index.</param>
/// <param name="Block">The page.</param>
/// <param name="LatestRemovedXid">The btpo_xact of the page's deletion.</param>
/// <remarks>xl_btree_reuse_page: 12, 4 and 4 bytes in this order.</remarks>
public readonly record struct BtreeReusePageOf13(RelFileNode Relation, uint Block, uint LatestRemovedXid)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out BtreeReusePageOf13 record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.Relation(), fields.UInt32(), fields.UInt32());
        return fields.Whole;
    }
}

/// <summary>What the meta page is made anew of in 13; where it is told is <see cref="BtreeMetadata"/>'s.</summary>
/// <param name="Version">Of the index.</param>
/// <param name="Root">Block of the root.</param>
/// <param name="Level">Of the root; leaves have 0.</param>
/// <param name="FastRoot">Block where searches begin: the lowest page that is alone on its level.</param>
/// <param name="FastLevel">Its level.</param>
/// <param name="OldestXact">Oldest btpo_xact of the deleted pages.</param>
/// <param name="HeapTuples">Rows of the table at the last cleanup; -1: none, or not counted, as the later minors have it.</param>
/// <param name="AllEqualImage">Equal keys have equal bytes, so that they may share a posting list.</param>
/// <remarks>xl_btree_metadata: six times 4 bytes, 8, then 1, in this order, padded to 40.</remarks>
public readonly record struct BtreeMetadataOf13(uint Version, uint Root, uint Level, uint FastRoot, uint FastLevel, uint OldestXact, double HeapTuples, bool AllEqualImage)
{
    /// <summary>Bytes, padding included.</summary>
    public const int Size = 40;

    /// <param name="blockData">Of the block that holds the meta page.</param>
    /// <param name="record">What it says.</param>
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> blockData, out BtreeMetadataOf13 record)
    {
        bool whole = blockData.Length >= Size;
        record = whole
            ? new(blockData.UInt32At(0), blockData.UInt32At(4), blockData.UInt32At(8), blockData.UInt32At(12), blockData.UInt32At(16), blockData.UInt32At(20), blockData.DoubleAt(24), blockData.BoolAt(32))
            : default;
        return whole;
    }
}
