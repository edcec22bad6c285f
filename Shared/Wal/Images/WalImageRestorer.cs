using K4os.Compression.LZ4;
using ZstdSharp;

namespace Pgrepl.Wal;

/// <summary>Makes pages of full-page images. Not thread-safe; allocates nothing per image.</summary>
/// <remarks>PostgreSQL takes an lz4 or zstd image that decompresses to less than its page for a good one, and one whose hole leaves the page: here both are damaged.
/// Source of truth: RestoreBlockImage, PostgreSQL 15, src/backend/access/transam/xlogreader.c.</remarks>
public sealed class WalImageRestorer : IDisposable
{
    private readonly byte[] _decompressed = new byte[WalFormat.BlockSize];
    private Decompressor? _zstd;

    public void Dispose() => _zstd?.Dispose();

    /// <summary>The page as it was when the record was made, all but its LSN, which replay sets to the record's end.</summary>
    /// <param name="record">Holds a record.</param>
    /// <param name="blockId">One of its block references.</param>
    /// <param name="page">8192 bytes (BLCKSZ); on failure it holds anything.</param>
    /// <returns>PostgreSQL's message; <see langword="null"/>: all is well.</returns>
    public string? Restore(DecodedWalRecord record, int blockId, Span<byte> page)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentOutOfRangeException.ThrowIfNotEqual(page.Length, WalFormat.BlockSize, nameof(page));
        if (!record.HasBlock(blockId))
            return $"could not restore image at {record.RecordStart} with invalid block {blockId} specified";
        ref readonly WalBlock block = ref record.Block(blockId);
        WalBlockImage image = block.Image;
        int held = WalFormat.BlockSize - image.HoleLength; // bytes of the page that the image has
        if (!block.HasImage || image.HoleOffset > held)
            return $"could not restore image at {record.RecordStart} with invalid state, block {blockId}";

        ReadOnlySpan<byte> bytes = record.BlockImage(blockId);
        if (image.Compression != WalImageCompression.None)
        {
            Span<byte> target = _decompressed.AsSpan(0, held);
            if (!TryDecompress(image.Compression, bytes, target))
                return $"could not decompress image at {record.RecordStart}, block {blockId}";
            bytes = target;
        }
        bytes[..image.HoleOffset].CopyTo(page);
        page.Slice(image.HoleOffset, image.HoleLength).Clear();
        bytes[image.HoleOffset..].CopyTo(page[(image.HoleOffset + image.HoleLength)..]);
        return null;
    }

    /// <returns>False: not so compressed, or not of exactly <paramref name="target"/>'s length.</returns>
    internal bool TryDecompress(WalImageCompression method, ReadOnlySpan<byte> source, Span<byte> target) => method switch
    {
        WalImageCompression.Pglz => Pglz.TryDecompress(source, target),
        WalImageCompression.Lz4 => LZ4Codec.Decode(source, target) == target.Length,
        WalImageCompression.Zstd => TryDecompressZstd(source, target),
        _ => false,
    };

    private bool TryDecompressZstd(ReadOnlySpan<byte> source, Span<byte> target)
    {
        _zstd ??= new Decompressor();
        try
        {
            return _zstd.TryUnwrap(source, target, out int written) && written == target.Length;
        }
        catch (ZstdException)
        {
            return false;
        }
    }
}
