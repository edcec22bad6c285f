using System.Buffers.Binary;

namespace Pgrepl.Wal.Tests;

/// <summary>A log with a record in every kind of place, to be forged; four segments of 1 MB, read from the last six pages of the first.</summary>
internal sealed class ForgedLog
{
    private static readonly ForgedLog Template = new();

    private readonly Dictionary<string, LogRecord> _places = [];
    private readonly TestLog _log;

    private ForgedLog()
    {
        var random = new Random(15);
        _log = new TestLog(startOffset: (1 << 20) - 6 * WalFormat.PageSize);
        Start = _log.End;
        Place("first", () => _log.AppendOfSize(100, random));
        Place("mid-page", () => _log.AppendOfSize(301, random));
        Blocks(random);
        Place("to the page end", () => FillPage(0, random));
        Place("first on a page", () => _log.AppendOfSize(50, random));
        FillPage(16, random);
        Place("16 bytes of header before a page end", () => _log.AppendOfSize(200, random));
        FillPage(8, random);
        Place("8 bytes of header before a page end", () => _log.AppendOfSize(120, random));
        Place("across a page", () => _log.AppendOfSize(14_000, random));
        FillPage(0, random);
        FillPage(400, random);
        Place("across a segment", () => _log.AppendOfSize(3_000, random));
        _log.Append(SwitchRecord.Build);
        Place("after a switch", () => _log.AppendOfSize(100, random));
        var positions = new WalPositions(_log.SegmentSize);
        Lsn segmentEnd = _log.Base + 3 * (ulong)_log.SegmentSize;
        Place("to the segment end", () => _log.AppendOfSize((int)(positions.ToUsableBytes(segmentEnd) - positions.ToUsableBytes(_log.End)), random));
        Assert.That(_log.End, Is.EqualTo(segmentEnd));
        Place("first in a segment", () => _log.AppendOfSize(64, random));
        _log.AppendOfSize(64, random);
    }

    private ForgedLog(TestLog log, Lsn start, Dictionary<string, LogRecord> places)
    {
        (_log, Start, _places) = (log, start, places);
    }

    public static IEnumerable<string> Places => Template._places.Keys;

    /// <summary>Starts of all pages that hold WAL.</summary>
    public static IEnumerable<Lsn> Pages => Template.Records.SelectMany(record =>
        Enumerable.Range(0, (int)(record.End.PageStart.BytesSince(record.Start.PageStart) / WalFormat.PageSize) + 1).Select(page => record.Start.PageStart + (ulong)page * WalFormat.PageSize))
        .Where(page => page < Template._log.End).Distinct();

    /// <summary>Where reading starts.</summary>
    public Lsn Start { get; }

    public IReadOnlyList<LogRecord> Records => _log.Records;
    public int SegmentSize => _log.SegmentSize;
    public Lsn Base => _log.Base;
    public Lsn End => _log.End;

    /// <summary>The segments' bytes, from <see cref="Base"/>.</summary>
    public byte[] Bytes => _log.Bytes;

    /// <summary>True when a byte differs from what was written.</summary>
    public bool IsForged => !Bytes.AsSpan().SequenceEqual(Template.Bytes);

    public LogRecord this[string place] => _places[place];

    /// <summary>A copy of its own for every forgery.</summary>
    public static ForgedLog New() => Template.Copy();

    public ForgedLog Copy() => new(_log.Copy(), Start, _places);

    /// <summary>The first segment of somebody else's log, read from one of its last records.</summary>
    public static ForgedLog Real(byte[] segment, int segmentSize, int lastRecords)
    {
        TestLog log = TestLog.Of(segment, segmentSize);
        log.Records.RemoveRange(0, Math.Max(0, log.Records.Count - lastRecords));
        return new(log, log.Records[0].Start, []);
    }

    public Span<byte> At(Lsn position, int length) => _log.At(position, length);

    /// <summary>Overwrites bytes of a record, wherever its pages put them.</summary>
    public void Put(LogRecord record, int at, params ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
            Bytes[Index(record, at + i)] = bytes[i];
    }

    public void Put32(LogRecord record, int at, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Put(record, at, bytes);
    }

    public void Put64(LogRecord record, int at, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Put(record, at, bytes);
    }

    public void Flip(LogRecord record, int at, byte mask) => Bytes[Index(record, at)] ^= mask;

    /// <summary>Gives the record the CRC that its bytes ask for, as long as its forged length says; a length that leaves the log stays without.</summary>
    public void Seal(LogRecord record)
    {
        byte[] head = Gather(record, 4);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(head);
        if (length is >= WalRecordHeader.Size and < 1 << 24 && Index(record, (int)length - 1) < Bytes.Length)
            Put32(record, WalRecordHeader.CrcOffset, WalRecordHeader.ComputeCrc(Gather(record, (int)length)));
    }

    private byte[] Gather(LogRecord record, int length)
    {
        byte[] result = new byte[length];
        for (int done = 0; done < length;)
        {
            int from = Index(record, done);
            int part = Math.Min(length - done, WalFormat.PageSize - from % WalFormat.PageSize);
            Bytes.AsSpan(from, part).CopyTo(result.AsSpan(done));
            done += part;
        }
        return result;
    }

    /// <summary>Where byte <paramref name="at"/> of a record lies, page headers skipped.</summary>
    private int Index(LogRecord record, int at)
    {
        var positions = new WalPositions(SegmentSize);
        return (int)positions.StartFromUsableBytes(positions.ToUsableBytes(record.Start) + (ulong)at).BytesSince(Base);
    }

    private void Place(string name, Func<LogRecord> append) => _places[name] = append();

    private LogRecord FillPage(int left, Random random) => _log.AppendOfSize(WalFormat.PageSize - _log.InsertPosition.PageOffset - left, random);

    /// <summary>Records as a PostgreSQL cluster writes them: block data, full and holed and compressed images, an origin.</summary>
    private void Blocks(Random random)
    {
        const string Relation = "7F060000" + "05000000" + "00400000";
        Add("blocks", "00" + "20" + "0300" + Relation + "07000000" + "05" + "A0" + "0100" + "08000000" + "FF02", 3 + 1 + 2);
        Add("holed image", "00" + "10" + "0000" + "2003" + "1000" + "03" + Relation + "07000000" + "FF01", 800 + 1);
        Add("compressed image", "00" + "31" + "0200" + "9001" + "1000" + "07" + "0010" + Relation + "07000000" + "FD0300" + "FF04", 400 + 2 + 4);
        Add("long main data", "FD0300" + "FC2A000000" + "FE2C010000", 300);

        void Add(string name, string fragments, int data)
        {
            byte[] tail = new byte[data];
            random.NextBytes(tail);
            Place(name, () => _log.AppendRaw(RawRecord.Make([.. Convert.FromHexString(fragments), .. tail], _log.Previous)));
        }
    }
}
