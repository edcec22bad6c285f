namespace Pgrepl.Wal;

/// <summary>SPLIT_ALLOCATE_PAGE: a split begins. Block 0: the old bucket's first page; 1: the new one's; 2: the meta page, its data what the flags say.</summary>
/// <param name="NewBucket">Its number.</param>
/// <param name="OldBucketFlag">Flags of block 0 from now on.</param>
/// <param name="NewBucketFlag">Flags of block 1.</param>
/// <param name="Flags">What else changes on the meta page.</param>
/// <remarks>Source of truth: xl_hash_split_allocate_page, PostgreSQL 15, src/include/access/hash_xlog.h: 4, 2, 2 and 1 bytes in this order.</remarks>
public readonly record struct HashSplitAllocatePage(uint NewBucket, ushort OldBucketFlag, ushort NewBucketFlag, HashSplitFlags Flags)
{
    /// <summary>SizeOfHashSplitAllocPage, bytes.</summary>
    public const int Size = 9;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out HashSplitAllocatePage record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt32At(0), mainData.UInt16At(4), mainData.UInt16At(6), (HashSplitFlags)mainData[8]) : default;
        return whole;
    }
}

/// <summary>SPLIT_COMPLETE: all tuples are where they belong. Block 0: the old bucket's first page; 1: the new one's.</summary>
/// <param name="OldBucketFlag">Flags of block 0 from now on.</param>
/// <param name="NewBucketFlag">Flags of block 1.</param>
/// <remarks>Source of truth: xl_hash_split_complete, PostgreSQL 15, src/include/access/hash_xlog.h: 2 and 2 bytes in this order.</remarks>
public readonly record struct HashSplitComplete(ushort OldBucketFlag, ushort NewBucketFlag)
{
    /// <summary>SizeOfHashSplitComplete, bytes.</summary>
    public const int Size = 4;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out HashSplitComplete record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt16At(0), mainData.UInt16At(2)) : default;
        return whole;
    }
}

/// <summary>MOVE_PAGE_CONTENTS: tuples of one page of a bucket move into room on another. Block 0: the bucket's first page, if it is another one;
/// 1: where to, its data the offsets (2 bytes each) and the tuples; 2: where from, its data the offsets (2 bytes each).</summary>
/// <param name="Tuples">That move.</param>
/// <param name="IsPrimary">Block 1 is the bucket's first page.</param>
/// <remarks>Source of truth: xl_hash_move_page_contents, PostgreSQL 15, src/include/access/hash_xlog.h: 2 and 1 bytes in this order.</remarks>
public readonly record struct HashMovePageContents(ushort Tuples, bool IsPrimary)
{
    /// <summary>SizeOfHashMovePageContents, bytes.</summary>
    public const int Size = 3;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out HashMovePageContents record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt16At(0), mainData.BoolAt(2)) : default;
        return whole;
    }
}

/// <summary>SQUEEZE_PAGE: as <see cref="HashMovePageContents"/>, and the page that is empty now is freed. Block 0: the bucket's first page, if it is another one;
/// 1: where the tuples go; 2: the freed page; 3: the page before it, if it is another one than 1; 4: the page behind it, if any; 5: the bitmap page, its data the page's bit (4 bytes);
/// 6: the meta page, if it changes, its data the first free bit (4 bytes).</summary>
/// <param name="Previous">Block before the freed page in the chain.</param>
/// <param name="Next">Block behind it; InvalidBlockNumber: none.</param>
/// <param name="Tuples">That move.</param>
/// <param name="IsPrimary">Block 1 is the bucket's first page.</param>
/// <param name="IsPrevious">Block 1 is the page before the freed one.</param>
/// <remarks>Source of truth: xl_hash_squeeze_page, PostgreSQL 15, src/include/access/hash_xlog.h: 4, 4, 2, 1 and 1 bytes in this order.</remarks>
public readonly record struct HashSqueezePage(uint Previous, uint Next, ushort Tuples, bool IsPrimary, bool IsPrevious)
{
    /// <summary>SizeOfHashSqueezePage, bytes.</summary>
    public const int Size = 12;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out HashSqueezePage record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt32At(0), mainData.UInt32At(4), mainData.UInt16At(8), mainData.BoolAt(10), mainData.BoolAt(11)) : default;
        return whole;
    }
}
