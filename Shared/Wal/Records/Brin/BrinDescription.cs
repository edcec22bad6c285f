namespace Pgrepl.Wal;

/// <summary>brin_identify and brin_desc.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/access/rmgrdesc/brindesc.c.</remarks>
internal static class BrinDescription
{
    internal static ReadOnlySpan<byte> Identify(byte info) => (info & WalRecordHeader.OperationMask) switch
    {
        BrinInfo.CreateIndex => "CREATE_INDEX"u8,
        BrinInfo.Insert => "INSERT"u8,
        BrinInfo.Insert | BrinInfo.InitPage => "INSERT+INIT"u8,
        BrinInfo.Update => "UPDATE"u8,
        BrinInfo.Update | BrinInfo.InitPage => "UPDATE+INIT"u8,
        BrinInfo.SamePageUpdate => "SAMEPAGE_UPDATE"u8,
        BrinInfo.ExtendRangeMap => "REVMAP_EXTEND"u8,
        BrinInfo.Desummarize => "DESUMMARIZE"u8,
        _ => default,
    };

    internal static bool Describe(WalReader record, WalText text)
    {
        ReadOnlySpan<byte> data = record.MainData;
        return (record.Header.Info & BrinInfo.OperationMask) switch
        {
            BrinInfo.CreateIndex => CreateIndex(data, text),
            BrinInfo.Insert => Insert(data, text),
            BrinInfo.Update => Update(data, text),
            BrinInfo.SamePageUpdate => SamePageUpdate(data, text),
            BrinInfo.ExtendRangeMap => ExtendRangeMap(data, text),
            BrinInfo.Desummarize => Desummarize(data, text),
            _ => true,
        };
    }

    private static bool CreateIndex(ReadOnlySpan<byte> data, WalText text)
    {
        if (!BrinCreateIndex.TryRead(data, out BrinCreateIndex create))
            return false;
        text.Append((byte)'v').AppendUnsigned(create.Version).Append(" pagesPerRange "u8).AppendUnsigned(create.PagesPerRange);
        return true;
    }

    private static bool Insert(ReadOnlySpan<byte> data, WalText text)
    {
        if (!BrinInsert.TryRead(data, out BrinInsert insert))
            return false;
        Range(insert, text);
        text.Append(" offnum "u8).AppendUnsigned(insert.Offset);
        return true;
    }

    private static bool Update(ReadOnlySpan<byte> data, WalText text)
    {
        if (!BrinUpdate.TryRead(data, out BrinUpdate update))
            return false;
        Range(update.Insert, text);
        text.Append(" old offnum "u8).AppendUnsigned(update.OldOffset).Append(", new offnum "u8).AppendUnsigned(update.Insert.Offset);
        return true;
    }

    private static void Range(in BrinInsert insert, WalText text) =>
        text.Append("heapBlk "u8).AppendUnsigned(insert.HeapBlock).Append(" pagesPerRange "u8).AppendUnsigned(insert.PagesPerRange);

    private static bool SamePageUpdate(ReadOnlySpan<byte> data, WalText text)
    {
        if (!BrinSamePageUpdate.TryRead(data, out BrinSamePageUpdate update))
            return false;
        text.Append("offnum "u8).AppendUnsigned(update.Offset);
        return true;
    }

    private static bool ExtendRangeMap(ReadOnlySpan<byte> data, WalText text)
    {
        if (!BrinExtendRangeMap.TryRead(data, out BrinExtendRangeMap extend))
            return false;
        text.Append("targetBlk "u8).AppendUnsigned(extend.Block);
        return true;
    }

    private static bool Desummarize(ReadOnlySpan<byte> data, WalText text)
    {
        if (!BrinDesummarize.TryRead(data, out BrinDesummarize range))
            return false;
        text.Append("pagesPerRange "u8).AppendUnsigned(range.PagesPerRange).Append(", heapBlk "u8).AppendUnsigned(range.HeapBlock)
            .Append(", page offset "u8).AppendUnsigned(range.Offset);
        return true;
    }
}
