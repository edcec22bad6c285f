namespace Pgrepl.Wal;

/// <summary>Operations of <see cref="ResourceManagerId.Heap2"/>; the mask and the INIT bit are <see cref="HeapInfo"/>'s.</summary>
/// <remarks>Source of truth of this file: PostgreSQL 15, src/include/access/heapam_xlog.h, XLOG_HEAP2_* and xl_heap_*. 10 to 13 had others under 0x10 to 0x30, <see cref="Heap2InfoOf13"/>; the names of 0x10 to 0x30 are others from 17 on, and the record is one, <see cref="HeapPruneFreeze"/>.</remarks>
public static class Heap2Info
{
    public const byte Rewrite = 0x00;
    public const byte Prune = 0x10;
    public const byte Vacuum = 0x20;
    public const byte FreezePage = 0x30;
    public const byte Visible = 0x40;
    public const byte MultiInsert = 0x50;
    public const byte LockUpdated = 0x60;
    public const byte NewCid = 0x70;
}

/// <summary>PRUNE, up to 16, and CLEAN of 13: which line pointers are redirected, dead and unused are the data of block 0, <see cref="HeapPageItems"/>.</summary>
/// <param name="LatestRemovedXid">snapshotConflictHorizon from 16 on: standbys cancel queries whose snapshots do not see it as finished.</param>
/// <param name="IsCatalogRelation">From 16 on.</param>
/// <remarks>4, 2, 2 and, from 16 on, 1 bytes in this order.</remarks>
public readonly record struct HeapPrune(uint LatestRemovedXid, ushort Redirected, ushort Dead, bool IsCatalogRelation)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, PostgresMajor major, out HeapPrune record)
    {
        ArgumentNullException.ThrowIfNull(major);
        var fields = new RecordCursor(mainData);
        record = new(fields.UInt32(), fields.UInt16(), fields.UInt16(), major.TellsCatalogRelations && fields.Boolean());
        return fields.Whole;
    }
}

/// <summary>VACUUM, up to 16: which dead line pointers become unused are the data of block 0, 2 bytes each.</summary>
public readonly record struct HeapVacuum(ushort Unused)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out HeapVacuum record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.UInt16());
        return fields.Whole;
    }
}

/// <summary>FREEZE_PAGE, up to 16: the plans are the data of block 0.</summary>
/// <param name="CutoffXid">snapshotConflictHorizon from 16 on: standbys cancel queries whose snapshots do not see it as finished.</param>
/// <param name="Plans">Up to 15 each is of one tuple, from 16 on of several: <see cref="HeapFreezePlan"/>.</param>
/// <param name="IsCatalogRelation">From 16 on.</param>
/// <remarks>4, 2 and, from 16 on, 1 bytes in this order.</remarks>
public readonly record struct HeapFreezePage(uint CutoffXid, ushort Plans, bool IsCatalogRelation)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, PostgresMajor major, out HeapFreezePage record)
    {
        ArgumentNullException.ThrowIfNull(major);
        var fields = new RecordCursor(mainData);
        record = new(fields.UInt32(), fields.UInt16(), major.TellsCatalogRelations && fields.Boolean());
        return fields.Whole;
    }
}

/// <summary>XLHP_*: what a record of 17 and later holds.</summary>
[Flags]
public enum HeapPruneFlags : byte
{
    None = 0,
    IsCatalogRelation = 0x02,

    /// <summary>Replay waits until nobody looks at the page.</summary>
    CleanupLock = 0x04,
    HasConflictHorizon = 0x08,
    HasFreezePlans = 0x10,
    HasRedirections = 0x20,
    HasDead = 0x40,
    HasUnused = 0x80,
}

