using System.Buffers.Binary;

namespace Pgrepl.Wal;

/// <summary>Makes one record after another, without block references: <see cref="Begin"/>, Append…, <see cref="Seal"/>, then <see cref="Finish"/> once its place is known.</summary>
/// <remarks>The buffer is kept, so nothing is allocated once it has grown. Main data starts at a fixed place in it; the header is put right
/// before, as long as it turns out to be, so the data never moves. Source of truth: XLogRecordAssemble, PostgreSQL 15, xloginsert.c.</remarks>
public sealed class WalRecordBuilder
{
    /// <summary>XLogRecordMaxSize, bytes: PostgreSQL 16's limit. A reader of PostgreSQL 15 cannot hold more than 1 GiB.</summary>
    public const int MaxRecordSize = 1020 * 1024 * 1024;

    internal const byte DataShort = 255; // XLR_BLOCK_ID_DATA_SHORT: one byte of length follows
    internal const byte DataLong = 254;  // XLR_BLOCK_ID_DATA_LONG: four bytes of length follow
    private const int DataStart = WalRecordHeader.Size + 5;

    private byte[] _buffer = new byte[1024];
    private int _end = DataStart;
    private int _start = DataStart;
    private uint _dataCrc;
    private bool _sealed;
    private ResourceManagerId _rmgr;
    private byte _info;
    private uint _xid;

    /// <summary>Starts a new record and forgets the one before.</summary>
    public void Begin(ResourceManagerId rmgr, byte info, uint xid)
    {
        _rmgr = rmgr;
        _info = info;
        _xid = xid;
        _end = DataStart;
        _sealed = false;
    }

    /// <exception cref="ArgumentOutOfRangeException">The record would exceed <see cref="MaxRecordSize"/>.</exception>
    public void Append(ReadOnlySpan<byte> mainData) => mainData.CopyTo(Extend(mainData.Length));

    public void AppendByte(byte value) => Extend(1)[0] = value;

    public void AppendUInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Extend(4), value);

    public void AppendUInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Extend(8), value);

    public void AppendInt64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Extend(8), value);

    /// <summary>Lays out header and data, and computes the CRC of the data.</summary>
    /// <returns>The record's length in bytes (xl_tot_len), not aligned.</returns>
    public int Seal()
    {
        int length = _end - DataStart;
        if (length == 0)
            _start = DataStart - WalRecordHeader.Size;
        else if (length <= byte.MaxValue)
        {
            _start = DataStart - WalRecordHeader.Size - 2;
            _buffer[DataStart - 2] = DataShort;
            _buffer[DataStart - 1] = (byte)length;
        }
        else
        {
            _start = DataStart - WalRecordHeader.Size - 5;
            _buffer[DataStart - 5] = DataLong;
            BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(DataStart - 4), (uint)length);
        }
        new WalRecordHeader((uint)(_end - _start), _xid, Lsn.Invalid, _info, _rmgr, 0).Write(_buffer.AsSpan(_start));
        _dataCrc = Crc32C.Append(Crc32C.Initial, _buffer.AsSpan((_start + WalRecordHeader.Size).._end));
        _sealed = true;
        return _end - _start;
    }

    /// <summary>Sets xl_prev and completes the CRC; cheap, and may be called again with another value.</summary>
    /// <param name="previous">Start of the record before; <see cref="Lsn.Invalid"/> for the first of a cluster.</param>
    /// <returns>The whole record, valid until the next <see cref="Begin"/>.</returns>
    /// <exception cref="InvalidOperationException">Not sealed.</exception>
    public ReadOnlySpan<byte> Finish(Lsn previous)
    {
        if (!_sealed)
            throw new InvalidOperationException("the record is not sealed");
        Span<byte> record = _buffer.AsSpan(_start.._end);
        BinaryPrimitives.WriteUInt64LittleEndian(record[8..], previous.Value);
        uint crc = Crc32C.Finish(Crc32C.Append(_dataCrc, record[..WalRecordHeader.CrcOffset]));
        BinaryPrimitives.WriteUInt32LittleEndian(record[WalRecordHeader.CrcOffset..], crc);
        return record;
    }

    private Span<byte> Extend(int bytes)
    {
        if (_sealed)
            throw new InvalidOperationException("the record is sealed");
        long end = (long)_end + bytes;
        if (end > MaxRecordSize)
            throw new ArgumentOutOfRangeException(nameof(bytes), bytes, $"a WAL record cannot exceed {MaxRecordSize} bytes");
        if (end > _buffer.Length)
            Array.Resize(ref _buffer, (int)Math.Max(end, Math.Min(2L * _buffer.Length, MaxRecordSize)));
        Span<byte> place = _buffer.AsSpan(_end, bytes);
        _end = (int)end;
        return place;
    }
}
