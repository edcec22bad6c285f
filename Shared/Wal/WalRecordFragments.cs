using System.Buffers.Binary;
using System.Runtime.CompilerServices;

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
/// <param name="PayloadOffset">Where in the record the fragment headers end.</param>
/// <param name="ImageLength">Bytes of all images.</param>
internal readonly record struct WalRecordFragments(int PayloadOffset, int MainDataOffset, int MainDataLength, int ImageLength, ushort Origin, uint TopLevelXid, int MaxBlockId)
{
    internal const byte MaximumBlockId = 32;     // XLR_MAX_BLOCK_ID
    private const byte OriginId = 253;           // XLR_BLOCK_ID_ORIGIN
    private const byte TopLevelXidId = 252;      // XLR_BLOCK_ID_TOPLEVEL_XID
    private const byte ImageHasHole = 0x01;      // BKPIMAGE_*
    private const int BlockSize = WalFormat.BlockSize;
    private const int PlainBlockSize = 19;       // behind the id: flags, data length, relation, block number

    internal static readonly WalRecordFragments None = new(0, 0, 0, 0, 0, 0, -1);

    /// <param name="record">The whole record; its CRC was right.</param>
    /// <param name="at">For messages: start of the record before (ReadRecPtr, which PostgreSQL 15 names here), invalid at the first.</param>
    /// <param name="major">Whose record it is.</param>
    /// <param name="blocks">Takes the block references, up to the highest; on failure it holds anything.</param>
    /// <param name="fragments">Set when all is well.</param>
    /// <returns>PostgreSQL's message; <see langword="null"/>: all is well.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // published code of it is slow, and a short run ends before .NET has made it anew
    internal static string? Parse(ReadOnlySpan<byte> record, Lsn at, PostgresMajor major, WalBlock[] blocks, ref WalRecordFragments fragments)
    {
        ushort origin = 0;
        uint topLevelXid = 0;
        int maxBlockId = -1;
        bool relationSeen = false;
        RelFileNode relation = default;
        long mainLength = 0;
        int dataTotal = 0, images = 0; // of 33 blocks at most
        int next = WalRecordHeader.Size; // never beyond the record

        while (record.Length - next > dataTotal)
        {
            byte id = record[next++];
            int left = record.Length - next;
            if (id <= MaximumBlockId)
            {
                if (id <= maxBlockId)
                    return OutOfOrder(id, at);
                while (++maxBlockId < id)
                    blocks[maxBlockId] = default;
                ref WalBlock block = ref blocks[id];
                ReadOnlySpan<byte> head = record[next..];
                if (head.Length >= PlainBlockSize && (head[0] & (WalBlock.HasImageFlag | WalBlock.SameRelationFlag)) == 0)
                {
                    block.SetPlain(head[..PlainBlockSize], dataTotal); // the common case without the rest's calls: a relation of its own, no image
                    if (block.HasData != (block.DataLength != 0))
                        return block.HasData ? NoData(at) : UnexpectedData(block.DataLength, at);
                    (relation, relationSeen) = (block.Relation, true);
                    next += PlainBlockSize;
                    dataTotal += block.DataLength;
                    continue;
                }
                RelFileNode same = relation; // copies: what is passed by reference is kept in memory, for every record
                int behind = next;
                string? error = ParseBlock(record, at, major, relationSeen, ref same, ref behind, dataTotal, ref block);
                if (error is not null)
                    return error;
                (relation, next) = (same, behind);
                relationSeen = true;
                images += block.Image.Length;
                dataTotal += block.Image.Length + block.DataLength;
            }
            else if (id is WalRecordBuilder.DataShort or WalRecordBuilder.DataLong)
            {
                int size = id == WalRecordBuilder.DataShort ? 1 : 4;
                if (left < size)
                    return Short(at);
                mainLength = size == 1 ? record[next] : BinaryPrimitives.ReadUInt32LittleEndian(record[next..]);
                next += size;
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
        if (record.Length - next != dataTotal + mainLength)
            return Short(at);
        fragments = new(next, record.Length - (int)mainLength, (int)mainLength, images, origin, topLevelXid, maxBlockId);
        return null;
    }

    /// <param name="relation">Of the block before; becomes this one's.</param>
    /// <param name="next">Behind the block's id; becomes what follows the block's header.</param>
    /// <param name="dataStart">Bytes of images and data that belong to the blocks before.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static string? ParseBlock(ReadOnlySpan<byte> record, Lsn at, PostgresMajor major, bool relationSeen, ref RelFileNode relation, ref int next, int dataStart,
        ref WalBlock block)
    {
        if (record.Length - next < 3)
            return Short(at);
        byte flags = record[next];
        int dataLength = BinaryPrimitives.ReadUInt16LittleEndian(record[(next + 1)..]);
        next += 3;
        if ((flags & WalBlock.HasDataFlag) != 0 && dataLength == 0)
            return NoData(at);
        if ((flags & WalBlock.HasDataFlag) == 0 && dataLength != 0)
            return UnexpectedData(dataLength, at);

        WalBlockImage image = default;
        if ((flags & WalBlock.HasImageFlag) != 0)
        {
            string? error = ParseImage(record, at, major, ref next, out image);
            if (error is not null)
                return error;
        }
        if ((flags & WalBlock.SameRelationFlag) != 0)
        {
            if (!relationSeen)
                return NoRelation(at);
        }
        else
        {
            if (record.Length - next < RelFileNode.Size)
                return Short(at);
            relation = RelFileNode.Read(record[next..]);
            next += RelFileNode.Size;
        }
        if (record.Length - next < 4)
            return Short(at);
        block.Set(relation, BinaryPrimitives.ReadUInt32LittleEndian(record[next..]), flags, dataStart, dataLength, image);
        next += 4;
        return null;
    }

    /// <param name="next">Behind the lengths of the block's data; becomes what follows the image's header.</param>
    private static string? ParseImage(ReadOnlySpan<byte> record, Lsn at, PostgresMajor major, ref int next, out WalBlockImage image)
    {
        image = default;
        if (record.Length - next < 5)
            return Short(at);
        ushort length = BinaryPrimitives.ReadUInt16LittleEndian(record[next..]);
        ushort holeOffset = BinaryPrimitives.ReadUInt16LittleEndian(record[(next + 2)..]);
        byte info = record[next + 4];
        bool hole = (info & ImageHasHole) != 0;
        bool compressed = (info & major.CompressedImageBits) != 0;
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
        image = new(length, holeOffset, holeLength, info, compressed ? CompressionOf(info, major) : WalImageCompression.None, (info & major.ApplyImageBit) != 0);
        return null; // neither hole nor compression but a length other than a block's: the hole length has told it
    }

    /// <summary>Of several bits, the one that pg_waldump names.</summary>
    private static WalImageCompression CompressionOf(byte info, PostgresMajor major) => major.Number < 15 || (info & 0x04) != 0 ? WalImageCompression.Pglz
        : (info & 0x08) != 0 ? WalImageCompression.Lz4 : WalImageCompression.Zstd;

    // Methods of their own: what an interpolated string needs of the stack would be cleared for every good record too.
    private static string OutOfOrder(byte id, Lsn at) => $"out-of-order block_id {id} at {at}";

    private static string UnknownId(byte id, Lsn at) => $"invalid block_id {id} at {at}";

    private static string NoData(Lsn at) => $"BKPBLOCK_HAS_DATA set, but no data included at {at}";

    private static string UnexpectedData(int dataLength, Lsn at) => $"BKPBLOCK_HAS_DATA not set, but data length is {dataLength} at {at}";

    private static string NoRelation(Lsn at) => $"BKPBLOCK_SAME_REL set but no previous rel at {at}";

    private static string Short(Lsn at) => $"record with invalid length at {at}";
}
