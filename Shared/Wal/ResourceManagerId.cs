namespace Pgrepl.Wal;

/// <summary>Says who knows what a record means; the same numbers in 10 to 18. From 15 on 128 to 255 belong to extensions.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/include/access/rmgrlist.h (the order gives the number), rmgr.h.</remarks>
public enum ResourceManagerId : byte
{
    Xlog = 0,
    Transaction = 1,
    Storage = 2,
    Clog = 3,
    Database = 4,
    Tablespace = 5,
    MultiXact = 6,
    RelationMap = 7,
    Standby = 8,
    Heap2 = 9,
    Heap = 10,
    Btree = 11,
    Hash = 12,
    Gin = 13,
    Gist = 14,
    Sequence = 15,
    SpGist = 16,
    Brin = 17,
    CommitTimestamp = 18,
    ReplicationOrigin = 19,
    Generic = 20,
    LogicalMessage = 21,
}

/// <summary>RmgrIdIsValid.</summary>
public static class ResourceManagers
{
    /// <summary>RM_MIN_CUSTOM_ID.</summary>
    public const byte FirstCustom = 128;

    /// <summary>True for the built-in ones and for those of extensions, where there are any.</summary>
    public static bool IsValid(ResourceManagerId id, PostgresMajor major) => id <= ResourceManagerId.LogicalMessage || IsCustom(id, major);

    private static bool IsCustom(ResourceManagerId id, PostgresMajor major)
    {
        ArgumentNullException.ThrowIfNull(major);
        return (byte)id >= FirstCustom && major.HasCustomResourceManagers;
    }
}
