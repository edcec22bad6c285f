using System.Buffers.Binary;

namespace Pgrepl.Wal;

/// <summary>What the fragment headers behind a record's header say: block references are judged, the main data is found.</summary>
/// <remarks>Source of truth: DecodeXLogRecord, PostgreSQL 15, xlogreader.c; src/include/access/xlogrecord.h.
/// <code>
/// record header, 24 bytes
/// for each block  id 0…32, fork and flags, data length (2)
///                 HAS_IMAGE: image length (2), hole offset (2), image info (1); compressed with a hole: hole length (2)
///                 not SAME_REL: tablespace, database, relation (12)
///                 block number (4)
/// 253 origin (2) · 252 top-level xid (4; 14 on) · 255 main data length (1) or 254 main data length (4), always last
/// then images and data of the blocks in order, then the main data
/// </code></remarks>
internal readonly record struct WalRecordFragments(int MainDataOffset, int MainDataLength, ushort Origin, uint TopLevelXid, int MaxBlockId)
{
    private const byte MaximumBlockId = 32;      // XLR_MAX_BLOCK_ID
    private const byte OriginId = 253;           // XLR_BLOCK_ID_ORIGIN
    private const byte TopLevelXidId = 252;      // XLR_BLOCK_ID_TOPLEVEL_XID
    private const byte HasImage = 0x10;          // BKPBLOCK_*
    private const byte HasData = 0x20;
    private const byte SameRelation = 0x80;
    private const byte ImageHasHole = 0x01;      // BKPIMAGE_*
    private const int BlockSize = 8192;          // BLCKSZ

    internal static readonly WalRecordFragments None = new(0, 0, 0, 0, -1);

    /// <param name="record">The whole record; its CRC was right.</param>
    /// <param name="at">For messages: start of the record before (ReadRecPtr, which PostgreSQL 15 names here), invalid at the first.</param>
    /// <param name="major">Whose record it is.</param>
    /// <returns>PostgreSQL's message; <see langword="null"/>: all is well.</returns>
    internal static string? Parse(ReadOnlySpan<byte> record, Lsn at, PostgresMajor major, out WalRecordFragments fragments)
    {
        fragments = None;
        ushort origin = 0;
        uint topLevelXid = 0;
        int maxBlockId = -1;
        bool relationSeen = false;
        long mainLength = 0, dataTotal = 0;
        int next = WalRecordHeader.Size; // never beyond the record

        while (record.Length - next > dataTotal)
        {
            byte id = record[next++];
            int left = record.Length - next;
            if (id <= MaximumBlockId)
            {
                if (id <= maxBlockId)
                    return OutOfOrder(id, at);
                maxBlockId = id;
                string? error = ParseBlock(record, at, major, relationSeen, next, out BlockExtent block);
                if (error is not null)
                    return error;
                relationSeen = true;
                next = block.Next;
                dataTotal += block.DataLength;
            }
            else if (id is WalRecordBuilder.DataShort or WalRecordBuilder.DataLong)
            {
                int size = id == WalRecordBuilder.DataShort ? 1 : 4;
                if (left < size)
                    return Short(at);
                mainLength = size == 1 ? record[next] : BinaryPrimitives.ReadUInt32LittleEndian(record[next..]);
                next += size;
                dataTotal += mainLength;
                break;
            }
            else if (id == OriginId)
            {
                if (left < 2)
                    return Short(at);
                origin = BinaryPrimitives.ReadUInt16LittleEndian(record[next..]);
                next += 2;
            }
            else if (id == TopLevelXidId && major.HasTopLevelXid)
            {
                if (left < 4)
                    return Short(at);
                topLevelXid = BinaryPrimitives.ReadUInt32LittleEndian(record[next..]);
                next += 4;
            }
            else
                return UnknownId(id, at);
        }
        if (record.Length - next != dataTotal)
            return Short(at);
        fragments = new(record.Length - (int)mainLength, (int)mainLength, origin, topLevelXid, maxBlockId);
        return null;
    }

    /// <param name="Next">Offset in the record of what follows the block's header.</param>
    /// <param name="DataLength">Bytes of its image and its data, which lie behind all headers.</param>
    private readonly record struct BlockExtent(int Next, int DataLength);

    /// <param name="next">Behind the block's id.</param>
    private static string? ParseBlock(ReadOnlySpan<byte> record, Lsn at, PostgresMajor major, bool relationSeen, int next, out BlockExtent block)
    {
        block = default;
        if (record.Length - next < 3)
            return Short(at);
        byte flags = record[next];
        int dataLength = BinaryPrimitives.ReadUInt16LittleEndian(record[(next + 1)..]);
        next += 3;
        if ((flags & HasData) != 0 && dataLength == 0)
            return NoData(at);
        if ((flags & HasData) == 0 && dataLength != 0)
            return UnexpectedData(dataLength, at);

        if ((flags & HasImage) != 0)
        {
            string? error = ParseImage(record, at, major, next, out BlockExtent image);
            if (error is not null)
                return error;
            next = image.Next;
            dataLength += image.DataLength;
        }
        if ((flags & SameRelation) != 0 && !relationSeen)
            return NoRelation(at);
        int rest = (flags & SameRelation) != 0 ? 4 : 12 + 4;
        if (record.Length - next < rest)
            return Short(at);
        block = new(next + rest, dataLength);
        return null;
    }

    /// <param name="next">Behind the lengths of the block's data.</param>
    private static string? ParseImage(ReadOnlySpan<byte> record, Lsn at, PostgresMajor major, int next, out BlockExtent image)
    {
        image = default;
        if (record.Length - next < 5)
            return Short(at);
        ushort length = BinaryPrimitives.ReadUInt16LittleEndian(record[next..]);
        ushort holeOffset = BinaryPrimitives.ReadUInt16LittleEndian(record[(next + 2)..]);
        bool hole = (record[next + 4] & ImageHasHole) != 0;
        bool compressed = (record[next + 4] & major.CompressedImageBits) != 0;
        next += 5;
        ushort holeLength = unchecked((ushort)(BlockSize - length));
        if (compressed)
        {
            holeLength = 0;
            if (hole)
            {
                if (record.Length - next < 2)
                    return Short(at);
                holeLength = BinaryPrimitives.ReadUInt16LittleEndian(record[next..]);
                next += 2;
            }
        }

        if (hole && (holeOffset == 0 || holeLength == 0 || length == BlockSize))
            return $"BKPIMAGE_HAS_HOLE set, but hole offset {holeOffset} length {holeLength} block image length {length} at {at}";
        if (!hole && (holeOffset != 0 || holeLength != 0))
            return $"BKPIMAGE_HAS_HOLE not set, but hole offset {holeOffset} length {holeLength} at {at}";
        if (compressed && length == BlockSize)
            return $"BKPIMAGE_COMPRESSED set, but block image length {length} at {at}";
        image = new(next, length);
        return null; // neither hole nor compression but a length other than a block's: the hole length has told it
    }

    // Methods of their own: what an interpolated string needs of the stack would be cleared for every good record too.
    private static string OutOfOrder(byte id, Lsn at) => $"out-of-order block_id {id} at {at}";

    private static string UnknownId(byte id, Lsn at) => $"invalid block_id {id} at {at}";

    private static string NoData(Lsn at) => $"BKPBLOCK_HAS_DATA set, but no data included at {at}";

    private static string UnexpectedData(int dataLength, Lsn at) => $"BKPBLOCK_HAS_DATA not set, but data length is {dataLength} at {at}";

    private static string NoRelation(Lsn at) => $"BKPBLOCK_SAME_REL set but no previous rel at {at}";

    private static string Short(Lsn at) => $"record with invalid length at {at}";
}
