namespace Pgrepl.Wal;

/// <summary>Operations of <see cref="ResourceManagerId.ReplicationOrigin"/>.</summary>
/// <remarks>Source of truth: XLOG_REPLORIGIN_*, PostgreSQL 15, src/include/replication/origin.h.</remarks>
public static class ReplicationOriginInfo
{
    public const byte Set = 0x00;
    public const byte Drop = 0x10;
}

/// <summary>SET: how far an origin has been replayed here.</summary>
/// <param name="RemoteLsn">On the origin.</param>
/// <param name="Origin">RepOriginId.</param>
/// <param name="Force">Even if it goes back.</param>
/// <remarks>Source of truth: xl_replorigin_set, PostgreSQL 15, src/include/replication/origin.h: 8, 2 and 1 bytes in this order, padded to 16.</remarks>
public readonly record struct ReplicationOriginSet(Lsn RemoteLsn, ushort Origin, bool Force)
{
    /// <summary>Bytes, padding included.</summary>
    public const int Size = 16;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out ReplicationOriginSet record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(new Lsn(mainData.UInt64At(0)), mainData.UInt16At(8), mainData.BoolAt(10)) : default;
        return whole;
    }
}

/// <summary>DROP of an origin.</summary>
/// <param name="Origin">RepOriginId.</param>
/// <remarks>Source of truth: xl_replorigin_drop, PostgreSQL 15, src/include/replication/origin.h: 2 bytes.</remarks>
public readonly record struct ReplicationOriginDrop(ushort Origin)
{
    /// <summary>Bytes.</summary>
    public const int Size = 2;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out ReplicationOriginDrop record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt16At(0)) : default;
        return whole;
    }
}
