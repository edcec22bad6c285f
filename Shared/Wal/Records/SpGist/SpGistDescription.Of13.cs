namespace Pgrepl.Wal;

// The texts of 13, of the same records: fewer values, other words; VACUUM_LEAF and VACUUM_ROOT have none.
// Source of truth: PostgreSQL 13, src/backend/access/rmgrdesc/spgdesc.c.
internal static partial class SpGistDescription
{
    private static bool DescribeOf13(byte operation, ReadOnlySpan<byte> data, PostgresMajor major, WalText text)
    {
        switch (operation)
        {
            case SpGistInfo.AddLeaf when SpGistAddLeaf.TryRead(data, out SpGistAddLeaf add):
                text.Append("add leaf to page; off "u8).AppendUnsigned(add.Offset).Append("; headoff "u8).AppendUnsigned(add.HeadOffset)
                    .Append("; parentoff "u8).AppendUnsigned(add.ParentOffset);
                NoteIf(add.NewPage, " (newpage)"u8, text);
                NoteIf(add.StoresNulls, " (nulls)"u8, text);
                return true;
            case SpGistInfo.MoveLeafs when SpGistMoveLeafs.TryRead(data, out SpGistMoveLeafs move):
                text.AppendUnsigned(move.Moves).Append(" leafs"u8);
                return true;
            case SpGistInfo.AddNode when SpGistAddNode.TryRead(data, out SpGistAddNode add):
                text.Append("off "u8).AppendUnsigned(add.Offset);
                return true;
            case SpGistInfo.SplitTuple when SpGistSplitTuple.TryRead(data, out SpGistSplitTuple split):
                text.Append("prefix off: "u8).AppendUnsigned(split.PrefixOffset).Append(", postfix off: "u8).AppendUnsigned(split.PostfixOffset)
                    .Append(" (same "u8).AppendUnsigned(split.SamePage ? 1u : 0).Append(", new "u8).AppendUnsigned(split.NewPage ? 1u : 0).Append((byte)')');
                return true;
            case SpGistInfo.PickSplit when SpGistPickSplit.TryRead(data, out SpGistPickSplit split):
                text.Append("ndel "u8).AppendUnsigned(split.Deletes).Append("; nins "u8).AppendUnsigned(split.Inserts);
                NoteIf(split.InnerIsParent, " (innerIsParent)"u8, text);
                NoteIf(split.IsRootSplit, " (isRootSplit)"u8, text);
                return true;
            case SpGistInfo.VacuumRedirect when SpGistVacuumRedirect.TryRead(data, major, out SpGistVacuumRedirect vacuum):
                text.Append("newest XID "u8).AppendUnsigned(vacuum.NewestRedirectXid);
                return true;
            default:
                return operation is not (SpGistInfo.AddLeaf or SpGistInfo.MoveLeafs or SpGistInfo.AddNode or SpGistInfo.SplitTuple or SpGistInfo.PickSplit or SpGistInfo.VacuumRedirect);
        }
    }
}
