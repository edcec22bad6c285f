using System.Buffers.Binary;

namespace Pgrepl.Wal;

/// <summary>The header of a segment's first page: says which cluster the file belongs to.</summary>
/// <remarks>Source of truth: XLogLongPageHeaderData, PostgreSQL 15, src/include/access/xlog_internal.h. Little-endian.
/// <code>
/// offset  size  field
///      0    24  Short        a WalPageHeader with LongHeader set
///     24     8  SystemId     as in pg_control
///     32     4  SegmentSize  bytes
///     36     4  PageSize     bytes, 8192
/// </code></remarks>
public readonly record struct WalLongPageHeader(WalPageHeader Short, ulong SystemId, uint SegmentSize, uint PageSize)
{
    /// <summary>Bytes.</summary>
    public const int Size = WalFormat.LongPageHeaderSize;

    /// <summary>Decodes the layout and judges nothing; <see langword="null"/>: fewer than <see cref="Size"/> bytes, so read more.</summary>
    public static WalLongPageHeader? Read(ReadOnlySpan<byte> source) => source.Length < Size ? null : new(
        WalPageHeader.Read(source)!.Value,
        BinaryPrimitives.ReadUInt64LittleEndian(source[24..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[32..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[36..]));

    /// <summary>Writes all <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target[36..], PageSize);
        BinaryPrimitives.WriteUInt32LittleEndian(target[32..], SegmentSize);
        BinaryPrimitives.WriteUInt64LittleEndian(target[24..], SystemId);
        Short.Write(target);
    }
}
