using System.Buffers.Binary;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests.WalDump;

/// <summary>WAL of another major in the form of 15, so that pg_waldump 15, which takes no other, can judge how we read the original: page magic, the bits of images, one code of 13, CRCs.</summary>
/// <remarks>A record whose body 15 would read otherwise becomes an XLOG/NOOP of the same bytes: its lengths, its transaction, its block references and images are still told, its body is not.</remarks>
internal sealed class TranslatedWal : IWalPageSource, IDisposable
{
    private const byte Hole = 0x01;

    private readonly int _segmentSize;
    private readonly Func<WalReader, bool> _untold;
    private readonly SortedDictionary<WalSegment, byte[]> _original = new(Comparer<WalSegment>.Create((one, other) => one.Number.CompareTo(other.Number)));
    private readonly SortedDictionary<ulong, byte[]> _translated = [];

    /// <param name="wal">pg_wal of a server that is stopped, or writes elsewhere by now.</param>
    /// <param name="segments">Of one timeline, one after another.</param>
    /// <param name="untold">Of a record that 15 would read otherwise.</param>
    public TranslatedWal(string wal, PostgresMajor major, int segmentSize, IEnumerable<string> segments, Func<WalReader, bool> untold)
    {
        (Major, _segmentSize, _untold) = (major, segmentSize, untold);
        foreach (string name in segments)
        {
            Assert.That(WalSegment.TryParse(name, segmentSize, out WalSegment segment), name);
            byte[] bytes = File.ReadAllBytes(Path.Combine(wal, name));
            _original.Add(segment, bytes);
            _translated.Add(segment.Number, (byte[])bytes.Clone());
        }
        Folder = Directory.CreateTempSubdirectory("pgrepl-translated-").FullName;
        Records();
        foreach ((WalSegment segment, byte[] _) in _original)
        {
            byte[] bytes = _translated[segment.Number];
            for (int page = 0; page < bytes.Length; page += WalFormat.PageSize)
                if (BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(page)) == major.PageMagic)
                    BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(page), WalFormat.PageMagic);
            File.WriteAllBytes(Path.Combine(Folder, segment.FileName(segmentSize)), bytes);
        }
    }

    /// <summary>Of the original.</summary>
    public PostgresMajor Major { get; }

    /// <summary>Segments of the same names.</summary>
    public string Folder { get; }

    /// <summary>Starts of the records that are NOOPs now.</summary>
    public HashSet<Lsn> Untold { get; } = [];

    public int Count { get; private set; }

    public WalPageResult ReadPage(Lsn pageStart, int requiredBytes, Lsn recordStart, Span<byte> page)
    {
        WalSegment segment = WalSegment.Containing(pageStart, TimelineId.First, _segmentSize);
        if (!_original.TryGetValue(segment, out byte[]? bytes))
            return WalPageResult.Failed("no such segment");
        bytes.AsSpan((int)pageStart.BytesSince(segment.Start(_segmentSize)), WalFormat.PageSize).CopyTo(page);
        return WalPageResult.Available(WalFormat.PageSize);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private void Records()
    {
        var reader = new WalReader(this, Major, _segmentSize, systemId: 0);
        reader.FindNextRecord(_original.Keys.First().Start(_segmentSize));
        while (reader.Read() == WalReadStatus.Record)
        {
            byte[] record = reader.Record.ToArray();
            TranslateImages(record);
            WalRecordHeader header = reader.Header;
            if (!header.IsSwitch && _untold(reader))
            {
                Untold.Add(reader.RecordStart);
                header = header with { Rmgr = ResourceManagerId.Xlog, Info = (byte)(XlogInfo.Noop | header.Info & ~WalRecordHeader.OperationMask) };
            }
            else if (Major.Number < 14 && header is { Rmgr: ResourceManagerId.Heap2, Operation: Heap2InfoOf13.FreezePage })
                header = header with { Info = (byte)(header.Info ^ Heap2InfoOf13.FreezePage ^ Heap2Info.FreezePage) };
            header.Write(record);
            (header with { Crc = WalRecordHeader.ComputeCrc(record) }).Write(record);
            Put(reader.RecordStart, record);
            Count++;
        }
    }

    /// <summary>Before 15 the bits were 2: compressed, 4: apply; now 2: apply, 4: pglz.</summary>
    private void TranslateImages(Span<byte> record)
    {
        int total = 0;
        for (int next = WalRecordHeader.Size; record.Length - next > total;)
        {
            byte id = record[next];
            if (id is 255 or 254)
                return; // the main data is last
            if (id > 32)
            {
                next += id == 253 ? 3 : 5; // origin, top-level xid
                continue;
            }
            byte flags = record[next + 1];
            total += BinaryPrimitives.ReadUInt16LittleEndian(record[(next + 2)..]);
            next += 4;
            if ((flags & 0x10) != 0)
            {
                total += BinaryPrimitives.ReadUInt16LittleEndian(record[next..]);
                ref byte info = ref record[next + 4];
                bool compressed = (info & Major.CompressedImageBits) != 0, apply = (info & Major.ApplyImageBit) != 0;
                next += compressed && (info & Hole) != 0 ? 7 : 5;
                if (Major.Number < 15)
                    info = (byte)(info & Hole | (apply ? PostgresMajor.LogCluster.ApplyImageBit : 0) | (compressed ? 4 : 0));
            }
            next += (flags & 0x80) != 0 ? 4 : 16;
        }
    }

    /// <summary>A record may lie on several pages, behind their headers.</summary>
    private void Put(Lsn at, ReadOnlySpan<byte> record)
    {
        while (!record.IsEmpty)
        {
            if (at.PageOffset == 0)
                at += (ulong)WalFormat.PageHeaderSize(at, _segmentSize);
            int length = Math.Min(record.Length, WalFormat.PageSize - at.PageOffset);
            record[..length].CopyTo(_translated[at.Value / (ulong)_segmentSize].AsSpan((int)(at.Value % (ulong)_segmentSize)));
            record = record[length..];
            at += (ulong)length;
        }
    }
}
