using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Pgrepl.Wal;

/// <summary>The header that starts every WAL record.</summary>
/// <remarks>Source of truth: XLogRecord, PostgreSQL 15, src/include/access/xlogrecord.h. Little-endian.
/// <code>
/// offset  size  field
///      0     4  TotalLength  bytes, this header included, alignment not
///      4     4  Xid          of the transaction, 0: none
///      8     8  Previous     start of the record before (xl_prev)
///     16     1  Info         high four bits: the resource manager's own; low four: XLR_*
///     17     1  Rmgr
///     18     2  padding      zero
///     20     4  Crc          CRC-32C of everything after the header, then of the header's first 20 bytes
/// </code></remarks>
public readonly record struct WalRecordHeader(uint TotalLength, uint Xid, Lsn Previous, byte Info, ResourceManagerId Rmgr, uint Crc)
{
    /// <summary>Bytes.</summary>
    public const int Size = WalFormat.RecordHeaderSize;

    /// <summary>Bytes of the header that its own CRC covers.</summary>
    public const int CrcOffset = 20;

    /// <summary>~XLR_INFO_MASK: the bits of <see cref="Info"/> that say what the record is.</summary>
    public const byte OperationMask = 0xF0;

    /// <summary><see cref="Info"/> without the XLR_* bits.</summary>
    public byte Operation => (byte)(Info & OperationMask);

    /// <summary>True for an XLOG_SWITCH: nothing follows it in its segment.</summary>
    public bool IsSwitch => Rmgr == ResourceManagerId.Xlog && Operation == XlogInfo.Switch;

    /// <summary>Decodes the layout and judges nothing; <see langword="null"/>: fewer than <see cref="Size"/> bytes, so read more.</summary>
    public static WalRecordHeader? Read(ReadOnlySpan<byte> source) => source.Length < Size ? null : Decode(source);

    /// <summary>As <see cref="Read"/>, of bytes that are known to be enough.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // else it is a copy of 32 bytes for every record
    internal static WalRecordHeader Decode(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(source),
        BinaryPrimitives.ReadUInt32LittleEndian(source[4..]),
        new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(source[8..])),
        source[16],
        (ResourceManagerId)source[17],
        BinaryPrimitives.ReadUInt32LittleEndian(source[20..]));

    /// <summary>Writes all <see cref="Size"/> bytes, padding too.</summary>
    public void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target[20..], Crc);
        BinaryPrimitives.WriteUInt32LittleEndian(target, TotalLength);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], Xid);
        BinaryPrimitives.WriteUInt64LittleEndian(target[8..], Previous.Value);
        target[16] = Info;
        target[17] = (byte)Rmgr;
        target[18] = 0;
        target[19] = 0;
    }

    /// <summary>The CRC that a record's own header should hold.</summary>
    /// <param name="record">The whole record, at least <see cref="Size"/> bytes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint ComputeCrc(ReadOnlySpan<byte> record) =>
        Crc32C.Finish(Crc32C.AppendRecordHeader(Crc32C.Append(Crc32C.Initial, record[Size..]), record));
}
