namespace Pgrepl.Wal.Tests;

/// <summary>A piece of WAL in memory, written with our own builder; begins at a segment's start.</summary>
internal sealed class TestLog
{
    public const ulong SystemId = 7_300_000_000_000_000_001;

    private readonly WalRecordBuilder _builder = new();
    private readonly WalPositions _positions;

    public TestLog(int segmentSize = 1 << 20, ulong firstSegment = 1, int startOffset = 0, uint timeline = 1)
    {
        SegmentSize = segmentSize;
        Timeline = new TimelineId(timeline);
        _positions = new WalPositions(segmentSize);
        Base = new Lsn(firstSegment * (ulong)segmentSize);
        Bytes = new byte[segmentSize];
        End = Base + (ulong)startOffset;
        if (startOffset > 0)
            WalPages.WriteHeader(Bytes, Base, segmentSize, Timeline, SystemId);
    }

    public int SegmentSize { get; }
    public TimelineId Timeline { get; set; }
    public Lsn Base { get; }
    public byte[] Bytes { get; set; }
    public Lsn End { get; set; }
    public Lsn Previous { get; set; }
    public List<LogRecord> Records { get; } = [];

    /// <summary>Where the next record starts.</summary>
    public Lsn InsertPosition => _positions.StartFromUsableBytes(_positions.ToUsableBytes(End));

    /// <summary>The log of timeline 1 that somebody else wrote into segments from the first on, as far as it is good.</summary>
    public static TestLog Of(byte[] bytes, int segmentSize)
    {
        var log = new TestLog(segmentSize) { Bytes = bytes };
        WalReader reader = log.Reader(systemId: 0);
        Assert.That(reader.FindNextRecord(log.Base).IsValid, reader.Error);
        while (reader.Read() == WalReadStatus.Record)
            log.Records.Add(new LogRecord(reader.RecordStart, reader.RecordEnd, reader.Record.ToArray()));
        (log.Previous, log.End) = (reader.RecordStart, reader.RecordEnd);
        return log;
    }

    /// <summary>The same log with bytes of its own; both go on from here.</summary>
    public TestLog Copy()
    {
        var copy = new TestLog(SegmentSize, Base.Value / (ulong)SegmentSize, timeline: Timeline.Value) { Bytes = (byte[])Bytes.Clone(), End = End, Previous = Previous };
        copy.Records.AddRange(Records);
        return copy;
    }

    public LogRecord Append(Action<WalRecordBuilder> build, WalPageFlags flags = WalPageFlags.None)
    {
        build(_builder);
        _builder.Seal();
        return AppendRaw(_builder.Finish(Previous), flags);
    }

    public LogRecord AppendMessage(ReadOnlySpan<byte> content, uint xid = 0)
    {
        LogicalMessage.Build(_builder, xid, 5, xid != 0, "test"u8, content);
        _builder.Seal();
        return AppendRaw(_builder.Finish(Previous));
    }

    /// <summary>A record of exactly so many bytes (xl_tot_len).</summary>
    public LogRecord AppendOfSize(int totalLength, Random random)
    {
        int data = totalLength - WalRecordHeader.Size;
        data -= data == 0 ? 0 : data <= 257 ? 2 : 5;
        byte[] content = new byte[data];
        random.NextBytes(content);
        LogRecord record = Append(builder =>
        {
            builder.Begin(ResourceManagerId.Generic, 0, 7);
            builder.Append(content);
        });
        Assert.That(record.Bytes, Has.Length.EqualTo(totalLength));
        return record;
    }

    public LogRecord AppendRaw(ReadOnlySpan<byte> record, WalPageFlags flags = WalPageFlags.None)
    {
        Lsn start = InsertPosition;
        End = WalPages.Lay(record, start, SegmentSize, Timeline, SystemId, Page, flags);
        var added = new LogRecord(start, End, record.ToArray());
        if (WalRecordHeader.Read(record)!.Value.IsSwitch)
            End = added.End is var end && end.Value % (ulong)SegmentSize != 0 ? new Lsn((end.Value / (ulong)SegmentSize + 1) * (ulong)SegmentSize) : end;
        added = added with { End = End };
        Previous = start;
        Records.Add(added);
        return added;
    }

    public Span<byte> At(Lsn position, int length) => Bytes.AsSpan((int)position.BytesSince(Base), length);

    public void Zero(Lsn from, Lsn to) => At(from, (int)to.BytesSince(from)).Clear();

    public WalReader Reader(ulong systemId = SystemId) => new(new MemoryPages(this), PostgresMajor.LogCluster, SegmentSize, systemId);

    /// <summary>Writes every segment into a folder, under its name.</summary>
    public void Save(string directory)
    {
        for (int at = 0; at < Bytes.Length; at += SegmentSize)
            File.WriteAllBytes(Path.Combine(directory, WalSegment.Containing(Base + (ulong)at, Timeline, SegmentSize).FileName(SegmentSize)), Bytes.AsSpan(at, SegmentSize));
    }

    private Span<byte> Page(Lsn pageStart, bool fresh)
    {
        int offset = (int)pageStart.BytesSince(Base);
        if (offset >= Bytes.Length)
        {
            byte[] bytes = Bytes;
            Array.Resize(ref bytes, (offset / SegmentSize + 1) * SegmentSize);
            Bytes = bytes;
        }
        Span<byte> page = Bytes.AsSpan(offset, WalFormat.PageSize);
        Assert.That(page.ContainsAnyExcept((byte)0), Is.EqualTo(!fresh), "fresh pages are those that nobody wrote to");
        return page;
    }
}

internal sealed record LogRecord(Lsn Start, Lsn End, byte[] Bytes);
