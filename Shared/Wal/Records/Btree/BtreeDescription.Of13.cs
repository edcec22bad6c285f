namespace Pgrepl.Wal;

// What 13 says otherwise than 14: its pages carry no full transaction ids, its meta page counts rows, its DELETE does not cut posting lists.
// Source of truth: PostgreSQL 13, src/backend/access/rmgrdesc/nbtdesc.c.
internal static partial class BtreeDescription
{
    /// <returns>Null: it says what 14 says. False: too short.</returns>
    private static bool? DescribeOf13(WalReader record, WalText text)
    {
        ReadOnlySpan<byte> data = record.MainData;
        switch (record.Header.Operation)
        {
            case BtreeInfo.Delete when BtreeDeleteOf13.TryRead(data, out BtreeDeleteOf13 delete):
                text.Append("latestRemovedXid "u8).AppendUnsigned(delete.LatestRemovedXid).Append("; ndeleted "u8).AppendUnsigned(delete.Deleted);
                return true;
            case BtreeInfo.UnlinkPage or BtreeInfo.UnlinkPageMeta when BtreeUnlinkPageOf13.TryRead(data, out BtreeUnlinkPageOf13 unlink):
                text.Append("left "u8).AppendUnsigned(unlink.Left).Append("; right "u8).AppendUnsigned(unlink.Right).Append("; btpo_xact "u8).AppendUnsigned(unlink.Xact)
                    .Append("; leafleft "u8).AppendUnsigned(unlink.LeafLeft).Append("; leafright "u8).AppendUnsigned(unlink.LeafRight)
                    .Append("; topparent "u8).AppendUnsigned(unlink.TopParent);
                return true;
            case BtreeInfo.ReusePage when BtreeReusePageOf13.TryRead(data, out BtreeReusePageOf13 reuse):
                text.Append("rel "u8).AppendRelation(reuse.Relation).Append("; latestRemovedXid "u8).AppendUnsigned(reuse.LatestRemovedXid);
                return true;
            case BtreeInfo.MetaCleanup when BtreeMetadataOf13.TryRead(record.BlockData(0), out BtreeMetadataOf13 meta):
                text.Append("oldest_btpo_xact "u8).AppendUnsigned(meta.OldestXact).Append("; last_cleanup_num_heap_tuples: "u8).AppendFixed(meta.HeapTuples);
                return true;
            case BtreeInfo.Delete or BtreeInfo.UnlinkPage or BtreeInfo.UnlinkPageMeta or BtreeInfo.ReusePage or BtreeInfo.MetaCleanup:
                return false;
            default:
                return null;
        }
    }
}
