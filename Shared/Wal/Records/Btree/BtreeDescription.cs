namespace Pgrepl.Wal;

/// <summary>btree_identify and btree_desc. Files: this one the names and the texts up to 15, <c>.From16</c> the later ones, <c>.Of13</c> what 13 has otherwise.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/access/rmgrdesc/nbtdesc.c.</remarks>
internal static partial class BtreeDescription
{
    internal static ReadOnlySpan<byte> Identify(byte info) => (info & WalRecordHeader.OperationMask) switch
    {
        BtreeInfo.InsertLeaf => "INSERT_LEAF"u8,
        BtreeInfo.InsertUpper => "INSERT_UPPER"u8,
        BtreeInfo.InsertMeta => "INSERT_META"u8,
        BtreeInfo.SplitLeft => "SPLIT_L"u8,
        BtreeInfo.SplitRight => "SPLIT_R"u8,
        BtreeInfo.InsertPosting => "INSERT_POST"u8,
        BtreeInfo.Deduplicate => "DEDUP"u8,
        BtreeInfo.Vacuum => "VACUUM"u8,
        BtreeInfo.Delete => "DELETE"u8,
        BtreeInfo.MarkPageHalfDead => "MARK_PAGE_HALFDEAD"u8,
        BtreeInfo.UnlinkPage => "UNLINK_PAGE"u8,
        BtreeInfo.UnlinkPageMeta => "UNLINK_PAGE_META"u8,
        BtreeInfo.NewRoot => "NEWROOT"u8,
        BtreeInfo.ReusePage => "REUSE_PAGE"u8,
        BtreeInfo.MetaCleanup => "META_CLEANUP"u8,
        _ => default,
    };

    internal static bool Describe(WalReader record, WalText text)
    {
        if (record.Major.Number >= 16)
            return DescribeFrom16(record, text);
        if (record.Major.Number < 14 && DescribeOf13(record, text) is { } whole)
            return whole;
        ReadOnlySpan<byte> data = record.MainData;
        return record.Header.Operation switch
        {
            BtreeInfo.InsertLeaf or BtreeInfo.InsertUpper or BtreeInfo.InsertMeta or BtreeInfo.InsertPosting => Insert(data, text),
            BtreeInfo.SplitLeft or BtreeInfo.SplitRight => Split(data, text),
            BtreeInfo.Deduplicate => Deduplicate(data, text),
            BtreeInfo.Vacuum => Vacuum(data, text),
            BtreeInfo.Delete => Delete(data, record.Major, text),
            BtreeInfo.MarkPageHalfDead => MarkPageHalfDead(data, text),
            BtreeInfo.UnlinkPage or BtreeInfo.UnlinkPageMeta => UnlinkPage(data, text),
            BtreeInfo.NewRoot => NewRoot(data, text),
            BtreeInfo.ReusePage => ReusePage(data, record.Major, text),
            BtreeInfo.MetaCleanup => MetaCleanup(record.BlockData(0), text),
            _ => true,
        };
    }

    private static bool Insert(ReadOnlySpan<byte> data, WalText text)
    {
        if (!BtreeInsert.TryRead(data, out BtreeInsert insert))
            return false;
        text.Append("off "u8).AppendUnsigned(insert.Offset);
        return true;
    }

    private static bool Split(ReadOnlySpan<byte> data, WalText text)
    {
        if (!BtreeSplit.TryRead(data, out BtreeSplit split))
            return false;
        text.Append("level "u8).AppendUnsigned(split.Level).Append(", firstrightoff "u8).AppendUnsigned(split.FirstRightOffset)
            .Append(", newitemoff "u8).AppendUnsigned(split.NewItemOffset).Append(", postingoff "u8).AppendUnsigned(split.PostingOffset);
        return true;
    }

    private static bool Deduplicate(ReadOnlySpan<byte> data, WalText text)
    {
        if (!BtreeDeduplicate.TryRead(data, out BtreeDeduplicate pass))
            return false;
        text.Append("nintervals "u8).AppendUnsigned(pass.Intervals);
        return true;
    }

    private static bool Vacuum(ReadOnlySpan<byte> data, WalText text)
    {
        if (!BtreeVacuum.TryRead(data, out BtreeVacuum vacuum))
            return false;
        text.Append("ndeleted "u8).AppendUnsigned(vacuum.Deleted).Append("; nupdated "u8).AppendUnsigned(vacuum.Updated);
        return true;
    }

    private static bool Delete(ReadOnlySpan<byte> data, PostgresMajor major, WalText text)
    {
        if (!BtreeDelete.TryRead(data, major, out BtreeDelete delete))
            return false;
        text.Append("latestRemovedXid "u8).AppendUnsigned(delete.LatestRemovedXid).Append("; ndeleted "u8).AppendUnsigned(delete.Deleted)
            .Append("; nupdated "u8).AppendUnsigned(delete.Updated);
        return true;
    }

    private static bool MarkPageHalfDead(ReadOnlySpan<byte> data, WalText text)
    {
        if (!BtreeMarkPageHalfDead.TryRead(data, out BtreeMarkPageHalfDead mark))
            return false;
        text.Append("topparent "u8).AppendUnsigned(mark.TopParent).Append("; leaf "u8).AppendUnsigned(mark.Leaf)
            .Append("; left "u8).AppendUnsigned(mark.Left).Append("; right "u8).AppendUnsigned(mark.Right);
        return true;
    }

    private static bool UnlinkPage(ReadOnlySpan<byte> data, WalText text)
    {
        if (!BtreeUnlinkPage.TryRead(data, out BtreeUnlinkPage unlink))
            return false;
        text.Append("left "u8).AppendUnsigned(unlink.Left).Append("; right "u8).AppendUnsigned(unlink.Right).Append("; level "u8).AppendUnsigned(unlink.Level)
            .Append("; safexid "u8).AppendFullXid(unlink.SafeXid).Append("; leafleft "u8).AppendUnsigned(unlink.LeafLeft)
            .Append("; leafright "u8).AppendUnsigned(unlink.LeafRight).Append("; leaftopparent "u8).AppendUnsigned(unlink.LeafTopParent);
        return true;
    }

    private static bool NewRoot(ReadOnlySpan<byte> data, WalText text)
    {
        if (!BtreeNewRoot.TryRead(data, out BtreeNewRoot root))
            return false;
        text.Append("lev "u8).AppendUnsigned(root.Level);
        return true;
    }

    private static bool ReusePage(ReadOnlySpan<byte> data, PostgresMajor major, WalText text)
    {
        if (!BtreeReusePage.TryRead(data, major, out BtreeReusePage reuse))
            return false;
        text.Append("rel "u8).AppendRelation(reuse.Relation).Append("; latestRemovedXid "u8).AppendFullXid(reuse.LatestRemovedXid);
        return true;
    }

    private static bool MetaCleanup(ReadOnlySpan<byte> blockData, WalText text)
    {
        if (!BtreeMetadata.TryRead(blockData, out BtreeMetadata meta))
            return false;
        text.Append("last_cleanup_num_delpages "u8).AppendUnsigned(meta.DeletedPages);
        return true;
    }
}
