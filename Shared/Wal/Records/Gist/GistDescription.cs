namespace Pgrepl.Wal;

/// <summary>gist_identify and gist_desc.</summary>
/// <remarks>Source of truth: PostgreSQL 15 to 18, src/backend/access/rmgrdesc/gistdesc.c.</remarks>
internal static class GistDescription
{
    internal static ReadOnlySpan<byte> Identify(byte info) => (info & WalRecordHeader.OperationMask) switch
    {
        GistInfo.PageUpdate => "PAGE_UPDATE"u8,
        GistInfo.Delete => "DELETE"u8,
        GistInfo.PageReuse => "PAGE_REUSE"u8,
        GistInfo.PageSplit => "PAGE_SPLIT"u8,
        GistInfo.PageDelete => "PAGE_DELETE"u8,
        GistInfo.AssignLsn => "ASSIGN_LSN"u8,
        _ => default,
    };

    internal static bool Describe(WalReader record, WalText text)
    {
        ReadOnlySpan<byte> data = record.MainData;
        return record.Header.Operation switch
        {
            GistInfo.Delete => Delete(data, record.Major, text),
            GistInfo.PageReuse => PageReuse(data, record.Major, text),
            GistInfo.PageSplit => PageSplit(data, text),
            GistInfo.PageDelete => PageDelete(data, text),
            _ => true, // PAGE_UPDATE and ASSIGN_LSN say nothing
        };
    }

    private static bool Delete(ReadOnlySpan<byte> data, PostgresMajor major, WalText text)
    {
        if (!GistDelete.TryRead(data, major, out GistDelete delete))
            return false;
        text.Append("delete: "u8).Append(ConflictHorizon.Name(major)).Append((byte)' ').AppendUnsigned(delete.LatestRemovedXid).Append(", nitems: "u8).AppendUnsigned(delete.ToDelete);
        ConflictHorizon.AppendCatalog(delete.IsCatalogRelation, major, text);
        return true;
    }

    private static bool PageReuse(ReadOnlySpan<byte> data, PostgresMajor major, WalText text)
    {
        if (!GistPageReuse.TryRead(data, major, out GistPageReuse reuse))
            return false;
        text.Append("rel "u8).AppendRelation(reuse.Relation).Append("; blk "u8).AppendUnsigned(reuse.Block).Append("; "u8).Append(ConflictHorizon.Name(major)).Append((byte)' ').AppendFullXid(reuse.LatestRemovedXid);
        ConflictHorizon.AppendCatalog(reuse.IsCatalogRelation, major, text);
        return true;
    }

    private static bool PageSplit(ReadOnlySpan<byte> data, WalText text)
    {
        if (!GistPageSplit.TryRead(data, out GistPageSplit split))
            return false;
        text.Append("page_split: splits to "u8).AppendUnsigned(split.Pages).Append(" pages"u8);
        return true;
    }

    private static bool PageDelete(ReadOnlySpan<byte> data, WalText text)
    {
        if (!GistPageDelete.TryRead(data, out GistPageDelete delete))
            return false;
        text.Append("deleteXid "u8).AppendFullXid(delete.DeleteXid).Append("; downlink "u8).AppendUnsigned(delete.DownlinkOffset);
        return true;
    }
}
