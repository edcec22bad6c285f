using Pgrepl.Wal;

namespace Pgrepl.Tests;

/// <summary>WAL in memory, made record by record, in segments of 1 MiB from 0/100000 on.</summary>
internal sealed class TestWal
{
    public const int SegmentSize = 1 << 20;
    public const ulong SystemId = 7_654_321_012_345_678_901;
    public static readonly Lsn Start = new(SegmentSize);

    private readonly WalRecordBuilder _builder = new();
    private byte[] _bytes = new byte[SegmentSize];
    private Lsn _previous;

    public TimelineId Timeline { get; set; } = TimelineId.First;

    public Lsn End { get; private set; } = Start;

    /// <summary>Start (behind a page header) and end of every record.</summary>
    public List<(Lsn Start, Lsn End)> Records { get; } = [];

    public static TestWal Random(Random random, int records, int maxSize)
    {
        TestWal wal = new();
        for (int i = 0; i < records; i++)
            wal.Message(random, random.Next(4) == 0 ? random.Next(maxSize) : random.Next(200));
        return wal;
    }

    public void Message(Random random, int size)
    {
        byte[] content = new byte[size];
        random.NextBytes(content);
        LogicalMessage.Build(_builder, 0, 5, transactional: false, "test"u8, content);
        Lay();
    }

    /// <summary>XLOG_SWITCH; the rest of the segment is zeros.</summary>
    public void Switch()
    {
        SwitchRecord.Build(_builder);
        Lay();
        End = new Lsn((End.Value + SegmentSize - 1) / SegmentSize * SegmentSize);
    }

    public Span<byte> Bytes(Lsn from, Lsn to)
    {
        Reserve(to);
        return _bytes.AsSpan((int)from.BytesSince(Start)..(int)to.BytesSince(Start));
    }

    /// <summary>A copy that ends at the end of a record, to go on differently.</summary>
    public TestWal CutAfter(int record)
    {
        TestWal copy = new() { End = Records[record].End, _previous = Records[record].Start, Timeline = Timeline };
        copy.Records.AddRange(Records[..(record + 1)]);
        Bytes(Start, copy.End).CopyTo(copy.Bytes(Start, copy.End));
        return copy;
    }

    /// <summary>Writes the segments that hold [Start, upTo), whole, as files of the timeline.</summary>
    public void WriteFiles(string walDirectory, TimelineId timeline, Lsn upTo, Lsn from = default)
    {
        Directory.CreateDirectory(walDirectory);
        Lsn segmentStart = from > Start ? new Lsn(from.Value / SegmentSize * SegmentSize) : Start;
        for (; segmentStart < upTo; segmentStart += SegmentSize)
        {
            byte[] content = new byte[SegmentSize];
            Bytes(segmentStart, Lsn.Min(upTo, segmentStart + SegmentSize)).CopyTo(content);
            File.WriteAllBytes(Path.Combine(walDirectory, WalSegment.Containing(segmentStart, timeline, SegmentSize).FileName(SegmentSize)), content);
        }
    }

    private void Lay()
    {
        _builder.Seal();
        Lsn start = End;
        if (start.PageOffset == 0)
            start += (ulong)WalFormat.PageHeaderSize(start, SegmentSize);
        ReadOnlySpan<byte> record = _builder.Finish(_previous);
        Reserve(End + (ulong)record.Length * 2 + SegmentSize);
        End = WalPages.Lay(record, End, SegmentSize, Timeline, SystemId, (page, _) => _bytes.AsSpan((int)page.BytesSince(Start), WalFormat.PageSize));
        Records.Add((start, End));
        _previous = start;
    }

    private void Reserve(Lsn end)
    {
        long needed = end.BytesSince(Start);
        if (needed > _bytes.Length)
            Array.Resize(ref _bytes, (int)Math.Max(needed, 2L * _bytes.Length));
    }
}
