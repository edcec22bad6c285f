using System.Buffers.Binary;

namespace Pgrepl.Wal;

/// <summary>XLP_* bits of a page header; a bit outside <see cref="All"/> makes the page invalid.</summary>
[Flags]
public enum WalPageFlags : ushort
{
    None = 0,

    /// <summary>XLP_FIRST_IS_CONTRECORD: the page starts with the rest of a record.</summary>
    FirstIsContrecord = 0x0001,

    /// <summary>XLP_LONG_HEADER: the page has a <see cref="WalLongPageHeader"/>.</summary>
    LongHeader = 0x0002,

    /// <summary>XLP_BKP_REMOVABLE: no backup was running; we neither set nor use it.</summary>
    BackupRemovable = 0x0004,

    /// <summary>XLP_FIRST_IS_OVERWRITE_CONTRECORD: the record that should go on here was torn and is given up.</summary>
    FirstIsOverwriteContrecord = 0x0008,

    /// <summary>XLP_ALL_FLAGS.</summary>
    All = 0x000F,
}

/// <summary>The short header that starts every WAL page.</summary>
/// <remarks>Source of truth: XLogPageHeaderData, PostgreSQL 15, src/include/access/xlog_internal.h. Little-endian.
/// <code>
/// offset  size  field
///      0     2  Magic           names the WAL format: 0xD110 is PostgreSQL 15's
///      2     2  Flags           XLP_*
///      4     4  Timeline        of the first record on the page
///      8     8  PageStart       LSN of this page's own first byte
///     16     4  RemainingBytes  of a record carried over from the page before, this page's part included
///     20     4  padding         to 8-byte alignment
/// </code></remarks>
public readonly record struct WalPageHeader(ushort Magic, WalPageFlags Flags, TimelineId Timeline, Lsn PageStart, uint RemainingBytes)
{
    /// <summary>Bytes.</summary>
    public const int Size = WalFormat.ShortPageHeaderSize;

    /// <summary>XLogPageHeaderSize: bytes of the header that these flags announce.</summary>
    public int HeaderSize => (Flags & WalPageFlags.LongHeader) != 0 ? WalLongPageHeader.Size : Size;

    /// <summary>Decodes the layout and judges nothing; <see langword="null"/>: fewer than <see cref="Size"/> bytes, so read more.</summary>
    public static WalPageHeader? Read(ReadOnlySpan<byte> source) => source.Length < Size ? null : new(
        BinaryPrimitives.ReadUInt16LittleEndian(source),
        (WalPageFlags)BinaryPrimitives.ReadUInt16LittleEndian(source[2..]),
        new TimelineId(BinaryPrimitives.ReadUInt32LittleEndian(source[4..])),
        new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(source[8..])),
        BinaryPrimitives.ReadUInt32LittleEndian(source[16..]));

    /// <summary>Writes all <see cref="Size"/> bytes, padding too.</summary>
    public void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target[20..], 0);
        BinaryPrimitives.WriteUInt16LittleEndian(target, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(target[2..], (ushort)Flags);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], Timeline.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(target[8..], PageStart.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(target[16..], RemainingBytes);
    }
}
