namespace Pgrepl.Wal;

/// <summary>replorigin_identify and replorigin_desc.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/access/rmgrdesc/replorigindesc.c.</remarks>
internal static class ReplicationOriginDescription
{
    /// <remarks>The low bits count, unlike elsewhere.</remarks>
    internal static ReadOnlySpan<byte> Identify(byte info) => info switch
    {
        ReplicationOriginInfo.Set => "SET"u8,
        ReplicationOriginInfo.Drop => "DROP"u8,
        _ => default,
    };

    internal static bool Describe(WalReader record, WalText text)
    {
        ReadOnlySpan<byte> data = record.MainData;
        return record.Header.Operation switch
        {
            ReplicationOriginInfo.Set => Set(data, text),
            ReplicationOriginInfo.Drop => Drop(data, text),
            _ => true,
        };
    }

    private static bool Set(ReadOnlySpan<byte> data, WalText text)
    {
        if (!ReplicationOriginSet.TryRead(data, out ReplicationOriginSet set))
            return false;
        text.Append("set "u8).AppendUnsigned(set.Origin).Append("; lsn "u8).AppendLsn(set.RemoteLsn).Append("; force: "u8).Append(set.Force ? (byte)'1' : (byte)'0');
        return true;
    }

    private static bool Drop(ReadOnlySpan<byte> data, WalText text)
    {
        if (!ReplicationOriginDrop.TryRead(data, out ReplicationOriginDrop drop))
            return false;
        text.Append("drop "u8).AppendUnsigned(drop.Origin);
        return true;
    }
}
