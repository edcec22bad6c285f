namespace Pgrepl.Wal;

/// <summary>relmap_identify and relmap_desc.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/access/rmgrdesc/relmapdesc.c.</remarks>
internal static class RelationMapDescription
{
    internal static ReadOnlySpan<byte> Identify(byte info) => (info & WalRecordHeader.OperationMask) == RelationMapUpdate.Operation ? "UPDATE"u8 : default;

    internal static bool Describe(WalReader record, WalText text)
    {
        if (record.Header.Operation != RelationMapUpdate.Operation)
            return true;
        if (!RelationMapUpdate.TryRead(record.MainData, out RelationMapUpdate update))
            return false;
        text.Append("database "u8).AppendUnsigned(update.Database).Append(" tablespace "u8).AppendUnsigned(update.Tablespace).Append(" size "u8).AppendUnsigned((uint)update.Map.Length);
        return true;
    }
}
