namespace Pgrepl.Wal;

/// <summary>Operations of <see cref="ResourceManagerId.Heap2"/> whose numbers stand for others from 14 on; the rest is <see cref="Heap2Info"/>'s.</summary>
/// <remarks>Source of truth of this file: PostgreSQL 13, src/include/access/heapam_xlog.h.</remarks>
public static class Heap2InfoOf13
{
    /// <summary>Pruning and VACUUM alike; the record is a <see cref="HeapPrune"/>.</summary>
    public const byte Clean = 0x10;

    /// <summary>The record is a <see cref="HeapFreezePage"/>.</summary>
    public const byte FreezePage = 0x20;

    public const byte CleanupInfo = 0x30;
}

/// <summary>CLEANUP_INFO: for standbys alone, before VACUUM takes entries out of indexes; no block references.</summary>
/// <param name="Relation">The table.</param>
/// <param name="LatestRemovedXid">Standbys cancel queries whose snapshots do not see it as finished.</param>
/// <remarks>xl_heap_cleanup_info: 12 and 4 bytes in this order.</remarks>
public readonly record struct HeapCleanupInfo(RelFileNode Relation, uint LatestRemovedXid)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out HeapCleanupInfo record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.Relation(), fields.UInt32());
        return fields.Whole;
    }
}
