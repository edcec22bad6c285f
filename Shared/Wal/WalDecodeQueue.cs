namespace Pgrepl.Wal;

/// <summary>Reads in front of the one who takes the records, so that the blocks of those to come can be fetched before they are needed. Not thread-safe.</summary>
/// <remarks>Records wait here decoded, in a ring of bytes and a ring of block references: never more than fits, and in steady state nothing is allocated. What ends reading ahead (the end of WAL, damage)
/// is told when all records before it were taken. A record that is larger than the ring is handed out where the reader put it together, and nothing is read ahead of it meanwhile.
/// The page source should not wait: one that does holds up records that are already here. waldump has no use for it: it works on several pieces of WAL at once, and has a reader for each.
/// Source of truth: XLogReadAhead, XLogNextRecord, XLogReadRecord, PostgreSQL 15, src/backend/access/transam/xlogreader.c.</remarks>
public sealed class WalDecodeQueue
{
    /// <summary>wal_decode_buffer_size, bytes.</summary>
    public const int DefaultSize = 512 << 10;

    private const int BytesOfRecord = 256, BlocksOfRecord = 2; // the rings of records and of blocks hold so many for each so many bytes

    private readonly WalReader _reader;
    private readonly byte[] _bytes;
    private readonly WalBlock[] _blocks;
    private readonly DecodedWalRecord[] _records;
    private readonly (int Bytes, int Blocks)[] _places;
    private RingSpace _byteSpace, _blockSpace;
    private int _first;             // the oldest record, the one taken if any is
    private int _count;
    private DecodedWalRecord? _taken;
    private bool _unplaced;         // the reader holds a record for which there was no room
    private bool _ended;            // the reader said Invalid

    /// <param name="reader">Begun where the first record is; nobody else reads with it.</param>
    /// <param name="size">Bytes of records that wait.</param>
    public WalDecodeQueue(WalReader reader, int size = DefaultSize)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, WalFormat.PageSize);
        _reader = reader;
        int records = size / BytesOfRecord, blocks = Math.Max(records * BlocksOfRecord, 2 * (WalRecordFragments.MaximumBlockId + 1));
        (_bytes, _places, _blocks) = (new byte[size], new (int, int)[records], new WalBlock[blocks]);
        _records = [.. Enumerable.Range(0, records).Select(_ => new DecodedWalRecord(reader.Major))];
        (_byteSpace, _blockSpace) = (new(size), new(blocks));
    }

    /// <summary>The record that <see cref="Read"/> gave; valid until the next Read.</summary>
    /// <exception cref="InvalidOperationException">It gave none.</exception>
    public DecodedWalRecord Record => _taken ?? throw new InvalidOperationException("no record was read");

    /// <summary>Records that wait behind the one taken.</summary>
    public int Count => _count - (_taken is null || _taken == _reader ? 0 : 1);

    /// <summary>XLogReadAhead: decodes one more.</summary>
    /// <returns>The record, valid until it was taken and the one after it is read; <see langword="null"/>: there is no room, its bytes have not come yet, or none can come, which <see cref="Read"/> will tell.</returns>
    public DecodedWalRecord? ReadAhead()
    {
        if (_ended || _taken == _reader)
            return null;
        if (!_unplaced)
        {
            WalReadStatus status = _reader.Read();
            _ended = status == WalReadStatus.Invalid;
            if (status != WalReadStatus.Record)
                return null;
        }
        DecodedWalRecord? placed = Place();
        _unplaced = placed is null;
        return placed;
    }

    /// <summary>XLogReadRecord: lets go of the record taken and takes the next, which is decoded now if none was ahead.</summary>
    /// <returns>As of <see cref="WalReader.Read"/>; with <see cref="WalReadStatus.Invalid"/> the reader says why, and the next call tries the same place again.</returns>
    public WalReadStatus Read()
    {
        Release();
        if (_count == 0)
            ReadAhead();
        if (_count > 0)
            _taken = _records[_first];
        else if (_unplaced)
        {
            _unplaced = false;
            _taken = _reader;
        }
        else if (_ended)
        {
            _ended = false;
            return WalReadStatus.Invalid;
        }
        else
            return WalReadStatus.NotYet;
        return WalReadStatus.Record;
    }

    /// <summary>XLogBeginRead: forgets what was ahead. Parameters are the reader's.</summary>
    public void BeginRead(Lsn recordStart, Lsn previousRecord = default)
    {
        _reader.BeginRead(recordStart, previousRecord);
        _taken = null;
        _first = _count = 0;
        _unplaced = _ended = false;
        _byteSpace.Clear();
        _blockSpace.Clear();
    }

    /// <returns><see langword="null"/>: there is no room.</returns>
    private DecodedWalRecord? Place()
    {
        int length = _reader.Record.Length, blocks = _reader.MaxBlockId + 1;
        int at = _byteSpace.Find(length), blockAt = _blockSpace.Find(blocks);
        if (at < 0 || blockAt < 0 || _count == _records.Length)
            return null;
        _byteSpace.Take(at, length);
        _blockSpace.Take(blockAt, blocks);
        int place = (_first + _count++) % _records.Length;
        _places[place] = (at, blockAt);
        DecodedWalRecord record = _records[place];
        record.Copy(_reader, _bytes, at, _blocks, blockAt);
        return record;
    }

    private void Release()
    {
        if (_taken is not null && _taken != _reader)
        {
            _first = (_first + 1) % _records.Length;
            if (--_count == 0)
            {
                _byteSpace.Clear();
                _blockSpace.Clear();
            }
            else
            {
                _byteSpace.Free(_places[_first].Bytes);
                _blockSpace.Free(_places[_first].Blocks);
            }
        }
        _taken = null;
    }
}
