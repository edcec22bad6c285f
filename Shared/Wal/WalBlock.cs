using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Pgrepl.Wal;

/// <summary>One block reference of a record: which block, and where its image and its data lie in the record.</summary>
/// <remarks>Source of truth: DecodedBkpBlock, PostgreSQL 15, src/include/access/xlogreader.h; XLogRecordBlockHeader and XLogRecordBlockImageHeader, xlogrecord.h.</remarks>
public struct WalBlock
{
    internal const byte HasImageFlag = 0x10; // BKPBLOCK_*
    internal const byte HasDataFlag = 0x20;
    internal const byte WillInitFlag = 0x40;
    internal const byte SameRelationFlag = 0x80;

    /// <summary>Written in place: a copy of all that for every block would be a good part of reading a record.</summary>
    internal void Set(in RelFileNode relation, uint number, byte flags, int start, int dataLength, in WalBlockImage image)
    {
        Exists = true;
        Relation = relation;
        Number = number;
        Flags = flags;
        Image = image;
        ImageStart = start;
        DataLength = dataLength;
    }

    /// <summary>The same of a block without an image and with a relation of its own.</summary>
    /// <param name="header">Behind the block's id: flags (1), data length (2), relation (12), block number (4).</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void SetPlain(ReadOnlySpan<byte> header, int start)
    {
        Exists = true;
        Flags = header[0];
        DataLength = BinaryPrimitives.ReadUInt16LittleEndian(header[1..]);
        Relation = RelFileNode.Read(header[3..]);
        Number = BinaryPrimitives.ReadUInt32LittleEndian(header[15..]);
        Image = default;
        ImageStart = start;
    }

    /// <summary>in_use: ids of a record may have gaps.</summary>
    public bool Exists { get; private set; }

    public RelFileNode Relation { get; private set; }

    /// <summary>BlockNumber, within the fork.</summary>
    public uint Number { get; private set; }

    /// <summary>fork_flags: the fork in the low four bits, BKPBLOCK_* above.</summary>
    public byte Flags { get; private set; }

    /// <summary>0 main, 1 fsm, 2 vm, 3 init; a forged record may hold up to 15.</summary>
    public readonly int Fork => Flags & 0x0F;

    public readonly bool HasImage => (Flags & HasImageFlag) != 0;

    public readonly bool HasData => (Flags & HasDataFlag) != 0;

    /// <summary>BKPBLOCK_WILL_INIT: replay makes the page anew.</summary>
    public readonly bool WillInit => (Flags & WillInitFlag) != 0;

    /// <summary>With <see cref="HasImage"/>; otherwise all zero.</summary>
    public WalBlockImage Image { get; private set; }

    /// <summary>Bytes.</summary>
    public int DataLength { get; private set; }

    /// <summary>Bytes from where the record's fragment headers end.</summary>
    internal int ImageStart { get; private set; }

    internal readonly int DataStart => ImageStart + Image.Length;
}

/// <summary>What a record says of the image of a block (full-page write).</summary>
/// <param name="Length">bimg_len: bytes of it in the record.</param>
/// <param name="HoleOffset">Bytes of the page before the hole, which is left out and all zero.</param>
/// <param name="HoleLength">Bytes; of an image that is not compressed what is missing to a page.</param>
/// <param name="Info">bimg_info, whose bits are another major's others: ask the properties.</param>
/// <param name="Compression">Of what is in the record.</param>
/// <param name="Apply">BKPIMAGE_APPLY: replay restores the page from it; else it is there for wal_consistency_checking.</param>
public readonly record struct WalBlockImage(ushort Length, ushort HoleOffset, ushort HoleLength, byte Info, WalImageCompression Compression, bool Apply);

/// <summary>How a block's image is compressed. Before 15 there was pglz alone.</summary>
public enum WalImageCompression : byte
{
    None,
    Pglz,
    Lz4,
    Zstd,
}
