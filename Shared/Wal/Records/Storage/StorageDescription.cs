namespace Pgrepl.Wal;

/// <summary>smgr_identify and smgr_desc.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/access/rmgrdesc/smgrdesc.c.</remarks>
internal static class StorageDescription
{
    internal static ReadOnlySpan<byte> Identify(byte info) => (info & WalRecordHeader.OperationMask) switch
    {
        StorageInfo.Create => "CREATE"u8,
        StorageInfo.Truncate => "TRUNCATE"u8,
        _ => default,
    };

    internal static bool Describe(WalReader record, WalText text) => record.Header.Operation switch
    {
        StorageInfo.Create => Create(record, text),
        StorageInfo.Truncate => Truncate(record, text),
        _ => true,
    };

    private static bool Create(WalReader record, WalText text)
    {
        if (!StorageCreate.TryRead(record.MainData, out StorageCreate create))
            return false;
        text.AppendPath(create.Relation, create.Fork, record.Major);
        return true;
    }

    private static bool Truncate(WalReader record, WalText text)
    {
        if (!StorageTruncate.TryRead(record.MainData, out StorageTruncate truncate))
            return false;
        text.AppendPath(truncate.Relation, 0, record.Major).Append(" to "u8).AppendUnsigned(truncate.Blocks).Append(" blocks flags "u8).AppendSigned(truncate.Flags);
        return true;
    }
}
