namespace Pgrepl.Wal;

/// <summary>heap2_identify and heap2_desc; a REWRITE has no text. Files: this one the names and the texts up to 15, <c>.From16</c> the later ones, <c>.Of13</c> what 13 has otherwise.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/access/rmgrdesc/heapdesc.c.</remarks>
internal static partial class Heap2Description
{
    internal static ReadOnlySpan<byte> Identify(byte info, PostgresMajor major) => (info & WalRecordHeader.OperationMask) switch
    {
        Heap2InfoOf13.Clean when major.Number < 14 => "CLEAN"u8,
        Heap2InfoOf13.FreezePage when major.Number < 14 => "FREEZE_PAGE"u8,
        Heap2InfoOf13.CleanupInfo when major.Number < 14 => "CLEANUP_INFO"u8,
        Heap2Info.Prune => major.Number >= 17 ? "PRUNE_ON_ACCESS"u8 : "PRUNE"u8,
        Heap2Info.Vacuum => major.Number >= 17 ? "PRUNE_VACUUM_SCAN"u8 : "VACUUM"u8,
        Heap2Info.FreezePage => major.Number >= 17 ? "PRUNE_VACUUM_CLEANUP"u8 : "FREEZE_PAGE"u8,
        Heap2Info.Visible => "VISIBLE"u8,
        Heap2Info.MultiInsert => "MULTI_INSERT"u8,
        Heap2Info.MultiInsert | HeapInfo.InitPage => "MULTI_INSERT+INIT"u8,
        Heap2Info.LockUpdated => "LOCK_UPDATED"u8,
        Heap2Info.NewCid => "NEW_CID"u8,
        Heap2Info.Rewrite => "REWRITE"u8,
        _ => default,
    };

    internal static bool Describe(WalReader record, WalText text)
    {
        if (record.Major.Number >= 16)
            return DescribeFrom16(record, text);
        if (record.Major.Number < 14 && DescribeOf13(record, text) is { } whole)
            return whole;
        ReadOnlySpan<byte> data = record.MainData;
        return (record.Header.Info & HeapInfo.OperationMask) switch
        {
            Heap2Info.Prune => Prune(data, record.Major, text),
            Heap2Info.Vacuum => Vacuum(data, text),
            Heap2Info.FreezePage => FreezePage(data, record.Major, text),
            Heap2Info.Visible => Visible(data, text),
            Heap2Info.MultiInsert => MultiInsert(data, (record.Header.Info & HeapInfo.InitPage) != 0, text),
            Heap2Info.LockUpdated => LockUpdated(data, text),
            Heap2Info.NewCid => NewCid(data, text),
            _ => true,
        };
    }

    private static bool Prune(ReadOnlySpan<byte> data, PostgresMajor major, WalText text)
    {
        if (!HeapPrune.TryRead(data, major, out HeapPrune prune))
            return false;
        text.Append("latestRemovedXid "u8).AppendUnsigned(prune.LatestRemovedXid).Append(" nredirected "u8).AppendUnsigned(prune.Redirected).Append(" ndead "u8).AppendUnsigned(prune.Dead);
        return true;
    }

    private static bool Vacuum(ReadOnlySpan<byte> data, WalText text)
    {
        if (!HeapVacuum.TryRead(data, out HeapVacuum vacuum))
            return false;
        text.Append("nunused "u8).AppendUnsigned(vacuum.Unused);
        return true;
    }

    private static bool FreezePage(ReadOnlySpan<byte> data, PostgresMajor major, WalText text)
    {
        if (!HeapFreezePage.TryRead(data, major, out HeapFreezePage freeze))
            return false;
        text.Append("cutoff xid "u8).AppendUnsigned(freeze.CutoffXid).Append(" ntuples "u8).AppendUnsigned(freeze.Plans);
        return true;
    }

    private static bool Visible(ReadOnlySpan<byte> data, WalText text)
    {
        if (!HeapVisible.TryRead(data, out HeapVisible visible))
            return false;
        text.Append("cutoff xid "u8).AppendUnsigned(visible.CutoffXid).Append(" flags 0x"u8).AppendHex(visible.Flags, 2);
        return true;
    }

    private static bool MultiInsert(ReadOnlySpan<byte> data, bool initPage, WalText text)
    {
        if (!HeapMultiInsert.TryRead(data, initPage, out HeapMultiInsert insert))
            return false;
        text.AppendUnsigned(insert.Tuples).Append(" tuples flags 0x"u8).AppendHex(insert.Flags, 2);
        return true;
    }

    private static bool LockUpdated(ReadOnlySpan<byte> data, WalText text)
    {
        if (!HeapLockUpdated.TryRead(data, out HeapLockUpdated tuple))
            return false;
        text.Append("off "u8).AppendUnsigned(tuple.Offset).Append(": xmax "u8).AppendUnsigned(tuple.Xmax).Append(": flags 0x"u8).AppendHex(tuple.Flags, 2).Append((byte)' ');
        HeapDescription.XmaxBits(tuple.XmaxBits, text);
        return true;
    }

    private static bool NewCid(ReadOnlySpan<byte> data, WalText text)
    {
        if (!HeapNewCid.TryRead(data, out HeapNewCid cid))
            return false;
        text.Append("rel "u8).AppendRelation(cid.Relation).Append("; tid "u8).AppendUnsigned(cid.Block).Append((byte)'/').AppendUnsigned(cid.Offset)
            .Append("; cmin: "u8).AppendUnsigned(cid.Cmin).Append(", cmax: "u8).AppendUnsigned(cid.Cmax).Append(", combo: "u8).AppendUnsigned(cid.ComboCid);
        return true;
    }
}
