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
        uint mainLength = 0;
        ulong dataTotal = 0;
        ReadOnlySpan<byte> rest = record[WalRecordHeader.Size..];

        while ((ulong)rest.Length > dataTotal)
        {
            if (!Take(ref rest, 1, out ReadOnlySpan<byte> field))
                return Short(at);
            byte id = field[0];
            if (id is WalRecordBuilder.DataShort or WalRecordBuilder.DataLong)
            {
                if (!Take(ref rest, id == WalRecordBuilder.DataShort ? 1 : 4, out field))
                    return Short(at);
                mainLength = field.Length == 1 ? field[0] : BinaryPrimitives.ReadUInt32LittleEndian(field);
                dataTotal += mainLength;
                break;
            }
            if (id == OriginId)
            {
                if (!Take(ref rest, 2, out field))
                    return Short(at);
                origin = BinaryPrimitives.ReadUInt16LittleEndian(field);
            }
            else if (id == TopLevelXidId && major.HasTopLevelXid)
            {
                if (!Take(ref rest, 4, out field))
                    return Short(at);
                topLevelXid = BinaryPrimitives.ReadUInt32LittleEndian(field);
            }
            else if (id > MaximumBlockId)
                return $"invalid block_id {id} at {at}";
            else if (id <= maxBlockId)
                return $"out-of-order block_id {id} at {at}";
            else
            {
                maxBlockId = id;
                string? error = ParseBlock(ref rest, at, major, ref relationSeen, ref dataTotal);
                if (error is not null)
                    return error;
            }
        }
        if ((ulong)rest.Length != dataTotal)
            return Short(at);
        fragments = new(record.Length - (int)mainLength, (int)mainLength, origin, topLevelXid, maxBlockId);
        return null;
    }

    private static string? ParseBlock(ref ReadOnlySpan<byte> rest, Lsn at, PostgresMajor major, ref bool relationSeen, ref ulong dataTotal)
    {
        if (!Take(ref rest, 3, out ReadOnlySpan<byte> field))
            return Short(at);
        byte flags = field[0];
        ushort dataLength = BinaryPrimitives.ReadUInt16LittleEndian(field[1..]);
        if ((flags & HasData) != 0 && dataLength == 0)
            return $"BKPBLOCK_HAS_DATA set, but no data included at {at}";
        if ((flags & HasData) == 0 && dataLength != 0)
            return $"BKPBLOCK_HAS_DATA not set, but data length is {dataLength} at {at}";
        dataTotal += dataLength;

        if ((flags & HasImage) != 0)
        {
            string? error = ParseImage(ref rest, at, major, ref dataTotal);
            if (error is not null)
                return error;
        }
        if ((flags & SameRelation) == 0)
        {
            if (!Take(ref rest, 12, out _))
                return Short(at);
            relationSeen = true;
        }
        else if (!relationSeen)
            return $"BKPBLOCK_SAME_REL set but no previous rel at {at}";
        return Take(ref rest, 4, out _) ? null : Short(at);
    }

    private static string? ParseImage(ref ReadOnlySpan<byte> rest, Lsn at, PostgresMajor major, ref ulong dataTotal)
    {
        if (!Take(ref rest, 5, out ReadOnlySpan<byte> field))
            return Short(at);
        ushort length = BinaryPrimitives.ReadUInt16LittleEndian(field);
        ushort holeOffset = BinaryPrimitives.ReadUInt16LittleEndian(field[2..]);
        bool hole = (field[4] & ImageHasHole) != 0;
        bool compressed = (field[4] & major.CompressedImageBits) != 0;
        ushort holeLength = unchecked((ushort)(BlockSize - length));
        if (compressed)
        {
            holeLength = 0;
            if (hole)
            {
                if (!Take(ref rest, 2, out field))
                    return Short(at);
                holeLength = BinaryPrimitives.ReadUInt16LittleEndian(field);
            }
        }
        dataTotal += length;

        if (hole && (holeOffset == 0 || holeLength == 0 || length == BlockSize))
            return $"BKPIMAGE_HAS_HOLE set, but hole offset {holeOffset} length {holeLength} block image length {length} at {at}";
        if (!hole && (holeOffset != 0 || holeLength != 0))
            return $"BKPIMAGE_HAS_HOLE not set, but hole offset {holeOffset} length {holeLength} at {at}";
        if (compressed && length == BlockSize)
            return $"BKPIMAGE_COMPRESSED set, but block image length {length} at {at}";
        return null; // neither hole nor compression but a length other than a block's: the hole length has told it
    }

    private static bool Take(ref ReadOnlySpan<byte> rest, int bytes, out ReadOnlySpan<byte> field)
    {
        if (rest.Length < bytes)
        {
            field = default;
            return false;
        }
        field = rest[..bytes];
        rest = rest[bytes..];
        return true;
    }

    private static string Short(Lsn at) => $"record with invalid length at {at}";
}
