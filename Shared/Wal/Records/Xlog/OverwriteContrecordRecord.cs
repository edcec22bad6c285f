using System.Buffers.Binary;

namespace Pgrepl.Wal;

/// <summary>OVERWRITE_CONTRECORD: takes the place of the rest of a torn record. Its page carries <see cref="WalPageFlags.FirstIsOverwriteContrecord"/>, and it is the first record there.</summary>
/// <param name="Overwritten">Start of the torn record.</param>
/// <param name="Time">TimestampTz.</param>
/// <remarks>Source of truth: xl_overwrite_contrecord, PostgreSQL 15, src/include/access/xlog_internal.h: 8 and 8 bytes in this order.</remarks>
public readonly record struct OverwriteContrecordRecord(Lsn Overwritten, long Time)
{
    /// <summary>Bytes.</summary>
    public const int Size = 16;

    /// <returns><see langword="null"/>: too short.</returns>
    public static OverwriteContrecordRecord? Read(ReadOnlySpan<byte> mainData) => mainData.Length < Size ? null : new(
        new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(mainData)),
        BinaryPrimitives.ReadInt64LittleEndian(mainData[8..]));

    public static void Build(WalRecordBuilder builder, Lsn overwritten, long time)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Begin(ResourceManagerId.Xlog, XlogInfo.OverwriteContrecord, 0);
        builder.AppendUInt64(overwritten.Value);
        builder.AppendInt64(time);
    }
}
