using System.Buffers.Binary;

namespace Pgrepl.Wal;

/// <summary>ABORT of a transaction.</summary>
/// <param name="Time">TimestampTz.</param>
/// <remarks>Source of truth: xl_xact_abort and XactLogAbortRecord, PostgreSQL 15, src/include/access/xact.h, src/backend/access/transam/xact.c:
/// 8 bytes time; what may follow is not read here.</remarks>
public readonly record struct TransactionAbort(long Time)
{
    /// <returns><see langword="null"/>: too short.</returns>
    public static TransactionAbort? Read(ReadOnlySpan<byte> mainData) =>
        mainData.Length < 8 ? null : new(BinaryPrimitives.ReadInt64LittleEndian(mainData));

    /// <summary>Begins the record that PostgreSQL 15 writes for a transaction that only emitted messages.</summary>
    public static void Build(WalRecordBuilder builder, uint xid, long time)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Begin(ResourceManagerId.Transaction, XactInfo.Abort, xid);
        builder.AppendInt64(time);
    }
}
