using System.Buffers.Binary;

namespace Pgrepl.Wal.Tests.Records;

/// <summary>Forged records, told as records of any major: these differ in the magic of their pages alone.</summary>
internal sealed class MajorLog
{
    private readonly TestLog _log = new();

    /// <summary>With block 0, whose data may be empty.</summary>
    /// <param name="main">At most 255 bytes.</param>
    /// <param name="data">The same.</param>
    public void Append(ResourceManagerId rmgr, byte operation, ReadOnlySpan<byte> main, ReadOnlySpan<byte> data)
    {
        byte flags = data.IsEmpty ? (byte)0 : WalBlock.HasDataFlag;
        byte[] record = RawRecord.Make([0, flags, (byte)data.Length, 0, 0x7F, 6, 0, 0, 5, 0, 0, 0, 0, 0x40, 0, 0, 7, 0, 0, 0, 255, (byte)main.Length, .. data, .. main], _log.Previous);
        WalRecordHeader header = WalRecordHeader.Read(record)!.Value with { Rmgr = rmgr, Info = operation };
        header.Write(record);
        (header with { Crc = WalRecordHeader.ComputeCrc(record) }).Write(record);
        _log.AppendRaw(record);
    }

    /// <summary>What each record says, with its code before it.</summary>
    public IEnumerable<(ResourceManagerId Rmgr, byte Operation, string Text)> Tell(PostgresMajor major)
    {
        for (int page = 0; page < _log.Bytes.Length; page += WalFormat.PageSize)
            BinaryPrimitives.WriteUInt16LittleEndian(_log.Bytes.AsSpan(page), major.PageMagic);
        var reader = new WalReader(new MemoryPages(_log), major, _log.SegmentSize, TestLog.SystemId);
        reader.BeginRead(_log.Records[0].Start);
        var text = new WalText();
        foreach (LogRecord _ in _log.Records)
        {
            Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record), reader.Error);
            yield return (reader.Header.Rmgr, reader.Header.Operation, RecordRoom.Describe(reader, text));
        }
    }
}
