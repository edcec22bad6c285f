namespace Pgrepl.Wal;

/// <summary>Operations of <see cref="ResourceManagerId.Storage"/>.</summary>
/// <remarks>Source of truth of this file: PostgreSQL 15, src/include/catalog/storage_xlog.h.</remarks>
public static class StorageInfo
{
    public const byte Create = 0x10;
    public const byte Truncate = 0x20;
}

/// <summary>CREATE: an empty file of a fork.</summary>
/// <param name="Fork">ForkNumber.</param>
/// <remarks>xl_smgr_create: 12 and 4 bytes in this order.</remarks>
public readonly record struct StorageCreate(RelFileNode Relation, int Fork)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out StorageCreate record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.Relation(), fields.Int32());
        return fields.Whole;
    }
}

/// <summary>TRUNCATE: what stays of the heap decides what stays of the maps.</summary>
/// <param name="Blocks">That stay.</param>
/// <param name="Flags">SMGR_TRUNCATE_*: 1 heap, 2 visibility map, 4 free space map.</param>
/// <remarks>xl_smgr_truncate: 4, 12 and 4 bytes in this order.</remarks>
public readonly record struct StorageTruncate(uint Blocks, RelFileNode Relation, int Flags)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out StorageTruncate record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.UInt32(), fields.Relation(), fields.Int32());
        return fields.Whole;
    }
}
