namespace Pgrepl.Wal;

/// <summary>logicalmsg_identify and logicalmsg_desc; 13 says the size alone.</summary>
/// <remarks>Source of truth: PostgreSQL 13 to 15, src/backend/access/rmgrdesc/logicalmsgdesc.c.</remarks>
internal static class LogicalMessageDescription
{
    internal static ReadOnlySpan<byte> Identify(byte info) => (info & WalRecordHeader.OperationMask) == LogicalMessage.Operation ? "MESSAGE"u8 : default;

    internal static bool Describe(WalReader record, WalText text)
    {
        if (record.Header.Operation != LogicalMessage.Operation)
            return true;
        if (!LogicalMessage.TryRead(record.MainData, out LogicalMessage message))
            return false;
        if (record.Major.Number < 14)
        {
            text.Append(message.Transactional ? "transactional message size "u8 : "nontransactional message size "u8).AppendUnsigned((uint)message.Content.Length).Append(" bytes"u8);
            return true;
        }
        text.Append(message.Transactional ? "transactional, prefix \""u8 : "non-transactional, prefix \""u8).Append(message.Prefix)
            .Append("\"; payload ("u8).AppendUnsigned((uint)message.Content.Length).Append(" bytes): "u8).AppendHexBytes(message.Content);
        return true;
    }
}
