namespace Pgrepl.Wal;

/// <summary>Operations of <see cref="ResourceManagerId.CommitTimestamp"/>.</summary>
/// <remarks>Source of truth: COMMIT_TS_*, PostgreSQL 13 and 15, src/include/access/commit_ts.h.</remarks>
public static class CommitTimestampInfo
{
    public const byte ZeroPage = 0x00;
    public const byte Truncate = 0x10;

    /// <summary>COMMIT_TS_SETTS, up to 13.</summary>
    public const byte Set = 0x20;
}

/// <summary>ZEROPAGE of pg_commit_ts.</summary>
/// <param name="Page">Of 819 transactions each, from 0.</param>
/// <remarks>Source of truth: WriteZeroPageXlogRec, PostgreSQL 10 to 18, src/backend/access/transam/commit_ts.c: 4 bytes, from 17 on 8.</remarks>
public readonly record struct CommitTimestampZeroPage(long Page)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, PostgresMajor major, out CommitTimestampZeroPage record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.PageNumber(major));
        return fields.Whole;
    }
}

/// <summary>TRUNCATE of pg_commit_ts.</summary>
/// <param name="Page">First one that stays.</param>
/// <param name="OldestXid">First transaction whose time can be asked for.</param>
/// <remarks>Source of truth: xl_commit_ts_truncate, PostgreSQL 10 to 18, src/include/access/commit_ts.h: 4, from 17 on 8, and 4 bytes in this order.</remarks>
public readonly record struct CommitTimestampTruncate(long Page, uint OldestXid)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, PostgresMajor major, out CommitTimestampTruncate record)
    {
        var fields = new RecordCursor(mainData);
        record = new(fields.PageNumber(major), fields.UInt32());
        return fields.Whole;
    }
}

/// <summary>SETTS, up to 13, where an extension may write it and PostgreSQL itself does not: the time of a transaction and of its subtransactions. Spans point into the record it was read from.</summary>
/// <remarks>Source of truth: xl_commit_ts_set, PostgreSQL 13, src/include/access/commit_ts.h: 8 time, 2 origin, 2 padding, 4 xid, then 4 for each subtransaction, as many as there are.</remarks>
public readonly ref struct CommitTimestampSet
{
    /// <summary>TimestampTz.</summary>
    public long Time { get; private init; }

    /// <summary>Replication origin; 0: here.</summary>
    public ushort Origin { get; private init; }

    public uint Xid { get; private init; }

    public ReadOnlySpan<uint> Subxacts { get; private init; }

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out CommitTimestampSet record)
    {
        var fields = new RecordCursor(mainData);
        (long time, ushort origin) = (fields.Int64(), fields.UInt16());
        fields.Skip(2);
        uint xid = fields.UInt32();
        record = new() { Time = time, Origin = origin, Xid = xid, Subxacts = fields.Items<uint>(fields.Rest.Length / sizeof(uint)) };
        return fields.Whole;
    }
}
