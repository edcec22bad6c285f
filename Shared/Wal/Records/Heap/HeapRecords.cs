namespace Pgrepl.Wal;

/// <summary>Operations of <see cref="ResourceManagerId.Heap"/>.</summary>
/// <remarks>Source of truth of this file: PostgreSQL 15, src/include/access/heapam_xlog.h, XLOG_HEAP_* and xl_heap_*.</remarks>
public static class HeapInfo
{
    public const byte Insert = 0x00;
    public const byte Delete = 0x10;
    public const byte Update = 0x20;
    public const byte Truncate = 0x30;
    public const byte HotUpdate = 0x40;
    public const byte Confirm = 0x50;
    public const byte Lock = 0x60;
    public const byte Inplace = 0x70;

    /// <summary>XLOG_HEAP_OPMASK.</summary>
    public const byte OperationMask = 0x70;

    /// <summary>XLOG_HEAP_INIT_PAGE: the page is made anew, this is its first tuple.</summary>
    public const byte InitPage = 0x80;
}

/// <summary>XLHL_*: what a record says of a tuple's xmax.</summary>
[Flags]
public enum HeapXmaxBits : byte
{
    None = 0,
    IsMulti = 0x01,
    LockOnly = 0x02,
    ExclusiveLock = 0x04,
    KeyShareLock = 0x08,
    KeysUpdated = 0x10,
}

/// <summary>XLH_TRUNCATE_*.</summary>
[Flags]
public enum HeapTruncateFlags : byte
{
    None = 0,
    Cascade = 0x01,
    RestartSequences = 0x02,
}

/// <summary>INSERT; the tuple is the data of block 0.</summary>
/// <param name="Offset">OffsetNumber of the tuple.</param>
/// <param name="Flags">XLH_INSERT_*.</param>
/// <remarks>2 and 1 bytes in this order.</remarks>
public readonly record struct HeapInsert(ushort Offset, byte Flags)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out HeapInsert record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.UInt16(), fields.Byte());
        return fields.Whole;
    }
}

/// <summary>DELETE; with logical decoding the old tuple or its key follows.</summary>
/// <param name="Flags">XLH_DELETE_*.</param>
/// <remarks>4, 2, 1 and 1 bytes in this order.</remarks>
public readonly record struct HeapDelete(uint Xmax, ushort Offset, HeapXmaxBits XmaxBits, byte Flags)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out HeapDelete record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.UInt32(), fields.UInt16(), (HeapXmaxBits)fields.Byte(), fields.Byte());
        return fields.Whole;
    }
}

/// <summary>UPDATE and HOT_UPDATE: block 0 is the new page, block 1 the old one if it is another.</summary>
/// <param name="Flags">XLH_UPDATE_*.</param>
/// <remarks>4, 2, 1, 1, 4 and 2 bytes in this order; with logical decoding the old tuple or its key follows.</remarks>
public readonly record struct HeapUpdate(uint OldXmax, ushort OldOffset, HeapXmaxBits OldXmaxBits, byte Flags, uint NewXmax, ushort NewOffset)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out HeapUpdate record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.UInt32(), fields.UInt16(), (HeapXmaxBits)fields.Byte(), fields.Byte(), fields.UInt32(), fields.UInt16());
        return fields.Whole;
    }
}

/// <summary>TRUNCATE: for logical decoding alone.</summary>
/// <remarks>4 bytes database, 4 count, 1 flags, 3 padding, then 4 for each relation's OID.</remarks>
public readonly ref struct HeapTruncate
{
    public uint Database { get; private init; }

    public HeapTruncateFlags Flags { get; private init; }

    /// <summary>OIDs.</summary>
    public ReadOnlySpan<uint> Relations { get; private init; }

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out HeapTruncate record)
    {
        var fields = new RecordCursor(mainData);
        uint database = fields.UInt32();
        uint count = fields.UInt32();
        var flags = (HeapTruncateFlags)fields.Byte();
        fields.Skip(3);
        record = new() { Database = database, Flags = flags, Relations = fields.Items<uint>((int)Math.Min(count, int.MaxValue)) };
        return fields.Whole;
    }
}

/// <summary>LOCK.</summary>
/// <param name="Xid">May be a multixact.</param>
/// <param name="Flags">XLH_LOCK_*.</param>
/// <remarks>4, 2, 1 and 1 bytes in this order.</remarks>
public readonly record struct HeapLock(uint Xid, ushort Offset, HeapXmaxBits XmaxBits, byte Flags)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out HeapLock record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.UInt32(), fields.UInt16(), (HeapXmaxBits)fields.Byte(), fields.Byte());
        return fields.Whole;
    }
}

/// <summary>INPLACE from 18 on: the update cannot be taken back, so it says itself what it invalidates. The tuple is the data of block 0.</summary>
/// <remarks>Source of truth: xl_heap_inplace, PostgreSQL 18, src/include/access/heapam_xlog.h:
/// 2 bytes offset, 2 padding, 4 database, 4 tablespace, 1 relcache init file, 3 padding, 4 count, 16 each.</remarks>
public readonly ref struct HeapInplace
{
    /// <summary>OffsetNumber of the tuple.</summary>
    public ushort Offset { get; private init; }

    public uint Database { get; private init; }

    public uint Tablespace { get; private init; }

    /// <summary>pg_internal.init is to go.</summary>
    public bool UpdateRelcacheFile { get; private init; }

    public ReadOnlySpan<InvalidationMessage> Messages { get; private init; }

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out HeapInplace record)
    {
        var fields = new RecordCursor(mainData);
        ushort offset = fields.UInt16();
        fields.Skip(2);
        (uint database, uint tablespace, bool relcache) = (fields.UInt32(), fields.UInt32(), fields.Boolean());
        fields.Skip(3);
        record = new() { Offset = offset, Database = database, Tablespace = tablespace, UpdateRelcacheFile = relcache, Messages = fields.Items<InvalidationMessage>(fields.Int32()) };
        return fields.Whole;
    }
}

/// <summary>HEAP_CONFIRM of a speculative insertion, and INPLACE up to 17: which tuple. An in-place update's bytes are the data of block 0.</summary>
public readonly record struct HeapTuplePlace(ushort Offset)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out HeapTuplePlace record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.UInt16());
        return fields.Whole;
    }
}