/// <summary>PRUNE_ON_ACCESS, PRUNE_VACUUM_SCAN and PRUNE_VACUUM_CLEANUP, from 17 on: one record under three names. The data of block 0 is a <see cref="HeapPageItems"/>.</summary>
/// <param name="ConflictHorizon">snapshotConflictHorizon, if the flags say that it is there: standbys cancel queries whose snapshots do not see it as finished.</param>
/// <remarks>Source of truth: xl_heap_prune, PostgreSQL 17, src/include/access/heapam_xlog.h: 1 byte reason, which nobody reads, 1 flags, 4 not aligned.</remarks>
public readonly record struct HeapPruneFreeze(HeapPruneFlags Flags, uint ConflictHorizon)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out HeapPruneFreeze record)
    {
        var fields = new RecordCursor(mainData);
        fields.Skip(1);
        var flags = (HeapPruneFlags)fields.Byte();
        record = new(flags, flags.HasFlag(HeapPruneFlags.HasConflictHorizon) ? fields.UInt32() : 0);
        return fields.Whole;
    }
}

/// <summary>VISIBLE: block 0 is of the visibility map, block 1 of the heap.</summary>
/// <param name="CutoffXid">snapshotConflictHorizon from 16 on.</param>
/// <param name="Flags">VISIBILITYMAP_*.</param>
/// <remarks>4 and 1 bytes in this order.</remarks>
public readonly record struct HeapVisible(uint CutoffXid, byte Flags)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out HeapVisible record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.UInt32(), fields.Byte());
        return fields.Whole;
    }
}

/// <summary>MULTI_INSERT; the tuples are the data of block 0.</summary>
/// <remarks>1 byte flags (XLH_INSERT_*), 1 padding, 2 count, then 2 for each offset; without offsets when the page is made anew.</remarks>
public readonly ref struct HeapMultiInsert
{
    public byte Flags { get; private init; }

    public ushort Tuples { get; private init; }

    /// <summary>OffsetNumbers; empty: the page is made anew, they count from 1.</summary>
    public ReadOnlySpan<ushort> Offsets { get; private init; }

    /// <param name="initPage">The record's info has <see cref="HeapInfo.InitPage"/>.</param>
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, bool initPage, out HeapMultiInsert record)
    {
        var fields = new RecordCursor(mainData);
        byte flags = fields.Byte();
        fields.Skip(1);
        ushort tuples = fields.UInt16();
        record = new() { Flags = flags, Tuples = tuples, Offsets = fields.Items<ushort>(initPage ? 0 : tuples) };
        return fields.Whole;
    }
}

/// <summary>LOCK_UPDATED: a newer version of a locked row is locked too.</summary>
/// <param name="Flags">XLH_LOCK_*.</param>
/// <remarks>4, 2, 1 and 1 bytes in this order.</remarks>
public readonly record struct HeapLockUpdated(uint Xmax, ushort Offset, HeapXmaxBits XmaxBits, byte Flags)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out HeapLockUpdated record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.UInt32(), fields.UInt16(), (HeapXmaxBits)fields.Byte(), fields.Byte());
        return fields.Whole;
    }
}

/// <summary>NEW_CID: for logical decoding, which command of its transaction changed a catalogue row.</summary>
/// <remarks>4 top-level xid, 4 cmin, 4 cmax, 4 combo cid, 12 relation, then the row: block (high and low 2 bytes) and offset (2).</remarks>
public readonly record struct HeapNewCid(uint TopXid, uint Cmin, uint Cmax, uint ComboCid, RelFileNode Relation, uint Block, ushort Offset)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out HeapNewCid record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.UInt32(), fields.UInt32(), fields.UInt32(), fields.UInt32(), fields.Relation(), (uint)fields.UInt16() << 16 | fields.UInt16(), fields.UInt16());
        return fields.Whole;
    }
}

/// <summary>REWRITE: what a rewrite of a catalogue adds to a file in pg_logical/mappings; the mappings follow.</summary>
/// <remarks>4 xid, 4 database, 4 relation, 4 padding, 8 offset in the file, 4 count, 4 padding, 8 start.</remarks>
public readonly record struct HeapRewriteMapping(uint Xid, uint Database, uint Relation, long FileOffset, uint Mappings, Lsn Start)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out HeapRewriteMapping record)
    {
        var fields = new RecordCursor(mainData);
        (uint xid, uint database, uint relation) = (fields.UInt32(), fields.UInt32(), fields.UInt32());
        fields.Skip(4);
        (long offset, uint count) = (fields.Int64(), fields.UInt32());
        fields.Skip(4);
        record = new(xid, database, relation, offset, count, fields.Lsn());
        return fields.Whole;
    }
}
