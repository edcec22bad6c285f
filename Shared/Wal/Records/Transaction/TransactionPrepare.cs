namespace Pgrepl.Wal;

/// <summary>PREPARE: the body of a two-phase state file, without the locks and other states at its end; spans point into the record it was read from.</summary>
/// <remarks>Source of truth: xl_xact_prepare, ParsePrepareRecord, PostgreSQL 13 to 18, src/include/access/xact.h, src/backend/access/rmgrdesc/xactdesc.c.
/// <code>
/// 4 magic · 4 total length · 4 xid · 4 database · 8 time · 4 owner · 4 each, counts: subtransactions, relations at commit, at abort, statistics at commit, at abort (15 on), invalidations
/// 1 relcache init file · 1 padding · 2 gid length · 8 and 8 origin's position and time; then gid and the six arrays, each aligned to 8
/// </code></remarks>
public readonly ref struct TransactionPrepare
{
    /// <summary>TWOPHASE_MAGIC of the major.</summary>
    public uint Magic { get; private init; }

    /// <summary>Bytes of the state file, its checksum included.</summary>
    public uint TotalLength { get; private init; }

    public uint Xid { get; private init; }

    public uint Database { get; private init; }

    /// <summary>TimestampTz.</summary>
    public long Time { get; private init; }

    /// <summary>OID of a role.</summary>
    public uint Owner { get; private init; }

    /// <summary>The commit removes pg_internal.init.</summary>
    public bool UpdateRelcacheFile { get; private init; }

    public Lsn OriginLsn { get; private init; }

    /// <summary>TimestampTz.</summary>
    public long OriginTime { get; private init; }

    /// <summary>As long as the record says; ends in a zero.</summary>
    public ReadOnlySpan<byte> Gid { get; private init; }

    public ReadOnlySpan<uint> Subxacts { get; private init; }

    public ReadOnlySpan<RelFileNode> CommitRelations { get; private init; }

    public ReadOnlySpan<RelFileNode> AbortRelations { get; private init; }

    public DroppedStatisticsList CommitStats { get; private init; }

    public DroppedStatisticsList AbortStats { get; private init; }

    public ReadOnlySpan<InvalidationMessage> Invalidations { get; private init; }

    /// <summary>What resource managers left behind all that (<see cref="TwoPhaseState.Records"/>).</summary>
    internal ReadOnlySpan<byte> StateRecords { get; private init; }

    /// <returns>False: too short for what it announces.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, PostgresMajor major, out TransactionPrepare record)
    {
        ArgumentNullException.ThrowIfNull(major);
        var fields = new RecordCursor(mainData);
        (uint magic, uint length, uint xid, uint database) = (fields.UInt32(), fields.UInt32(), fields.UInt32(), fields.UInt32());
        (long time, uint owner) = (fields.Int64(), fields.UInt32());
        (int subxacts, int commitRelations, int abortRelations) = (fields.Int32(), fields.Int32(), fields.Int32());
        (int commitStats, int abortStats) = major.HasDroppedStatistics ? (fields.Int32(), fields.Int32()) : default;
        int invalidations = fields.Int32();
        bool relcache = fields.Boolean();
        fields.Skip(1);
        ushort gidLength = fields.UInt16();
        (Lsn originLsn, long originTime) = (fields.Lsn(), fields.Int64());
        record = new()
        {
            Magic = magic,
            TotalLength = length,
            Xid = xid,
            Database = database,
            Time = time,
            Owner = owner,
            UpdateRelcacheFile = relcache,
            OriginLsn = originLsn,
            OriginTime = originTime,
            Gid = fields.AlignedItems<byte>(gidLength),
            Subxacts = fields.AlignedItems<uint>(subxacts),
            CommitRelations = fields.AlignedItems<RelFileNode>(commitRelations),
            AbortRelations = fields.AlignedItems<RelFileNode>(abortRelations),
            CommitStats = new(fields.AlignedBytes(DroppedStatisticsList.BytesOf(commitStats, major)), major),
            AbortStats = new(fields.AlignedBytes(DroppedStatisticsList.BytesOf(abortStats, major)), major),
            Invalidations = fields.AlignedItems<InvalidationMessage>(invalidations),
            StateRecords = fields.AlignedRest(),
        };
        return fields.Whole;
    }
}
