namespace Pgrepl.Wal.Tests.Records;

/// <summary>Puts one record at a time into WAL, reads it back and asks what it says.</summary>
internal sealed class RecordRoom
{
    private readonly TestLog _log = new() { Bytes = new byte[1 << 20] };
    private readonly WalReader _reader;
    private readonly WalText _text = new();

    public RecordRoom() => _reader = _log.Reader();

    /// <summary>The record is held until the next call. Its length, predecessor and checksum are made good.</summary>
    /// <returns>Null: the reader does not take it.</returns>
    public WalReader? TryRead(ReadOnlySpan<byte> record)
    {
        _log.Bytes.AsSpan(0, (int)_log.End.BytesSince(_log.Base)).Clear();
        (_log.End, _log.Previous) = (_log.Base, default);
        _log.Records.Clear();
        byte[] bytes = record.ToArray();
        WalRecordHeader header = WalRecordHeader.Read(bytes)!.Value with { TotalLength = (uint)bytes.Length, Previous = default };
        header.Write(bytes);
        (header with { Crc = WalRecordHeader.ComputeCrc(bytes) }).Write(bytes);
        Lsn start = _log.AppendRaw(bytes).Start;
        _reader.Invalidate();
        _reader.BeginRead(start);
        return _reader.Read() == WalReadStatus.Record ? _reader : null;
    }

    /// <summary>As pg_waldump has it behind <c>desc: </c>, without the block references.</summary>
    public static string Describe(WalReader record, WalText text)
    {
        text.Clear();
        ReadOnlySpan<byte> name = WalDescription.Identify(record.Header.Rmgr, record.Header.Info, record.Major);
        if (name.IsEmpty)
            text.Append("UNKNOWN ("u8).AppendLowerHex(record.Header.Operation).Append(") "u8);
        else
            text.Append(name).Append((byte)' ');
        WalDescription.Describe(record, text);
        return text.ToString();
    }

    /// <summary>Of a record that the reader must take.</summary>
    public string Describe(ReadOnlySpan<byte> record)
    {
        WalReader? reader = TryRead(record);
        Assert.That(reader, Is.Not.Null, _reader.Error);
        return Describe(reader!, _text);
    }
}
