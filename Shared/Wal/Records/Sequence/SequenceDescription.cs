namespace Pgrepl.Wal;

/// <summary>seq_identify and seq_desc.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/access/rmgrdesc/seqdesc.c.</remarks>
internal static class SequenceDescription
{
    internal static ReadOnlySpan<byte> Identify(byte info) => (info & WalRecordHeader.OperationMask) == SequenceInfo.Log ? "LOG"u8 : default;

    internal static bool Describe(WalReader record, WalText text)
    {
        if (record.Header.Operation != SequenceInfo.Log)
            return true;
        if (!SequenceLog.TryRead(record.MainData, out SequenceLog log))
            return false;
        text.Append("rel "u8).AppendRelation(log.Relation);
        return true;
    }
}
