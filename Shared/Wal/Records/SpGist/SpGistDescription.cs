namespace Pgrepl.Wal;

/// <summary>spg_identify and spg_desc. Files: this one the names and the texts from 14 on, <c>.Of13</c> those of 13.</summary>
/// <remarks>Source of truth: PostgreSQL 14 to 18, src/backend/access/rmgrdesc/spgdesc.c.</remarks>
internal static partial class SpGistDescription
{
    internal static ReadOnlySpan<byte> Identify(byte info) => (info & WalRecordHeader.OperationMask) switch
    {
        SpGistInfo.AddLeaf => "ADD_LEAF"u8,
        SpGistInfo.MoveLeafs => "MOVE_LEAFS"u8,
        SpGistInfo.AddNode => "ADD_NODE"u8,
        SpGistInfo.SplitTuple => "SPLIT_TUPLE"u8,
        SpGistInfo.PickSplit => "PICKSPLIT"u8,
        SpGistInfo.VacuumLeaf => "VACUUM_LEAF"u8,
        SpGistInfo.VacuumRoot => "VACUUM_ROOT"u8,
        SpGistInfo.VacuumRedirect => "VACUUM_REDIRECT"u8,
        _ => default,
    };

    internal static bool Describe(WalReader record, WalText text)
    {
        ReadOnlySpan<byte> data = record.MainData;
        if (record.Major.Number < 14)
            return DescribeOf13(record.Header.Operation, data, record.Major, text);
        return record.Header.Operation switch
        {
            SpGistInfo.AddLeaf => AddLeaf(data, text),
            SpGistInfo.MoveLeafs => MoveLeafs(data, text),
            SpGistInfo.AddNode => AddNode(data, text),
            SpGistInfo.SplitTuple => SplitTuple(data, text),
            SpGistInfo.PickSplit => PickSplit(data, text),
            SpGistInfo.VacuumLeaf => VacuumLeaf(data, text),
            SpGistInfo.VacuumRoot => VacuumRoot(data, text),
            SpGistInfo.VacuumRedirect => VacuumRedirect(data, record.Major, text),
            _ => true,
        };
    }

    private static bool AddLeaf(ReadOnlySpan<byte> data, WalText text)
    {
        if (!SpGistAddLeaf.TryRead(data, out SpGistAddLeaf add))
            return false;
        text.Append("off: "u8).AppendUnsigned(add.Offset).Append(", headoff: "u8).AppendUnsigned(add.HeadOffset);
        Parent(add.ParentOffset, add.Node, text);
        NoteIf(add.NewPage, " (newpage)"u8, text);
        NoteIf(add.StoresNulls, " (nulls)"u8, text);
        return true;
    }

    private static bool MoveLeafs(ReadOnlySpan<byte> data, WalText text)
    {
        if (!SpGistMoveLeafs.TryRead(data, out SpGistMoveLeafs move))
            return false;
        text.Append("nmoves: "u8).AppendUnsigned(move.Moves);
        Parent(move.ParentOffset, move.Node, text);
        NoteIf(move.NewPage, " (newpage)"u8, text);
        NoteIf(move.ReplacesDead, " (replacedead)"u8, text);
        NoteIf(move.StoresNulls, " (nulls)"u8, text);
        return true;
    }

    private static bool AddNode(ReadOnlySpan<byte> data, WalText text)
    {
        if (!SpGistAddNode.TryRead(data, out SpGistAddNode add))
            return false;
        text.Append("off: "u8).AppendUnsigned(add.Offset).Append(", newoff: "u8).AppendUnsigned(add.NewOffset).Append(", parentBlk: "u8).AppendSigned(add.ParentBlock);
        Parent(add.ParentOffset, add.Node, text);
        NoteIf(add.NewPage, " (newpage)"u8, text);
        return true;
    }

    private static bool SplitTuple(ReadOnlySpan<byte> data, WalText text)
    {
        if (!SpGistSplitTuple.TryRead(data, out SpGistSplitTuple split))
            return false;
        text.Append("prefixoff: "u8).AppendUnsigned(split.PrefixOffset).Append(", postfixoff: "u8).AppendUnsigned(split.PostfixOffset);
        NoteIf(split.NewPage, " (newpage)"u8, text);
        NoteIf(split.SamePage, " (same)"u8, text);
        return true;
    }

    private static bool PickSplit(ReadOnlySpan<byte> data, WalText text)
    {
        if (!SpGistPickSplit.TryRead(data, out SpGistPickSplit split))
            return false;
        text.Append("ndelete: "u8).AppendUnsigned(split.Deletes).Append(", ninsert: "u8).AppendUnsigned(split.Inserts).Append(", inneroff: "u8).AppendUnsigned(split.InnerOffset);
        Parent(split.ParentOffset, split.Node, text);
        NoteIf(split.InnerIsParent, " (innerIsParent)"u8, text);
        NoteIf(split.StoresNulls, " (nulls)"u8, text);
        NoteIf(split.IsRootSplit, " (isRootSplit)"u8, text);
        return true;
    }

    private static bool VacuumLeaf(ReadOnlySpan<byte> data, WalText text)
    {
        if (!SpGistVacuumLeaf.TryRead(data, out SpGistVacuumLeaf vacuum))
            return false;
        text.Append("ndead: "u8).AppendUnsigned(vacuum.Dead).Append(", nplaceholder: "u8).AppendUnsigned(vacuum.Placeholders)
            .Append(", nmove: "u8).AppendUnsigned(vacuum.Moves).Append(", nchain: "u8).AppendUnsigned(vacuum.Chains);
        return true;
    }

    private static bool VacuumRoot(ReadOnlySpan<byte> data, WalText text)
    {
        if (!SpGistVacuumRoot.TryRead(data, out SpGistVacuumRoot vacuum))
            return false;
        text.Append("ndelete: "u8).AppendUnsigned(vacuum.Deletes);
        return true;
    }

    private static bool VacuumRedirect(ReadOnlySpan<byte> data, PostgresMajor major, WalText text)
    {
        if (!SpGistVacuumRedirect.TryRead(data, major, out SpGistVacuumRedirect vacuum))
            return false;
        text.Append("ntoplaceholder: "u8).AppendUnsigned(vacuum.ToPlaceholder).Append(", firstplaceholder: "u8).AppendUnsigned(vacuum.FirstPlaceholder)
            .Append(major.Number >= 16 ? ", snapshotConflictHorizon: "u8 : ", newestredirectxid: "u8).AppendUnsigned(vacuum.NewestRedirectXid);
        ConflictHorizon.AppendCatalog(vacuum.IsCatalogRelation, major, text, withColon: true);
        return true;
    }

    private static void Parent(ushort offset, ushort node, WalText text) =>
        text.Append(", parentoff: "u8).AppendUnsigned(offset).Append(", nodeI: "u8).AppendUnsigned(node);

    private static void NoteIf(bool holds, ReadOnlySpan<byte> note, WalText text)
    {
        if (holds)
            text.Append(note);
    }
}
