using System.Runtime.InteropServices;

namespace Pgrepl.Wal;

/// <summary>Operations of <see cref="ResourceManagerId.Standby"/>.</summary>
/// <remarks>Source of truth of this file: PostgreSQL 15, src/include/storage/standbydefs.h, lockdefs.h.</remarks>
public static class StandbyInfo
{
    public const byte Lock = 0x00;
    public const byte RunningXacts = 0x10;
    public const byte Invalidations = 0x20;
}

/// <summary>xl_standby_lock: an AccessExclusiveLock.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
public readonly record struct StandbyLock(uint Xid, uint Database, uint Relation);

/// <summary>LOCK.</summary>
/// <remarks>xl_standby_locks: 4 count, 12 each.</remarks>
public readonly ref struct StandbyLocks
{
    public ReadOnlySpan<StandbyLock> Locks { get; private init; }

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out StandbyLocks record)
    {
        var fields = new RecordCursor(mainData);
        record = new() { Locks = fields.Items<StandbyLock>(fields.Int32()) };
        return fields.Whole;
    }
}

/// <summary>RUNNING_XACTS: what was running at this place.</summary>
/// <remarks>xl_running_xacts: 4 count, 4 count of subtransactions, 1 overflow, 3 padding, 4 next xid, 4 oldest running, 4 latest completed, then 4 each.</remarks>
public readonly ref struct RunningXacts
{
    public bool SubxidsOverflowed { get; private init; }

    public uint NextXid { get; private init; }

    public uint OldestRunningXid { get; private init; }

    public uint LatestCompletedXid { get; private init; }

    public ReadOnlySpan<uint> Xids { get; private init; }

    public ReadOnlySpan<uint> Subxids { get; private init; }

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out RunningXacts record)
    {
        var fields = new RecordCursor(mainData);
        (int xids, int subxids, bool overflowed) = (fields.Int32(), fields.Int32(), fields.Boolean());
        fields.Skip(3);
        (uint next, uint oldest, uint latest) = (fields.UInt32(), fields.UInt32(), fields.UInt32());
        record = new()
        {
            SubxidsOverflowed = overflowed,
            NextXid = next,
            OldestRunningXid = oldest,
            LatestCompletedXid = latest,
            Xids = fields.Items<uint>(xids),
            Subxids = fields.Items<uint>(subxids),
        };
        return fields.Whole;
    }
}

/// <summary>INVALIDATIONS of a transaction without an xid.</summary>
/// <remarks>xl_invalidations: 4 database, 4 tablespace, 1 relcache init file, 3 padding, 4 count, 16 each.</remarks>
public readonly ref struct StandbyInvalidations
{
    public uint Database { get; private init; }

    public uint Tablespace { get; private init; }

    /// <summary>pg_internal.init is to go.</summary>
    public bool UpdateRelcacheFile { get; private init; }

    public ReadOnlySpan<InvalidationMessage> Messages { get; private init; }

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out StandbyInvalidations record)
    {
        var fields = new RecordCursor(mainData);
        (uint database, uint tablespace, bool relcache) = (fields.UInt32(), fields.UInt32(), fields.Boolean());
        fields.Skip(3);
        record = new() { Database = database, Tablespace = tablespace, UpdateRelcacheFile = relcache, Messages = fields.Items<InvalidationMessage>(fields.Int32()) };
        return fields.Whole;
    }
}
