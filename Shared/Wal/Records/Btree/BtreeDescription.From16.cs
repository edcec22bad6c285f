namespace Pgrepl.Wal;

// The texts of 16 and later: every value has its name before it, and the items that VACUUM and DELETE change are told too.
// Source of truth: PostgreSQL 16 to 18, src/backend/access/rmgrdesc/nbtdesc.c.
internal static partial class BtreeDescription
{
    private static bool DescribeFrom16(WalReader record, WalText text)
    {
        ReadOnlySpan<byte> data = record.MainData;
        switch (record.Header.Operation)
        {
            case BtreeInfo.InsertLeaf or BtreeInfo.InsertUpper or BtreeInfo.InsertMeta or BtreeInfo.InsertPosting when BtreeInsert.TryRead(data, out BtreeInsert insert):
                text.Append("off: "u8).AppendUnsigned(insert.Offset);
                return true;
            case BtreeInfo.SplitLeft or BtreeInfo.SplitRight when BtreeSplit.TryRead(data, out BtreeSplit split):
                text.Append("level: "u8).AppendUnsigned(split.Level).Append(", firstrightoff: "u8).AppendUnsigned(split.FirstRightOffset)
                    .Append(", newitemoff: "u8).AppendUnsigned(split.NewItemOffset).Append(", postingoff: "u8).AppendUnsigned(split.PostingOffset);
                return true;
            case BtreeInfo.Deduplicate when BtreeDeduplicate.TryRead(data, out BtreeDeduplicate pass):
                text.Append("nintervals: "u8).AppendUnsigned(pass.Intervals);
                return true;
            case BtreeInfo.Vacuum when BtreeVacuum.TryRead(data, out BtreeVacuum vacuum):
                text.Append("ndeleted: "u8).AppendUnsigned(vacuum.Deleted).Append(", nupdated: "u8).AppendUnsigned(vacuum.Updated);
                return Items(record, vacuum.Deleted, vacuum.Updated, text);
            case BtreeInfo.Delete when BtreeDelete.TryRead(data, record.Major, out BtreeDelete delete):
                text.Append("snapshotConflictHorizon: "u8).AppendUnsigned(delete.LatestRemovedXid).Append(", ndeleted: "u8).AppendUnsigned(delete.Deleted)
                    .Append(", nupdated: "u8).AppendUnsigned(delete.Updated);
                ConflictHorizon.AppendCatalog(delete.IsCatalogRelation, record.Major, text, withColon: true);
                return Items(record, delete.Deleted, delete.Updated, text);
            case BtreeInfo.ReusePage when BtreeReusePage.TryRead(data, record.Major, out BtreeReusePage reuse):
                text.Append("rel: "u8).AppendRelation(reuse.Relation).Append(", snapshotConflictHorizon: "u8).AppendFullXid(reuse.LatestRemovedXid);
                ConflictHorizon.AppendCatalog(reuse.IsCatalogRelation, record.Major, text, withColon: true);
                return true;
            case BtreeInfo.MetaCleanup when BtreeMetadata.TryRead(record.BlockData(0), out BtreeMetadata meta):
                text.Append("last_cleanup_num_delpages: "u8).AppendUnsigned(meta.DeletedPages);
                return true;
            default:
                return DescribePageFrom16(record.Header.Operation, data, text);
        }
    }

    private static bool DescribePageFrom16(byte operation, ReadOnlySpan<byte> data, WalText text)
    {
        switch (operation)
        {
            case BtreeInfo.MarkPageHalfDead when BtreeMarkPageHalfDead.TryRead(data, out BtreeMarkPageHalfDead mark):
                text.Append("topparent: "u8).AppendUnsigned(mark.TopParent).Append(", leaf: "u8).AppendUnsigned(mark.Leaf)
                    .Append(", left: "u8).AppendUnsigned(mark.Left).Append(", right: "u8).AppendUnsigned(mark.Right);
                return true;
            case BtreeInfo.UnlinkPage or BtreeInfo.UnlinkPageMeta when BtreeUnlinkPage.TryRead(data, out BtreeUnlinkPage unlink):
                text.Append("left: "u8).AppendUnsigned(unlink.Left).Append(", right: "u8).AppendUnsigned(unlink.Right).Append(", level: "u8).AppendUnsigned(unlink.Level)
                    .Append(", safexid: "u8).AppendFullXid(unlink.SafeXid).Append(", leafleft: "u8).AppendUnsigned(unlink.LeafLeft)
                    .Append(", leafright: "u8).AppendUnsigned(unlink.LeafRight).Append(", leaftopparent: "u8).AppendUnsigned(unlink.LeafTopParent);
                return true;
            case BtreeInfo.NewRoot when BtreeNewRoot.TryRead(data, out BtreeNewRoot root):
                text.Append("level: "u8).AppendUnsigned(root.Level);
                return true;
            default:
                return operation > BtreeInfo.MetaCleanup; // a code that nobody has
        }
    }

    /// <summary>delvacuum_desc: which items go, and which posting lists lose which of their parts. With an image of the page it may be left out.</summary>
    private static bool Items(WalReader record, ushort deleted, ushort updated, WalText text)
    {
        if (!record.HasBlock(0) || !record.Block(0).HasData)
            return true;
        var fields = new RecordCursor(record.BlockData(0));
        text.Append(", deleted:"u8).AppendArray(fields.Items<ushort>(deleted)).Append(", updated: ["u8);
        ReadOnlySpan<ushort> offsets = fields.Items<ushort>(updated);
        for (int i = 0; i < offsets.Length; i++)
        {
            ReadOnlySpan<ushort> parts = fields.Items<ushort>(fields.UInt16());
            text.Append(i > 0 ? ", { off: "u8 : "{ off: "u8).AppendUnsigned(offsets[i]).Append(", nptids: "u8).AppendUnsigned((uint)parts.Length)
                .Append(", ptids:"u8).AppendArray(parts).Append(" }"u8);
        }
        text.Append((byte)']');
        return fields.Whole;
    }
}
