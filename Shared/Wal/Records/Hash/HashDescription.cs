namespace Pgrepl.Wal;

/// <summary>hash_identify and hash_desc.</summary>
/// <remarks>Source of truth: PostgreSQL 13 to 18, src/backend/access/rmgrdesc/hashdesc.c.</remarks>
internal static class HashDescription
{
    internal static ReadOnlySpan<byte> Identify(byte info) => (info & WalRecordHeader.OperationMask) switch
    {
        HashInfo.InitMetaPage => "INIT_META_PAGE"u8,
        HashInfo.InitBitmapPage => "INIT_BITMAP_PAGE"u8,
        HashInfo.Insert => "INSERT"u8,
        HashInfo.AddOverflowPage => "ADD_OVFL_PAGE"u8,
        HashInfo.SplitAllocatePage => "SPLIT_ALLOCATE_PAGE"u8,
        HashInfo.SplitPage => "SPLIT_PAGE"u8,
        HashInfo.SplitComplete => "SPLIT_COMPLETE"u8,
        HashInfo.MovePageContents => "MOVE_PAGE_CONTENTS"u8,
        HashInfo.SqueezePage => "SQUEEZE_PAGE"u8,
        HashInfo.Delete => "DELETE"u8,
        HashInfo.SplitCleanup => "SPLIT_CLEANUP"u8,
        HashInfo.UpdateMetaPage => "UPDATE_META_PAGE"u8,
        HashInfo.VacuumOnePage => "VACUUM_ONE_PAGE"u8,
        _ => default,
    };

    internal static bool Describe(WalReader record, WalText text)
    {
        ReadOnlySpan<byte> data = record.MainData;
        return record.Header.Operation switch
        {
            HashInfo.InitMetaPage => InitMetaPage(data, text),
            HashInfo.InitBitmapPage => InitBitmapPage(data, text),
            HashInfo.Insert => Insert(data, text),
            HashInfo.AddOverflowPage => AddOverflowPage(data, text),
            HashInfo.SplitAllocatePage => SplitAllocatePage(data, text),
            HashInfo.SplitComplete => SplitComplete(data, text),
            HashInfo.MovePageContents => MovePageContents(data, text),
            HashInfo.SqueezePage => SqueezePage(data, text),
            HashInfo.Delete => Delete(data, text),
            HashInfo.UpdateMetaPage => UpdateMetaPage(data, text),
            HashInfo.VacuumOnePage => VacuumOnePage(data, record.Major, text),
            _ => true, // SPLIT_PAGE, SPLIT_CLEANUP
        };
    }

    private static bool InitMetaPage(ReadOnlySpan<byte> data, WalText text)
    {
        if (!HashInitMetaPage.TryRead(data, out HashInitMetaPage init))
            return false;
        text.Append("num_tuples "u8).AppendDouble(init.Tuples).Append(", fillfactor "u8).AppendUnsigned(init.FillFactor);
        return true;
    }

    private static bool InitBitmapPage(ReadOnlySpan<byte> data, WalText text)
    {
        if (!HashInitBitmapPage.TryRead(data, out HashInitBitmapPage init))
            return false;
        text.Append("bmsize "u8).AppendUnsigned(init.BitmapSize);
        return true;
    }

    private static bool Insert(ReadOnlySpan<byte> data, WalText text)
    {
        if (!HashInsert.TryRead(data, out HashInsert insert))
            return false;
        text.Append("off "u8).AppendUnsigned(insert.Offset);
        return true;
    }

    private static bool AddOverflowPage(ReadOnlySpan<byte> data, WalText text)
    {
        if (!HashAddOverflowPage.TryRead(data, out HashAddOverflowPage add))
            return false;
        text.Append("bmsize "u8).AppendUnsigned(add.BitmapSize).Append(", bmpage_found "u8).AppendFlag(add.FoundOnBitmap);
        return true;
    }

    private static bool SplitAllocatePage(ReadOnlySpan<byte> data, WalText text)
    {
        if (!HashSplitAllocatePage.TryRead(data, out HashSplitAllocatePage split))
            return false;
        text.Append("new_bucket "u8).AppendUnsigned(split.NewBucket)
            .Append(", meta_page_masks_updated "u8).AppendFlag((split.Flags & HashSplitFlags.UpdatesMasks) != 0)
            .Append(", issplitpoint_changed "u8).AppendFlag((split.Flags & HashSplitFlags.UpdatesSplitPoint) != 0);
        return true;
    }

    private static bool SplitComplete(ReadOnlySpan<byte> data, WalText text)
    {
        if (!HashSplitComplete.TryRead(data, out HashSplitComplete split))
            return false;
        text.Append("old_bucket_flag "u8).AppendUnsigned(split.OldBucketFlag).Append(", new_bucket_flag "u8).AppendUnsigned(split.NewBucketFlag);
        return true;
    }

    private static bool MovePageContents(ReadOnlySpan<byte> data, WalText text)
    {
        if (!HashMovePageContents.TryRead(data, out HashMovePageContents move))
            return false;
        text.Append("ntups "u8).AppendUnsigned(move.Tuples).Append(", is_primary "u8).AppendFlag(move.IsPrimary);
        return true;
    }

    private static bool SqueezePage(ReadOnlySpan<byte> data, WalText text)
    {
        if (!HashSqueezePage.TryRead(data, out HashSqueezePage squeeze))
            return false;
        text.Append("prevblkno "u8).AppendUnsigned(squeeze.Previous).Append(", nextblkno "u8).AppendUnsigned(squeeze.Next)
            .Append(", ntups "u8).AppendUnsigned(squeeze.Tuples).Append(", is_primary "u8).AppendFlag(squeeze.IsPrimary);
        return true;
    }

    private static bool Delete(ReadOnlySpan<byte> data, WalText text)
    {
        if (!HashDelete.TryRead(data, out HashDelete delete))
            return false;
        text.Append("clear_dead_marking "u8).AppendFlag(delete.ClearsDeadMark).Append(", is_primary "u8).AppendFlag(delete.IsPrimary);
        return true;
    }

    private static bool UpdateMetaPage(ReadOnlySpan<byte> data, WalText text)
    {
        if (!HashUpdateMetaPage.TryRead(data, out HashUpdateMetaPage update))
            return false;
        text.Append("ntuples "u8).AppendDouble(update.Tuples);
        return true;
    }

    private static bool VacuumOnePage(ReadOnlySpan<byte> data, PostgresMajor major, WalText text)
    {
        if (!HashVacuumOnePage.TryRead(data, major, out HashVacuumOnePage vacuum))
            return false;
        text.Append("ntuples "u8).AppendSigned(vacuum.Tuples).Append(", "u8).Append(major.Number < 14 ? "latest removed xid"u8 : ConflictHorizon.Name(major)).Append((byte)' ').AppendUnsigned(vacuum.LatestRemovedXid);
        ConflictHorizon.AppendCatalog(vacuum.IsCatalogRelation, major, text);
        return true;
    }
}
