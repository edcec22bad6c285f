namespace Pgrepl.Wal;

/// <summary>All that a COMMIT, ABORT, COMMIT_PREPARED or ABORT_PREPARED may carry; spans point into the record it was read from.</summary>
/// <remarks>Source of truth: ParseCommitRecord, ParseAbortRecord, PostgreSQL 13 to 18, src/backend/access/rmgrdesc/xactdesc.c; src/include/access/xact.h.
/// <code>
/// 8 time · with XactInfo.HasInfo in the record's info: 4 xinfo, whose bits say which of these follow, in this order:
/// 8 database and tablespace · 4 count, 4 each: subtransactions · 4 count, 12 each: relations to drop · 4 count, 12 (18: 16) each: dropped statistics (15 on)
/// 4 count, 16 each: invalidations (commit) · 4 xid of the prepared transaction · gid up to its zero · 16 origin's position and time, not aligned
/// </code></remarks>
public readonly ref struct TransactionEnd
{
    /// <summary>TimestampTz.</summary>
    public long Time { get; private init; }

    /// <summary>XactInfo.Has… and the completion bits.</summary>
    public uint Xinfo { get; private init; }

    public uint Database { get; private init; }

    public uint Tablespace { get; private init; }

    /// <summary>Xids.</summary>
    public ReadOnlySpan<uint> Subxacts { get; private init; }

    /// <summary>Files to unlink.</summary>
    public ReadOnlySpan<RelFileNode> Relations { get; private init; }

    public DroppedStatisticsList DroppedStats { get; private init; }

    public ReadOnlySpan<InvalidationMessage> Invalidations { get; private init; }

    /// <summary>The transaction that was prepared; 0: none.</summary>
    public uint PreparedXid { get; private init; }

    /// <summary>Of the prepared transaction, without its zero.</summary>
    public ReadOnlySpan<byte> Gid { get; private init; }

    public Lsn OriginLsn { get; private init; }

    /// <summary>TimestampTz.</summary>
    public long OriginTime { get; private init; }

    /// <param name="info">Of the record header.</param>
    /// <param name="mainData">Of one of the four records.</param>
    /// <param name="major">Whose record it is.</param>
    /// <param name="record">What it says.</param>
    /// <returns>False: too short for what it announces.</returns>
    public static bool TryRead(byte info, ReadOnlySpan<byte> mainData, PostgresMajor major, out TransactionEnd record)
    {
        var fields = new RecordCursor(mainData);
        long time = fields.Int64();
        uint xinfo = (info & XactInfo.HasInfo) != 0 ? fields.UInt32() : 0;
        if (xinfo == 0)
        {
            record = new() { Time = time };
            return fields.Whole;
        }
        bool commit = (info & XactInfo.OperationMask) is XactInfo.Commit or XactInfo.CommitPrepared;
        bool twoPhase = (xinfo & XactInfo.HasTwoPhase) != 0;
        bool origin = (xinfo & XactInfo.HasOrigin) != 0;
        (uint database, uint tablespace) = (xinfo & XactInfo.HasDatabase) != 0 ? (fields.UInt32(), fields.UInt32()) : default;
        record = new()
        {
            Time = time,
            Xinfo = xinfo,
            Database = database,
            Tablespace = tablespace,
            Subxacts = (xinfo & XactInfo.HasSubxacts) != 0 ? fields.Items<uint>(fields.Int32()) : default,
            Relations = (xinfo & XactInfo.HasRelations) != 0 ? fields.Items<RelFileNode>(fields.Int32()) : default,
            DroppedStats = (xinfo & XactInfo.HasDroppedStats) != 0 ? new(fields.Bytes(DroppedStatisticsList.BytesOf(fields.Int32(), major)), major) : default,
            Invalidations = commit && (xinfo & XactInfo.HasInvalidations) != 0 ? fields.Items<InvalidationMessage>(fields.Int32()) : default,
            PreparedXid = twoPhase ? fields.UInt32() : 0,
            Gid = twoPhase && (xinfo & XactInfo.HasGid) != 0 ? fields.UpToZero() : default,
            OriginLsn = origin ? fields.Lsn() : default,
            OriginTime = origin ? fields.Int64() : 0,
        };
        return fields.Whole;
    }
}
