namespace Pgrepl.Wal;

/// <summary>clog_identify and clog_desc.</summary>
/// <remarks>Source of truth: PostgreSQL 15 to 18, src/backend/access/rmgrdesc/clogdesc.c.</remarks>
internal static class ClogDescription
{
    internal static ReadOnlySpan<byte> Identify(byte info) => (info & WalRecordHeader.OperationMask) switch
    {
        ClogInfo.ZeroPage => "ZEROPAGE"u8,
        ClogInfo.Truncate => "TRUNCATE"u8,
        _ => default,
    };

    internal static bool Describe(WalReader record, WalText text)
    {
        switch (record.Header.Operation)
        {
            case ClogInfo.ZeroPage when ClogZeroPage.TryRead(record.MainData, record.Major, out ClogZeroPage zero):
                text.Append("page "u8).AppendSigned(zero.Page);
                return true;
            case ClogInfo.Truncate when ClogTruncate.TryRead(record.MainData, record.Major, out ClogTruncate truncate):
                text.Append("page "u8).AppendSigned(truncate.Page).Append("; oldestXact "u8).AppendUnsigned(truncate.OldestXid);
                return true;
            default:
                return record.Header.Operation is not (ClogInfo.ZeroPage or ClogInfo.Truncate);
        }
    }
}
