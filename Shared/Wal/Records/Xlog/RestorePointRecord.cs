using System.Buffers.Binary;
using System.Text;

namespace Pgrepl.Wal;

/// <summary>RESTORE_POINT: a named place that recovery can stop at.</summary>
/// <param name="Time">TimestampTz.</param>
/// <param name="Name">At most 63 bytes of UTF-8.</param>
/// <remarks>Source of truth: xl_restore_point, PostgreSQL 15, src/include/access/xlog_internal.h: 8 bytes time, 64 bytes name, zero-terminated.</remarks>
public sealed record RestorePointRecord(long Time, string Name)
{
    /// <summary>Bytes.</summary>
    public const int Size = 8 + MaxNameSize;

    /// <summary>MAXFNAMELEN, bytes, the zero included.</summary>
    public const int MaxNameSize = 64;

    /// <returns><see langword="null"/>: too short.</returns>
    public static RestorePointRecord? Read(ReadOnlySpan<byte> mainData)
    {
        if (mainData.Length < Size)
            return null;
        ReadOnlySpan<byte> name = mainData.Slice(8, MaxNameSize);
        int end = name.IndexOf((byte)0);
        return new(BinaryPrimitives.ReadInt64LittleEndian(mainData), Encoding.UTF8.GetString(end < 0 ? name : name[..end]));
    }

    /// <exception cref="ArgumentOutOfRangeException">The name has more than 63 bytes.</exception>
    public static void Build(WalRecordBuilder builder, long time, string name)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(name);
        Span<byte> bytes = stackalloc byte[MaxNameSize];
        bytes.Clear();
        if (!Encoding.UTF8.TryGetBytes(name, bytes[..^1], out _))
            throw new ArgumentOutOfRangeException(nameof(name), name, $"value too long for restore point (maximum {MaxNameSize - 1} characters)");
        builder.Begin(ResourceManagerId.Xlog, XlogInfo.RestorePoint, 0);
        builder.AppendInt64(time);
        builder.Append(bytes);
    }
}
