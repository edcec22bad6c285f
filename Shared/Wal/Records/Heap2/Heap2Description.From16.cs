namespace Pgrepl.Wal;

// The texts of 16 and later: every value has its name before it, and what happens to which line pointer is told too.
// Source of truth: PostgreSQL 16 to 18, src/backend/access/rmgrdesc/heapdesc.c.
internal static partial class Heap2Description
{
    private static bool DescribeFrom16(WalReader record, WalText text)
    {
        ReadOnlySpan<byte> data = record.MainData;
        switch (record.Header.Info & HeapInfo.OperationMask)
        {
            case Heap2Info.Prune or Heap2Info.Vacuum or Heap2Info.FreezePage when record.Major.Number >= 17:
                return PrunedFrom17(record, text);
            case Heap2Info.Prune when HeapPrune.TryRead(data, record.Major, out HeapPrune prune):
                text.Append("snapshotConflictHorizon: "u8).AppendUnsigned(prune.LatestRemovedXid).Append(", nredirected: "u8).AppendUnsigned(prune.Redirected)
                    .Append(", ndead: "u8).AppendUnsigned(prune.Dead);
                return !HasData(record) || Pruned(prune, record.BlockData(0), text);
            case Heap2Info.Vacuum when HeapVacuum.TryRead(data, out HeapVacuum vacuum):
                text.Append("nunused: "u8).AppendUnsigned(vacuum.Unused);
                return !HasData(record) || Vacuumed(vacuum, record.BlockData(0), text);
            case Heap2Info.FreezePage when HeapFreezePage.TryRead(data, record.Major, out HeapFreezePage freeze):
                text.Append("snapshotConflictHorizon: "u8).AppendUnsigned(freeze.CutoffXid).Append(", nplans: "u8).AppendUnsigned(freeze.Plans);
                return !HasData(record) || Frozen(freeze, record.BlockData(0), text);
            case Heap2Info.Visible when HeapVisible.TryRead(data, out HeapVisible visible):
                text.Append("snapshotConflictHorizon: "u8).AppendUnsigned(visible.CutoffXid);
                HeapDescription.Flags(visible.Flags, text);
                return true;
            case Heap2Info.MultiInsert:
                return MultiInsertFrom16(record, text);
            case Heap2Info.LockUpdated when HeapLockUpdated.TryRead(data, out HeapLockUpdated tuple):
                HeapDescription.Tuple(tuple.Xmax, tuple.Offset, tuple.XmaxBits, tuple.Flags, text);
                return true;
            case Heap2Info.NewCid when HeapNewCid.TryRead(data, out HeapNewCid cid):
                text.Append("rel: "u8).AppendRelation(cid.Relation).Append(", tid: "u8).AppendUnsigned(cid.Block).Append((byte)'/').AppendUnsigned(cid.Offset)
                    .Append(", cmin: "u8).AppendUnsigned(cid.Cmin).Append(", cmax: "u8).AppendUnsigned(cid.Cmax).Append(", combo: "u8).AppendUnsigned(cid.ComboCid);
                return true;
            case Heap2Info.Rewrite:
                return true;
            default:
                return false;
        }
    }

    /// <summary>XLogRecHasBlockData: with an image of the page the data may be left out.</summary>
    private static bool HasData(WalReader record) => record.HasBlock(0) && record.Block(0).HasData;

    private static bool Pruned(in HeapPrune prune, ReadOnlySpan<byte> blockData, WalText text)
    {
        if (!HeapPageItems.TryRead(prune, blockData, out HeapPageItems items))
            return false;
        text.Append(", nunused: "u8).AppendUnsigned((uint)items.Unused.Length).Append(", redirected:"u8);
        Redirections(items.Redirected, text);
        text.Append(", dead:"u8).AppendArray(items.Dead).Append(", unused:"u8).AppendArray(items.Unused);
        return true;
    }

