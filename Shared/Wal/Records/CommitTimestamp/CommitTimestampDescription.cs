namespace Pgrepl.Wal;

/// <summary>commit_ts_identify and commit_ts_desc.</summary>
/// <remarks>Source of truth: PostgreSQL 13 to 18, src/backend/access/rmgrdesc/committsdesc.c.</remarks>
internal static class CommitTimestampDescription
{
    /// <remarks>The low bits count, unlike elsewhere.</remarks>
    internal static ReadOnlySpan<byte> Identify(byte info, PostgresMajor major) => info switch
    {
        CommitTimestampInfo.ZeroPage => "ZEROPAGE"u8,
        CommitTimestampInfo.Truncate => "TRUNCATE"u8,
        CommitTimestampInfo.Set when major.Number < 14 => "SETTS"u8,
        _ => default,
    };

    internal static bool Describe(WalReader record, WalText text)
    {
        ReadOnlySpan<byte> data = record.MainData;
        return record.Header.Operation switch
        {
            CommitTimestampInfo.ZeroPage => ZeroPage(data, record.Major, text),
            CommitTimestampInfo.Truncate => Truncate(data, record.Major, text),
            CommitTimestampInfo.Set when record.Major.Number < 14 => Set(data, text),
            _ => true,
        };
    }

    private static bool ZeroPage(ReadOnlySpan<byte> data, PostgresMajor major, WalText text)
    {
        if (!CommitTimestampZeroPage.TryRead(data, major, out CommitTimestampZeroPage zero))
            return false;
        text.AppendSigned(zero.Page);
        return true;
    }

    private static bool Truncate(ReadOnlySpan<byte> data, PostgresMajor major, WalText text)
    {
        if (!CommitTimestampTruncate.TryRead(data, major, out CommitTimestampTruncate truncate))
            return false;
        text.Append("pageno "u8).AppendSigned(truncate.Page).Append(", oldestXid "u8).AppendUnsigned(truncate.OldestXid);
        return true;
    }

    private static bool Set(ReadOnlySpan<byte> data, WalText text)
    {
        if (!CommitTimestampSet.TryRead(data, out CommitTimestampSet set))
            return false;
        text.Append("set "u8).AppendTimestamp(set.Time).Append((byte)'/').AppendUnsigned(set.Origin).Append(" for: "u8).AppendUnsigned(set.Xid);
        foreach (uint subxact in set.Subxacts)
            text.Append(", "u8).AppendUnsigned(subxact);
        return true;
    }
}
