namespace Pgrepl.Wal;

/// <summary>The meta page of a GIN index, as records carry it whole.</summary>
/// <param name="Head">First block of the pending list; InvalidBlockNumber: it is empty.</param>
/// <param name="Tail">Its last block.</param>
/// <param name="TailFreeSize">Bytes free on that.</param>
/// <param name="PendingPages">Blocks of the list.</param>
/// <param name="PendingHeapTuples">Rows whose entries are in it.</param>
/// <param name="TotalPages">As VACUUM counted them last.</param>
/// <param name="EntryPages">As VACUUM counted them last.</param>
/// <param name="DataPages">As VACUUM counted them last.</param>
/// <param name="Entries">As VACUUM counted them last.</param>
/// <param name="Version">Of the index.</param>
/// <remarks>Source of truth: GinMetaPageData, PostgreSQL 15, src/include/access/ginblock.h.
/// <code>
/// offset  size  field
///      0     4  Head
///      4     4  Tail
///      8     4  TailFreeSize
///     12     4  PendingPages
///     16     8  PendingHeapTuples
///     24     4  TotalPages
///     28     4  EntryPages
///     32     4  DataPages  then 4 bytes of padding
///     40     8  Entries
///     48     4  Version    then 4 bytes of padding
/// </code></remarks>
public readonly record struct GinMetadata(
    uint Head, uint Tail, uint TailFreeSize, uint PendingPages, long PendingHeapTuples, uint TotalPages, uint EntryPages, uint DataPages, long Entries, int Version)
{
    /// <summary>Bytes.</summary>
    public const int Size = 56;

    /// <summary>Decodes the layout and judges nothing.</summary>
    /// <param name="source">At least <see cref="Size"/> bytes.</param>
    public static GinMetadata Read(ReadOnlySpan<byte> source) => new(
        source.UInt32At(0), source.UInt32At(4), source.UInt32At(8), source.UInt32At(12), source.Int64At(16),
        source.UInt32At(24), source.UInt32At(28), source.UInt32At(32), source.Int64At(40), source.Int32At(48));
}

/// <summary>UPDATE_META_PAGE: entries come to the pending list. Block 0: the meta page; 1: the list's last page, if it changes, its data the items.</summary>
/// <param name="Relation">The index.</param>
/// <param name="Metadata">Of the meta page from now on.</param>
/// <param name="PreviousTail">Block that was the last one, when a list is appended.</param>
/// <param name="NewRightLink">What it has to its right from now on.</param>
/// <param name="Tuples">Items added to block 1; 0: it gets the right link.</param>
/// <remarks>Source of truth: ginxlogUpdateMeta, PostgreSQL 15, src/include/access/ginxlog.h.
/// <code>
/// offset  size  field
///      0    12  Relation  then 4 bytes of padding
///     16    56  Metadata
///     72     4  PreviousTail
///     76     4  NewRightLink
///     80     4  Tuples    then 4 bytes of padding
/// </code></remarks>
public readonly record struct GinUpdateMetaPage(RelFileNode Relation, GinMetadata Metadata, uint PreviousTail, uint NewRightLink, int Tuples)
{
    /// <summary>Bytes, padding included.</summary>
    public const int Size = 88;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out GinUpdateMetaPage record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(RelFileNode.Read(mainData), GinMetadata.Read(mainData[16..]), mainData.UInt32At(72), mainData.UInt32At(76), mainData.Int32At(80)) : default;
        return whole;
    }
}

/// <summary>INSERT_LISTPAGE: block 0 is a new page of the pending list, its data the items.</summary>
/// <param name="RightLink">Block that follows; InvalidBlockNumber: none.</param>
/// <param name="Tuples">Items.</param>
/// <remarks>Source of truth: ginxlogInsertListPage, PostgreSQL 15, src/include/access/ginxlog.h: 4 and 4 bytes in this order.</remarks>
public readonly record struct GinInsertListPage(uint RightLink, int Tuples)
{
    /// <summary>Bytes.</summary>
    public const int Size = 8;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out GinInsertListPage record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt32At(0), mainData.Int32At(4)) : default;
        return whole;
    }
}

/// <summary>DELETE_LISTPAGE: entries have gone from the pending list into the tree. Block 0: the meta page; 1 and up: the pages that go.</summary>
/// <param name="Metadata">Of the meta page from now on.</param>
/// <param name="Deleted">Pages, at most 16.</param>
/// <remarks>Source of truth: ginxlogDeleteListPages, PostgreSQL 15, src/include/access/ginxlog.h: 56 and 4 bytes in this order, padded to 64.</remarks>
public readonly record struct GinDeleteListPages(GinMetadata Metadata, int Deleted)
{
    /// <summary>Bytes, padding included.</summary>
    public const int Size = 64;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out GinDeleteListPages record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(GinMetadata.Read(mainData), mainData.Int32At(56)) : default;
        return whole;
    }
}
