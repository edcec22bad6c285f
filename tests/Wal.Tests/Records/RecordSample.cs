using System.Buffers.Binary;

namespace Pgrepl.Wal.Tests.Records;

/// <summary>A record that PostgreSQL 15 wrote, and what its pg_waldump says of it; samples.txt holds some of every type. tests/Interop/WalDump/RecordSamples.cs takes them anew.</summary>
internal sealed class RecordSample
{
    private readonly int _payload, _main, _data;

    private RecordSample(string line)
    {
        string[] parts = line.Split('|', 3);
        Record = Convert.FromHexString(parts[0]);
        Type = parts[1];
        Text = parts[2];
        WalReader reader = new RecordRoom().TryRead(Record)!;
        _main = reader.MainData.Length;
        _data = reader.HasBlock(0) && !reader.Block(0).HasImage ? reader.BlockData(0).Length : 0;
        _payload = _main;
        for (int id = 0; id <= reader.MaxBlockId; id++)
            _payload += reader.BlockImage(id).Length + reader.BlockData(id).Length;
    }

    public static IReadOnlyList<RecordSample> All { get; } =
        [.. File.ReadLines(Path.Combine(Build.Root, "tests", "Wal.Tests", "Records", "samples.txt")).Select(line => new RecordSample(line))];

    public byte[] Record { get; }

    /// <summary>For instance Heap/INSERT+INIT.</summary>
    public string Type { get; }

    /// <summary>What follows the type's name.</summary>
    public string Text { get; }

    /// <summary>The record with every shorter main data, then with every shorter data of block 0 that has no image.</summary>
    public IEnumerable<byte[]> Cut()
    {
        for (int keep = 0; keep < _main; keep++)
        {
            int header = _main > byte.MaxValue ? 5 : 2;
            byte[] length = keep == 0 ? [] : [WalRecordBuilder.DataLong, .. BitConverter.GetBytes(keep)];
            yield return [.. Record[..(Record.Length - _payload - header)], .. length, .. Record[(Record.Length - _payload)..(Record.Length - _main + keep)]];
        }
        for (int keep = 0; keep < _data; keep++)
        {
            byte[] cut = [.. Record[..(Record.Length - _payload + keep)], .. Record[(Record.Length - _payload + _data)..]];
            BinaryPrimitives.WriteUInt16LittleEndian(cut.AsSpan(WalRecordHeader.Size + 2), (ushort)keep);
            if (keep == 0)
                cut[WalRecordHeader.Size + 1] &= unchecked((byte)~WalBlock.HasDataFlag);
            yield return cut;
        }
    }
}