    /// <remarks>Without a horizon the text begins with a comma, as PostgreSQL's does.</remarks>
    private static bool PrunedFrom17(WalReader record, WalText text)
    {
        if (!HeapPruneFreeze.TryRead(record.MainData, out HeapPruneFreeze prune))
            return false;
        if (prune.Flags.HasFlag(HeapPruneFlags.HasConflictHorizon))
            text.Append("snapshotConflictHorizon: "u8).AppendUnsigned(prune.ConflictHorizon);
        text.Append(", isCatalogRel: "u8).AppendFlag(prune.Flags.HasFlag(HeapPruneFlags.IsCatalogRelation));
        if (!HasData(record))
            return true;
        if (!HeapPageItems.TryRead(prune, record.BlockData(0), out HeapPageItems items))
            return false;
        text.Append(", nplans: "u8).AppendUnsigned((uint)items.Plans.Length).Append(", nredirected: "u8).AppendUnsigned((uint)items.Redirected.Length / 2)
            .Append(", ndead: "u8).AppendUnsigned((uint)items.Dead.Length).Append(", nunused: "u8).AppendUnsigned((uint)items.Unused.Length);
        if (!items.Plans.IsEmpty)
            Plans(items, text.Append(", plans:"u8));
        if (!items.Redirected.IsEmpty)
            Redirections(items.Redirected, text.Append(", redirected:"u8));
        if (!items.Dead.IsEmpty)
            text.Append(", dead:"u8).AppendArray(items.Dead);
        if (!items.Unused.IsEmpty)
            text.Append(", unused:"u8).AppendArray(items.Unused);
        return true;
    }

    private static bool Vacuumed(HeapVacuum vacuum, ReadOnlySpan<byte> blockData, WalText text)
    {
        var fields = new RecordCursor(blockData);
        text.Append(", unused:"u8).AppendArray(fields.Items<ushort>(vacuum.Unused));
        return fields.Whole;
    }

    private static bool Frozen(in HeapFreezePage freeze, ReadOnlySpan<byte> blockData, WalText text)
    {
        if (!HeapPageItems.TryRead(freeze, blockData, out HeapPageItems items))
            return false;
        Plans(items, text.Append(", plans:"u8));
        return true;
    }

    private static bool MultiInsertFrom16(WalReader record, WalText text)
    {
        bool initPage = (record.Header.Info & HeapInfo.InitPage) != 0;
        if (!HeapMultiInsert.TryRead(record.MainData, initPage, out HeapMultiInsert insert))
            return false;
        text.Append("ntuples: "u8).AppendUnsigned(insert.Tuples);
        HeapDescription.Flags(insert.Flags, text);
        if (HasData(record) && !initPage)
            text.Append(", offsets:"u8).AppendArray(insert.Offsets);
        return true;
    }

    private static void Plans(in HeapPageItems items, WalText text)
    {
        ReadOnlySpan<ushort> offsets = items.PlanOffsets;
        text.Append(" ["u8);
        for (int i = 0; i < items.Plans.Length; i++)
        {
            ref readonly HeapFreezePlan plan = ref items.Plans[i];
            text.Append(i > 0 ? ", { xmax: "u8 : "{ xmax: "u8).AppendUnsigned(plan.Xmax).Append(", infomask: "u8).AppendUnsigned(plan.Infomask)
                .Append(", infomask2: "u8).AppendUnsigned(plan.Infomask2).Append(", ntuples: "u8).AppendUnsigned(plan.Tuples)
                .Append(", offsets:"u8).AppendArray(offsets[..plan.Tuples]).Append(" }"u8);
            offsets = offsets[plan.Tuples..];
        }
        text.Append((byte)']');
    }

    private static void Redirections(ReadOnlySpan<ushort> pairs, WalText text)
    {
        text.Append(" ["u8);
        for (int i = 0; i + 1 < pairs.Length; i += 2)
            text.Append(i > 0 ? ", "u8 : ""u8).AppendUnsigned(pairs[i]).Append("->"u8).AppendUnsigned(pairs[i + 1]);
        text.Append((byte)']');
    }
}
