using System.Diagnostics.CodeAnalysis;

namespace Pgrepl.Wal;

/// <summary>One valid record with everything its fragment headers say: where it stood, its main data, its block references with their images and data.</summary>
/// <remarks>Whoever decoded it owns its bytes and says how long it is valid: a <see cref="WalReader"/> is itself the record that it read last, a <see cref="WalDecodeQueue"/> holds many.
/// Source of truth: DecodedXLogRecord, PostgreSQL 15, src/include/access/xlogreader.h.</remarks>
public class DecodedWalRecord
{
    private protected readonly PostgresMajor _major;
    private protected byte[] _record = [];
    private protected int _recordOffset;
    private protected int _recordLength;
    private protected WalRecordFragments _fragments = WalRecordFragments.None;
    private protected WalRecordHeader _header;
    private protected WalBlock[] _blocks = [];
    private int _firstBlock; // where in the array the record's block 0 is

    internal DecodedWalRecord(PostgresMajor major) => _major = major;

    /// <summary>Whose WAL it is.</summary>
    public PostgresMajor Major => _major;

    /// <summary>Start of the record (lsn, ReadRecPtr).</summary>
    public Lsn RecordStart { get; private protected set; }

    /// <summary>End of the record (next_lsn, EndRecPtr), aligned; after an XLOG_SWITCH the next segment's start.</summary>
    public Lsn RecordEnd { get; private protected set; }

    /// <summary>Its header.</summary>
    public ref readonly WalRecordHeader Header => ref _header;

    /// <summary>The record, header included.</summary>
    public ReadOnlySpan<byte> Record => _record.AsSpan(_recordOffset, _recordLength);

    /// <summary>What belongs to no block (XLogRecGetData); as long valid as <see cref="Record"/>.</summary>
    public ReadOnlySpan<byte> MainData => Record.Slice(_fragments.MainDataOffset, _fragments.MainDataLength);

    /// <summary>RepOriginId; 0: none.</summary>
    public ushort Origin => _fragments.Origin;

    /// <summary>Top-level transaction, when the record of a subtransaction names it; 0: it does not.</summary>
    public uint TopLevelXid => _fragments.TopLevelXid;

    /// <summary>The torn record that was skipped on the way to this one (overwrittenRecPtr); its OVERWRITE_CONTRECORD must name it. Else invalid.</summary>
    public Lsn OverwrittenRecord { get; private protected set; }

    /// <summary>Highest block reference (XLogRecMaxBlockId); -1: none.</summary>
    public int MaxBlockId => _fragments.MaxBlockId;

    /// <summary>XLogRecGetLen's fpi_len: bytes of the record that are images of blocks.</summary>
    public int ImageLength => _fragments.ImageLength;

    /// <summary>XLogRecHasBlockRef.</summary>
    public bool HasBlock(int id) => (uint)id <= (uint)MaxBlockId && MaxBlockId >= 0 && _blocks[_firstBlock + id].Exists;

    /// <summary>XLogRecGetBlockTagExtended and XLogRecGetBlock.</summary>
    /// <returns>False: the record has no reference of this id.</returns>
    public bool TryGetBlock(int id, out WalBlock block)
    {
        bool has = HasBlock(id);
        block = has ? _blocks[_firstBlock + id] : default;
        return has;
    }

    /// <summary>The same without a copy.</summary>
    /// <param name="id">0 to <see cref="MaxBlockId"/>; look at <see cref="WalBlock.Exists"/> first.</param>
    public ref readonly WalBlock Block(int id)
    {
        if (id > MaxBlockId)
            ThrowNoSuchBlock(id);
        return ref _blocks[_firstBlock + id];
    }

    /// <summary>XLogRecGetBlockData: what the record holds for this block besides the image; empty: nothing, or no such block.</summary>
    public ReadOnlySpan<byte> BlockData(int id) =>
        HasBlock(id) ? Record.Slice(_fragments.PayloadOffset + _blocks[_firstBlock + id].DataStart, _blocks[_firstBlock + id].DataLength) : default;

    /// <summary>The block's image as the record holds it: without its hole, perhaps compressed; empty: none, or no such block.</summary>
    public ReadOnlySpan<byte> BlockImage(int id) =>
        HasBlock(id) ? Record.Slice(_fragments.PayloadOffset + _blocks[_firstBlock + id].ImageStart, _blocks[_firstBlock + id].Image.Length) : default;

    /// <summary>Becomes a copy of another record.</summary>
    /// <param name="bytes">Takes its bytes, from <paramref name="offset"/> on.</param>
    /// <param name="blocks">Takes its block references, from <paramref name="firstBlock"/> on.</param>
    internal void Copy(DecodedWalRecord other, byte[] bytes, int offset, WalBlock[] blocks, int firstBlock)
    {
        other.Record.CopyTo(bytes.AsSpan(offset));
        other._blocks.AsSpan(other._firstBlock, other.MaxBlockId + 1).CopyTo(blocks.AsSpan(firstBlock));
        (_record, _recordOffset, _recordLength, _blocks, _firstBlock) = (bytes, offset, other._recordLength, blocks, firstBlock);
        (_header, _fragments) = (other._header, other._fragments);
        (RecordStart, RecordEnd, OverwrittenRecord) = (other.RecordStart, other.RecordEnd, other.OverwrittenRecord);
    }

    [DoesNotReturn]
    private static void ThrowNoSuchBlock(int id) => throw new ArgumentOutOfRangeException(nameof(id), id, "the record has no such block reference");
}
