using System.Buffers.Binary;

namespace Pgrepl.Wal;

/// <summary>END_OF_RECOVERY: the first record of a new timeline that starts without a checkpoint.</summary>
/// <param name="Time">TimestampTz.</param>
/// <param name="Timeline">The new one.</param>
/// <param name="PreviousTimeline">The one it forked from.</param>
/// <remarks>Source of truth: xl_end_of_recovery, PostgreSQL 15, src/include/access/xlog_internal.h: 8, 4 and 4 bytes in this order.</remarks>
public readonly record struct EndOfRecoveryRecord(long Time, TimelineId Timeline, TimelineId PreviousTimeline)
{
    /// <summary>Bytes.</summary>
    public const int Size = 16;

    /// <returns><see langword="null"/>: too short.</returns>
    public static EndOfRecoveryRecord? Read(ReadOnlySpan<byte> mainData) => mainData.Length < Size ? null : new(
        BinaryPrimitives.ReadInt64LittleEndian(mainData),
        new TimelineId(BinaryPrimitives.ReadUInt32LittleEndian(mainData[8..])),
        new TimelineId(BinaryPrimitives.ReadUInt32LittleEndian(mainData[12..])));

    /// <summary>wal_level, 4 more bytes from 17 on: 0 minimal, 1 replica, 2 logical.</summary>
    /// <returns><see langword="null"/>: too short.</returns>
    public static int? WalLevelIn(ReadOnlySpan<byte> mainData) => mainData.Length < Size + sizeof(int) ? null : BinaryPrimitives.ReadInt32LittleEndian(mainData[Size..]);

    public static void Build(WalRecordBuilder builder, long time, TimelineId timeline, TimelineId previousTimeline)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Begin(ResourceManagerId.Xlog, XlogInfo.EndOfRecovery, 0);
        builder.AppendInt64(time);
        builder.AppendUInt32(timeline.Value);
        builder.AppendUInt32(previousTimeline.Value);
    }
}
