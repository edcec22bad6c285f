using System.Buffers.Binary;

namespace Pgrepl.Wal;

/// <summary>COMMIT of a transaction: the time, whether standbys should report at once, and the database for logical decoding.</summary>
/// <param name="Time">TimestampTz.</param>
/// <param name="ApplyFeedback">The session commits with remote_apply.</param>
/// <param name="DatabaseOid">0: not in the record. With wal_level logical PostgreSQL always writes it.</param>
/// <param name="TablespaceOid">The database's default tablespace; only with a database.</param>
/// <remarks>Source of truth: xl_xact_commit and XactLogCommitRecord, PostgreSQL 15, src/include/access/xact.h, src/backend/access/transam/xact.c.
/// <code>
/// offset  size  field
///      0     8  Time
///      8     4  xinfo           when the record's info has XactInfo.HasInfo
///     12     8  database, tablespace: when xinfo has HasDatabase; more may follow, and is not read here
/// </code></remarks>
public readonly record struct TransactionCommit(long Time, bool ApplyFeedback, uint DatabaseOid = 0, uint TablespaceOid = 0)
{
    /// <param name="info">Of the record header: says what follows the time.</param>
    /// <param name="mainData">Of a COMMIT or COMMIT_PREPARED.</param>
    /// <returns><see langword="null"/>: too short for what it announces.</returns>
    public static TransactionCommit? Read(byte info, ReadOnlySpan<byte> mainData)
    {
        if (mainData.Length < 8)
            return null;
        long time = BinaryPrimitives.ReadInt64LittleEndian(mainData);
        if ((info & XactInfo.HasInfo) == 0)
            return new(time, false);
        if (mainData.Length < 12)
            return null;
        uint xinfo = BinaryPrimitives.ReadUInt32LittleEndian(mainData[8..]);
        bool feedback = (xinfo & XactInfo.ApplyFeedback) != 0;
        if ((xinfo & XactInfo.HasDatabase) == 0)
            return new(time, feedback);
        if (mainData.Length < 20)
            return null;
        return new(time, feedback, BinaryPrimitives.ReadUInt32LittleEndian(mainData[12..]), BinaryPrimitives.ReadUInt32LittleEndian(mainData[16..]));
    }

    /// <summary>The time in the record that a reader holds, if it is the commit of a transaction, prepared or not: the same bytes in every major.</summary>
    /// <returns>TimestampTz; <see langword="null"/>: another record.</returns>
    public static long? TimeIn(WalReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        WalRecordHeader header = reader.Header;
        return header.Rmgr == ResourceManagerId.Transaction && (header.Info & XactInfo.OperationMask) is XactInfo.Commit or XactInfo.CommitPrepared && reader.MainData.Length >= 8
            ? BinaryPrimitives.ReadInt64LittleEndian(reader.MainData) : null;
    }

    /// <summary>Begins the record that PostgreSQL 15 writes for a transaction that only emitted messages.</summary>
    public static void Build(WalRecordBuilder builder, uint xid, long time, bool applyFeedback, uint databaseOid = 0, uint tablespaceOid = 0)
    {
        ArgumentNullException.ThrowIfNull(builder);
        uint xinfo = (applyFeedback ? XactInfo.ApplyFeedback : 0) | (databaseOid != 0 ? XactInfo.HasDatabase : 0);
        builder.Begin(ResourceManagerId.Transaction, (byte)(XactInfo.Commit | (xinfo != 0 ? XactInfo.HasInfo : 0)), xid);
        builder.AppendInt64(time);
        if (xinfo != 0)
            builder.AppendUInt32(xinfo);
        if (databaseOid == 0)
            return;
        builder.AppendUInt32(databaseOid);
        builder.AppendUInt32(tablespaceOid);
    }
}
