namespace Pgrepl.Wal;

/// <summary>gin_identify and gin_desc.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/access/rmgrdesc/gindesc.c.</remarks>
internal static class GinDescription
{
    internal static ReadOnlySpan<byte> Identify(byte info) => (info & WalRecordHeader.OperationMask) switch
    {
        GinInfo.CreatePostingTree => "CREATE_PTREE"u8,
        GinInfo.Insert => "INSERT"u8,
        GinInfo.Split => "SPLIT"u8,
        GinInfo.VacuumPage => "VACUUM_PAGE"u8,
        GinInfo.VacuumDataLeafPage => "VACUUM_DATA_LEAF_PAGE"u8,
        GinInfo.DeletePage => "DELETE_PAGE"u8,
        GinInfo.UpdateMetaPage => "UPDATE_META_PAGE"u8,
        GinInfo.InsertListPage => "INSERT_LISTPAGE"u8,
        GinInfo.DeleteListPage => "DELETE_LISTPAGE"u8,
        _ => default,
    };

    internal static bool Describe(WalReader record, WalText text) => record.Header.Operation switch
    {
        GinInfo.Insert => Insert(record, text),
        GinInfo.Split => Split(record.MainData, text),
        GinInfo.VacuumDataLeafPage => Image(record, text) || Actions(record.BlockData(0), text),
        GinInfo.DeleteListPage => DeleteListPages(record.MainData, text),
        _ => true,
    };

    private static bool Insert(WalReader record, WalText text)
    {
        if (!GinInsert.TryRead(record.MainData, out GinInsert insert))
            return false;
        bool leaf = (insert.Flags & GinPageFlags.IsLeaf) != 0;
        PageKind(insert.Flags, text);
        if (!leaf)
            text.Append(" children: "u8).AppendUnsigned(insert.LeftChild).Append((byte)'/').AppendUnsigned(insert.RightChild);
        if (Image(record, text))
            return true;
        ReadOnlySpan<byte> data = record.BlockData(0);
        if ((insert.Flags & GinPageFlags.IsData) == 0)
            return Entry(data, text);
        return leaf ? Actions(data, text) : PostingItem(data, text);
    }

    private static void PageKind(GinPageFlags flags, WalText text) =>
        text.Append("isdata: "u8).AppendFlag((flags & GinPageFlags.IsData) != 0).Append(" isleaf: "u8).AppendFlag((flags & GinPageFlags.IsLeaf) != 0);

    /// <returns>False: block 0 has none, so that its data say what changed.</returns>
    private static bool Image(WalReader record, WalText text)
    {
        if (!record.TryGetBlock(0, out WalBlock block) || !block.HasImage)
            return false;
        text.Append(block.Image.Apply ? " (full page image)"u8 : " (full page image, for WAL verification)"u8);
        return true;
    }

    private static bool Entry(ReadOnlySpan<byte> data, WalText text)
    {
        if (!GinEntryInsert.TryRead(data, out GinEntryInsert entry))
            return false;
        text.Append(" isdelete: "u8).AppendFlag(entry.Replaces);
        return true;
    }

    private static bool PostingItem(ReadOnlySpan<byte> data, WalText text)
    {
        if (!GinPostingInsert.TryRead(data, out GinPostingInsert item))
            return false;
        text.Append(" pitem: "u8).AppendUnsigned(item.Child).Append((byte)'-').AppendUnsigned(item.KeyBlock).Append((byte)'/').AppendUnsigned(item.KeyOffset);
        return true;
    }

    private static bool Actions(ReadOnlySpan<byte> data, WalText text)
    {
        if (!GinLeafActions.TryRead(data, out GinLeafActions actions))
            return false;
        text.Append((byte)' ').AppendUnsigned((uint)actions.Count).Append(" segments:"u8);
        while (actions.Next())
        {
            text.Append((byte)' ').AppendUnsigned(actions.Segment);
            switch (actions.Action)
            {
                case GinSegmentAction.AddItems:
                    text.Append(" (add "u8).AppendUnsigned(actions.Items).Append(" items)"u8);
                    break;
                case GinSegmentAction.Delete:
                    text.Append(" (delete)"u8);
                    break;
                case GinSegmentAction.Insert:
                    text.Append(" (insert)"u8);
                    break;
                case GinSegmentAction.Replace:
                    text.Append(" (replace)"u8);
                    break;
                default:
                    text.Append(" unknown action "u8).AppendUnsigned((byte)actions.Action).Append(" ???"u8);
                    return true;
            }
        }
        return !actions.IsCutShort;
    }

    private static bool Split(ReadOnlySpan<byte> data, WalText text)
    {
        if (!GinSplit.TryRead(data, out GinSplit split))
            return false;
        text.Append("isrootsplit: "u8).AppendFlag((split.Flags & GinPageFlags.IsRootSplit) != 0).Append((byte)' ');
        PageKind(split.Flags, text);
        return true;
    }

    private static bool DeleteListPages(ReadOnlySpan<byte> data, WalText text)
    {
        if (!GinDeleteListPages.TryRead(data, out GinDeleteListPages pages))
            return false;
        text.Append("ndeleted: "u8).AppendSigned(pages.Deleted);
        return true;
    }
}
