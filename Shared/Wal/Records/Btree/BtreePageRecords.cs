namespace Pgrepl.Wal;

/// <summary>MARK_PAGE_HALFDEAD: the first step of a page's deletion. Block 0: the leaf; 1: the parent of the subtree that goes.</summary>
/// <param name="ParentOffset">OffsetNumber, on the parent, of the item that goes.</param>
/// <param name="Leaf">Block of the leaf.</param>
/// <param name="Left">Its left sibling; 0: none.</param>
/// <param name="Right">Its right sibling.</param>
/// <param name="TopParent">Highest page of the subtree; InvalidBlockNumber: the leaf itself.</param>
/// <remarks>Source of truth: xl_btree_mark_page_halfdead, PostgreSQL 15, src/include/access/nbtxlog.h.
/// <code>
/// offset  size  field
///      0     2  ParentOffset  then 2 bytes of padding
///      4     4  Leaf
///      8     4  Left
///     12     4  Right
///     16     4  TopParent
/// </code></remarks>
public readonly record struct BtreeMarkPageHalfDead(ushort ParentOffset, uint Leaf, uint Left, uint Right, uint TopParent)
{
    /// <summary>SizeOfBtreeMarkPageHalfDead, bytes.</summary>
    public const int Size = 20;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out BtreeMarkPageHalfDead record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt16At(0), mainData.UInt32At(4), mainData.UInt32At(8), mainData.UInt32At(12), mainData.UInt32At(16)) : default;
        return whole;
    }
}

/// <summary>UNLINK_PAGE and UNLINK_PAGE_META: a half-dead page leaves its siblings. Block 0: the page; 1: its left sibling, if any; 2: its right one;
/// 3: the leaf of its subtree, if it is another page; 4: the meta page, its data a <see cref="BtreeMetadata"/>.</summary>
/// <param name="Left">Block of the left sibling; 0: none.</param>
/// <param name="Right">Block of the right sibling.</param>
/// <param name="Level">Of the page.</param>
/// <param name="SafeXid">Full transaction id: whoever is older may still be on its way to the page.</param>
/// <param name="LeafLeft">Of the subtree's leaf, when the page is another one.</param>
/// <param name="LeafRight">Of the same.</param>
/// <param name="LeafTopParent">What is left of the subtree, from the same.</param>
/// <remarks>Source of truth: xl_btree_unlink_page, PostgreSQL 15, src/include/access/nbtxlog.h.
/// <code>
/// offset  size  field
///      0     4  Left
///      4     4  Right
///      8     4  Level          then 4 bytes of padding
///     16     8  SafeXid
///     24     4  LeafLeft
///     28     4  LeafRight
///     32     4  LeafTopParent
/// </code></remarks>
public readonly record struct BtreeUnlinkPage(uint Left, uint Right, uint Level, ulong SafeXid, uint LeafLeft, uint LeafRight, uint LeafTopParent)
{
    /// <summary>SizeOfBtreeUnlinkPage, bytes.</summary>
    public const int Size = 36;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out BtreeUnlinkPage record)
    {
        bool whole = mainData.Length >= Size;
        record = whole
            ? new(mainData.UInt32At(0), mainData.UInt32At(4), mainData.UInt32At(8), mainData.UInt64At(16), mainData.UInt32At(24), mainData.UInt32At(28), mainData.UInt32At(32))
            : default;
        return whole;
    }
}

/// <summary>NEWROOT. Block 0: the root, its data two items unless it is empty; 1: the left child, if any; 2: the meta page.</summary>
/// <param name="Root">Block of the root, as block 0 says too.</param>
/// <param name="Level">0: the index was empty.</param>
/// <remarks>Source of truth: xl_btree_newroot, PostgreSQL 15, src/include/access/nbtxlog.h: 4 and 4 bytes in this order.</remarks>
public readonly record struct BtreeNewRoot(uint Root, uint Level)
{
    /// <summary>SizeOfBtreeNewroot, bytes.</summary>
    public const int Size = 8;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out BtreeNewRoot record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt32At(0), mainData.UInt32At(4)) : default;
        return whole;
    }
}

/// <summary>REUSE_PAGE: for standbys alone, whose older queries may still be on their way to the page; no block references.</summary>
/// <param name="Relation">The index.</param>
/// <param name="Block">The page.</param>
/// <param name="LatestRemovedXid">Full transaction id: the safexid of the page's deletion; snapshotConflictHorizon from 16 on.</param>
/// <param name="IsCatalogRelation">From 16 on.</param>
/// <remarks>Source of truth: xl_btree_reuse_page, PostgreSQL 14 to 18, src/include/access/nbtxlog.h: 12, 4, 8 and, from 16 on, 1 bytes in this order.</remarks>
public readonly record struct BtreeReusePage(RelFileNode Relation, uint Block, ulong LatestRemovedXid, bool IsCatalogRelation)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, PostgresMajor major, out BtreeReusePage record)
    {
        ArgumentNullException.ThrowIfNull(major);
        var fields = new RecordCursor(mainData);
        record = new(fields.Relation(), fields.UInt32(), fields.UInt64(), major.TellsCatalogRelations && fields.Boolean());
        return fields.Whole;
    }
}
