namespace Pgrepl.Wal;

/// <summary>Operations of <see cref="ResourceManagerId.Gist"/>.</summary>
/// <remarks>Source of truth: XLOG_GIST_*, PostgreSQL 15, src/include/access/gistxlog.h.</remarks>
public static class GistInfo
{
    public const byte PageUpdate = 0x00;
    public const byte Delete = 0x10;
    public const byte PageReuse = 0x20;
    public const byte PageSplit = 0x30;
    public const byte PageDelete = 0x60;

    /// <summary>Changes nothing; under wal_level = minimal it only makes the next place in the WAL another one.</summary>
    public const byte AssignLsn = 0x70;
}

/// <summary>PAGE_UPDATE. Block 0: the page, its data the offsets of the items that go (2 bytes each) and the items that come; 1: the left half of a split that is complete now.</summary>
/// <param name="ToDelete">Items.</param>
/// <param name="ToInsert">Items.</param>
/// <remarks>Source of truth: gistxlogPageUpdate, PostgreSQL 15, src/include/access/gistxlog.h: 2 and 2 bytes in this order.</remarks>
public readonly record struct GistPageUpdate(ushort ToDelete, ushort ToInsert)
{
    /// <summary>Bytes.</summary>
    public const int Size = 4;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out GistPageUpdate record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt16At(0), mainData.UInt16At(2)) : default;
        return whole;
    }
}

/// <summary>DELETE of items of block 0, a leaf, by an insertion that needs room. The offsets (2 bytes each) are the block's data, from 16 on they follow behind 1 byte of padding.</summary>
/// <param name="LatestRemovedXid">Standbys cancel queries whose snapshots do not see it as finished; snapshotConflictHorizon from 16 on.</param>
/// <param name="ToDelete">Items.</param>
/// <param name="IsCatalogRelation">From 16 on.</param>
/// <remarks>Source of truth: gistxlogDelete, PostgreSQL 12 to 18, src/include/access/gistxlog.h: 4, 2 and, from 16 on, 1 bytes in this order.</remarks>
public readonly record struct GistDelete(uint LatestRemovedXid, ushort ToDelete, bool IsCatalogRelation)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, PostgresMajor major, out GistDelete record)
    {
        ArgumentNullException.ThrowIfNull(major);
        var fields = new RecordCursor(mainData);
        record = new(fields.UInt32(), fields.UInt16(), major.TellsCatalogRelations && fields.Boolean());
        return fields.Whole;
    }
}

/// <summary>PAGE_SPLIT. Block 0: the left half of a split below that is complete now; 1 and up: the pages, their data the number of items (4 bytes) and these.</summary>
/// <param name="RightLink">Block to the right of all of them; InvalidBlockNumber: none.</param>
/// <param name="SplitLsn">NSN of the page before it was split.</param>
/// <param name="IsLeaf">The page that was split is one.</param>
/// <param name="Pages">That there are now.</param>
/// <param name="MarksFollowRight">The parent does not know of them yet.</param>
/// <remarks>Source of truth: gistxlogPageSplit, PostgreSQL 15, src/include/access/gistxlog.h.
/// <code>
/// offset  size  field
///      0     4  RightLink         then 4 bytes of padding
///      8     8  SplitLsn
///     16     1  IsLeaf            then 1 byte of padding
///     18     2  Pages
///     20     1  MarksFollowRight  then 3 bytes of padding
/// </code></remarks>
public readonly record struct GistPageSplit(uint RightLink, Lsn SplitLsn, bool IsLeaf, ushort Pages, bool MarksFollowRight)
{
    /// <summary>Bytes, padding included.</summary>
    public const int Size = 24;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out GistPageSplit record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt32At(0), new Lsn(mainData.UInt64At(8)), mainData.BoolAt(16), mainData.UInt16At(18), mainData.BoolAt(20)) : default;
        return whole;
    }
}

/// <summary>PAGE_DELETE. Block 0: the page; 1: its parent.</summary>
/// <param name="DeleteXid">Full transaction id: whoever is older may still be on its way to the page.</param>
/// <param name="DownlinkOffset">OffsetNumber of the parent's item that goes.</param>
/// <remarks>Source of truth: gistxlogPageDelete, PostgreSQL 15, src/include/access/gistxlog.h: 8 and 2 bytes in this order.</remarks>
public readonly record struct GistPageDelete(ulong DeleteXid, ushort DownlinkOffset)
{
    /// <summary>SizeOfGistxlogPageDelete, bytes.</summary>
    public const int Size = 10;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out GistPageDelete record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt64At(0), mainData.UInt16At(8)) : default;
        return whole;
    }
}

/// <summary>PAGE_REUSE: for standbys alone, whose older queries may still be on their way to the page; no block references.</summary>
/// <param name="Relation">The index.</param>
/// <param name="Block">The page.</param>
/// <param name="LatestRemovedXid">Full transaction id of the page's deletion; snapshotConflictHorizon from 16 on.</param>
/// <param name="IsCatalogRelation">From 16 on.</param>
/// <remarks>Source of truth: gistxlogPageReuse, PostgreSQL 13 to 18, src/include/access/gistxlog.h: 12, 4, 8 and, from 16 on, 1 bytes in this order.</remarks>
public readonly record struct GistPageReuse(RelFileNode Relation, uint Block, ulong LatestRemovedXid, bool IsCatalogRelation)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, PostgresMajor major, out GistPageReuse record)
    {
        ArgumentNullException.ThrowIfNull(major);
        var fields = new RecordCursor(mainData);
        record = new(fields.Relation(), fields.UInt32(), fields.UInt64(), major.TellsCatalogRelations && fields.Boolean());
        return fields.Whole;
    }
}
