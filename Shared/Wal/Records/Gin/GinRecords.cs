namespace Pgrepl.Wal;

/// <summary>CREATE_PTREE of block 0, a leaf; the compressed posting lists follow.</summary>
/// <param name="ListSize">Bytes of them.</param>
/// <remarks>Source of truth: ginxlogCreatePostingTree, PostgreSQL 15, src/include/access/ginxlog.h: 4 bytes.</remarks>
public readonly record struct GinCreatePostingTree(uint ListSize)
{
    /// <summary>Bytes.</summary>
    public const int Size = 4;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out GinCreatePostingTree record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt32At(0)) : default;
        return whole;
    }
}

/// <summary>INSERT. Block 0: the page, its data a <see cref="GinEntryInsert"/>, <see cref="GinLeafActions"/> or a <see cref="GinPostingInsert"/>; 1: of a page that is no leaf the left child.</summary>
/// <param name="Flags">What page it is, and so what the data are.</param>
/// <param name="LeftChild">Of a page that is no leaf: block whose split is complete now.</param>
/// <param name="RightChild">The block that was split off.</param>
/// <remarks>Source of truth: ginxlogInsert, PostgreSQL 15, src/include/access/ginxlog.h: 2 bytes, then, unless it is a leaf, two BlockIdData of 4 bytes.</remarks>
public readonly record struct GinInsert(GinPageFlags Flags, uint LeftChild, uint RightChild)
{
    /// <summary>Bytes of a leaf's.</summary>
    public const int Size = 2;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out GinInsert record)
    {
        record = default;
        if (mainData.Length < Size)
            return false;
        var flags = (GinPageFlags)mainData.UInt16At(0);
        if ((flags & GinPageFlags.IsLeaf) != 0)
        {
            record = new(flags, 0, 0);
            return true;
        }
        bool whole = mainData.Length >= Size + 8;
        record = whole ? new(flags, mainData.BlockIdAt(2), mainData.BlockIdAt(6)) : default;
        return whole;
    }
}

/// <summary>What an INSERT does to a page of the tree of entries; the item follows.</summary>
/// <param name="Offset">OffsetNumber of the item.</param>
/// <param name="Replaces">The item that is there goes first.</param>
/// <remarks>Source of truth: ginxlogInsertEntry, PostgreSQL 15, src/include/access/ginxlog.h: 2 and 1 bytes in this order, then one of padding.</remarks>
public readonly record struct GinEntryInsert(ushort Offset, bool Replaces)
{
    /// <summary>Bytes before the item.</summary>
    public const int Size = 4;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> blockData, out GinEntryInsert record)
    {
        bool whole = blockData.Length >= Size;
        record = whole ? new(blockData.UInt16At(0), blockData.BoolAt(2)) : default;
        return whole;
    }
}

/// <summary>What an INSERT does to a page of a posting tree that is no leaf.</summary>
/// <param name="Offset">Of the new item.</param>
/// <param name="Child">Block of its child.</param>
/// <param name="KeyBlock">Block of the greatest heap position below it.</param>
/// <param name="KeyOffset">OffsetNumber of the same.</param>
/// <remarks>Source of truth: ginxlogInsertDataInternal, PostgreSQL 15, src/include/access/ginxlog.h; PostingItem, ginblock.h: 2, 4 (BlockIdData), 4 (BlockIdData) and 2 bytes in this order.</remarks>
public readonly record struct GinPostingInsert(ushort Offset, uint Child, uint KeyBlock, ushort KeyOffset)
{
    /// <summary>Bytes.</summary>
    public const int Size = 12;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> blockData, out GinPostingInsert record)
    {
        bool whole = blockData.Length >= Size;
        record = whole ? new(blockData.UInt16At(0), blockData.BlockIdAt(2), blockData.BlockIdAt(6), blockData.UInt16At(10)) : default;
        return whole;
    }
}

/// <summary>SPLIT, as images. Block 0: the left page; 1: the right one; 2: the root, if it was split; 3: of a page that is no leaf the left child.</summary>
/// <param name="Relation">The index.</param>
/// <param name="RightLink">Block to the right of both; of a root the root.</param>
/// <param name="LeftChild">Of a page that is no leaf: block whose split is complete now.</param>
/// <param name="RightChild">The block that was split off.</param>
/// <param name="Flags">What page it is.</param>
/// <remarks>Source of truth: ginxlogSplit, PostgreSQL 15, src/include/access/ginxlog.h: 12, 4, 4, 4 and 2 bytes in this order, padded to 28.</remarks>
public readonly record struct GinSplit(RelFileNode Relation, uint RightLink, uint LeftChild, uint RightChild, GinPageFlags Flags)
{
    /// <summary>Bytes, padding included.</summary>
    public const int Size = 28;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out GinSplit record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(RelFileNode.Read(mainData), mainData.UInt32At(12), mainData.UInt32At(16), mainData.UInt32At(20), (GinPageFlags)mainData.UInt16At(24)) : default;
        return whole;
    }
}

/// <summary>DELETE_PAGE of a posting tree. Block 0: the page; 1: its parent; 2: its left sibling.</summary>
/// <param name="ParentOffset">Of the parent's item that goes.</param>
/// <param name="RightLink">Block that the left sibling has to its right from now on.</param>
/// <param name="DeleteXid">Whoever is older may still be on its way to the page.</param>
/// <remarks>Source of truth: ginxlogDeletePage, PostgreSQL 15, src/include/access/ginxlog.h: 2 bytes, 2 of padding, 4 and 4 bytes in this order.</remarks>
public readonly record struct GinDeletePage(ushort ParentOffset, uint RightLink, uint DeleteXid)
{
    /// <summary>Bytes.</summary>
    public const int Size = 12;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out GinDeletePage record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt16At(0), mainData.UInt32At(4), mainData.UInt32At(8)) : default;
        return whole;
    }
}
