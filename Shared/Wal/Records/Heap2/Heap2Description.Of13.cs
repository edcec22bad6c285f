namespace Pgrepl.Wal;

// What 13 says otherwise than 14: records of the three codes that 14 uses anew.
// Source of truth: PostgreSQL 13, src/backend/access/rmgrdesc/heapdesc.c.
internal static partial class Heap2Description
{
    /// <returns>Null: it says what 14 says. False: too short.</returns>
    private static bool? DescribeOf13(WalReader record, WalText text)
    {
        ReadOnlySpan<byte> data = record.MainData;
        switch (record.Header.Info & HeapInfo.OperationMask)
        {
            case Heap2InfoOf13.Clean:
                if (!HeapPrune.TryRead(data, record.Major, out HeapPrune clean))
                    return false;
                text.Append("remxid "u8).AppendUnsigned(clean.LatestRemovedXid);
                return true;
            case Heap2InfoOf13.FreezePage:
                return FreezePage(data, record.Major, text);
            case Heap2InfoOf13.CleanupInfo:
                if (!HeapCleanupInfo.TryRead(data, out HeapCleanupInfo cleanup))
                    return false;
                text.Append("remxid "u8).AppendUnsigned(cleanup.LatestRemovedXid);
                return true;
            default:
                return null;
        }
    }
}
