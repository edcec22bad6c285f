namespace Pgrepl.Wal.Tests;

public sealed class WalReaderTests
{
    [TestCase(1 << 20)]
    [TestCase(16 << 20)]
    public void Random_records_come_back_as_they_went_in(int segmentSize)
    {
        Random random = Seed.New();
        // Starts three pages before a segment's end, so that every run crosses a segment.
        var log = new TestLog(segmentSize, startOffset: segmentSize - 3 * WalFormat.PageSize);
        while (log.End < log.Base + (ulong)segmentSize * 2 - 64 * 1024)
            log.AppendOfSize(RandomSize(random), random);
        CheckAll(log, new MemoryPages(log));
        CheckAll(log, new MemoryPages(log) { Stingy = true });
    }

    [Test]
    public void Records_may_end_at_every_distance_from_a_page_end()
    {
        Random random = Seed.New();
        var log = new TestLog();
        for (int left = 0; left <= 160; left += 8)
        {
            Lsn start = log.InsertPosition;
            log.AppendOfSize(WalFormat.PageSize - start.PageOffset - left + (left == 0 ? 0 : WalFormat.PageSize - 24), random);
            Assert.That(log.End.PageOffset, Is.EqualTo(left == 0 ? 0 : WalFormat.PageSize - left));
            log.AppendOfSize(100, random);
            log.AppendOfSize(300, random);
        }
        CheckAll(log, new MemoryPages(log));
    }

    [Test]
    public void Records_may_end_exactly_at_a_segment_end()
    {
        Random random = Seed.New();
        var log = new TestLog(startOffset: (1 << 20) - WalFormat.PageSize);
        log.AppendOfSize(WalFormat.PageSize - 24, random);
        Assert.That(log.End.Value % (1 << 20), Is.Zero);
        log.AppendOfSize(100, random);
        WalReader reader = log.Reader();
        reader.BeginRead(log.Records[0].Start);
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record), reader.Error);
        Assert.That(reader.NextRecordPosition, Is.EqualTo(log.Base + (1 << 20)));
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record), reader.Error);
        Assert.That(reader.RecordStart, Is.EqualTo(log.Base + (1 << 20) + 40));
    }

    [TestCase(1)]
    [TestCase(7)]
    [TestCase(512)]
    [TestCase(8192)]
    public void Not_yet_at_every_boundary_gives_the_same_records_and_reads_no_earlier_page(int chunk)
    {
        Random random = Seed.New();
        var log = new TestLog(startOffset: (1 << 20) - 2 * WalFormat.PageSize);
        while (log.End < log.Base + (1 << 20) + 6 * WalFormat.PageSize)
            log.AppendOfSize(random.Next(24 + 3, 20_000) is var size && size is > 281 and < 285 ? 285 : size, random);
        var pages = new MemoryPages(log) { Limit = log.Records[0].Start, Record = true };
        var reader = new WalReader(pages, PostgresMajor.LogCluster, log.SegmentSize, TestLog.SystemId);
        reader.BeginRead(log.Records[0].Start);

        int found = 0;
        int refused = 0;
        while (pages.Limit < log.End)
        {
            Lsn arrived = pages.Limit;
            pages.Limit = Lsn.Min(pages.Limit + (ulong)chunk, log.End);
            WalReadStatus status;
            while ((status = reader.Read()) == WalReadStatus.Record)
            {
                LogRecord expected = log.Records[found++];
                CheckCurrent(reader, expected);
                Assert.That(expected.Start + (ulong)expected.Bytes.Length, Is.GreaterThan(arrived - WalFormat.PageSize), "as soon as its bytes are there");
                Assert.That(pages.Limit, Is.GreaterThanOrEqualTo(expected.Start + (ulong)expected.Bytes.Length));
            }
            Assert.That(status, Is.EqualTo(WalReadStatus.NotYet), reader.Error);
            Assert.That(reader.Record.Length, Is.Zero);
            refused++;
        }
        Assert.That(found, Is.EqualTo(log.Records.Count));
        Assert.That(refused, Is.GreaterThan(0));
        Lsn[] forward = [.. pages.Asked.Where(page => page != log.Base)];
        Assert.That(forward, Is.Ordered.By("Value"), "no page that was done is asked for again");
    }

    [Test]
    public void A_record_is_there_with_its_last_byte_and_not_before()
    {
        Random random = Seed.New();
        var log = new TestLog();
        log.AppendOfSize(100, random);
        log.AppendOfSize(9_001, random);
        var pages = new MemoryPages(log);
        var reader = new WalReader(pages, PostgresMajor.LogCluster, log.SegmentSize, 0);
        foreach (LogRecord record in log.Records)
        {
            Lsn lastByte = record.Start + (ulong)record.Bytes.Length + (record.Bytes.Length > 8152 ? 24ul : 0);
            reader.BeginRead(record.Start);
            pages.Limit = lastByte - 1;
            Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.NotYet));
            pages.Limit = lastByte;
            Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record));
            CheckCurrent(reader, record);
            reader.Invalidate();
        }
    }

    [Test]
    public void Invalidate_in_the_middle_of_a_record_starts_it_over()
    {
        Random random = Seed.New();
        var log = new TestLog();
        log.AppendOfSize(30_000, random);
        var pages = new MemoryPages(log) { Limit = log.Base + 20_000 };
        var reader = new WalReader(pages, PostgresMajor.LogCluster, log.SegmentSize, 0);
        reader.BeginRead(log.Base);
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.NotYet));
        reader.Invalidate();
        pages.Limit = Lsn.MaxValue;
        pages.Record = true;
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record), reader.Error);
        CheckCurrent(reader, log.Records[0]);
        Assert.That(pages.Asked[0], Is.EqualTo(log.Base));
    }

    [Test]
    public void Find_next_record_finds_the_first_start_from_any_position()
    {
        Random random = Seed.New();
        var log = new TestLog();
        for (int round = 0; round < 20; round++)
            log.AppendOfSize(RandomSize(random), random);
        WalReader reader = log.Reader();
        for (Lsn from = log.Base; from < log.End; from += 8)
        {
            Lsn expected = log.Records.Select(record => record.Start).FirstOrDefault(start => start >= from);
            Assert.That(reader.FindNextRecord(from), Is.EqualTo(expected), $"from {from}");
            if (!expected.IsValid)
            {
                Assert.That(reader.Error, Does.StartWith("invalid record length at"));
                continue;
            }
            Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record), reader.Error);
            Assert.That(reader.RecordStart, Is.EqualTo(expected));
        }
    }

    [Test]
    public void Read_goes_on_after_the_end_of_wal_has_moved()
    {
        Random random = Seed.New();
        var log = new TestLog();
        log.AppendOfSize(100, random);
        WalReader reader = log.Reader();
        reader.BeginRead(log.Base);
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record));
        for (int round = 0; round < 50; round++)
        {
            Lsn end = log.InsertPosition;
            Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Invalid));
            Assert.That(reader.ErrorPosition, Is.EqualTo(log.End.PageOffset == 0 ? log.End : end));
            Assert.That(reader.NextRecordPosition, Is.EqualTo(log.End));
            log.AppendOfSize(RandomSize(random), random);
            Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record), reader.Error);
            CheckCurrent(reader, log.Records[^1]);
        }
    }

    [Test]
    public void Reading_allocates_nothing_in_steady_state()
    {
        Random random = Seed.New();
        var log = new TestLog();
        while (log.End < log.Base + 900_000)
            log.AppendOfSize(RandomSize(random), random);
        var reader = new WalReader(new QuietPages(log), PostgresMajor.LogCluster, log.SegmentSize, TestLog.SystemId);
        for (int round = 0; round < 3; round++)
        {
            reader.BeginRead(log.Base);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < log.Records.Count; i++)
                if (reader.Read() != WalReadStatus.Record)
                    Assert.Fail(reader.Error!);
            if (round > 0)
                Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(100));
        }
    }

    [Test]
    public void Building_allocates_nothing_in_steady_state()
    {
        var builder = new WalRecordBuilder();
        byte[] content = new byte[10_000];
        byte[] page = new byte[WalFormat.PageSize];
        WalPageSink sink = (_, _) => page;
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Lsn at = new(1 << 20);
            for (int i = 0; i < 100; i++)
            {
                LogicalMessage.Build(builder, 1, 1, true, "x"u8, content);
                builder.Seal();
                at = WalPages.Lay(builder.Finish(at), at, 1 << 20, TimelineId.First, 1, sink);
                TransactionCommit.Build(builder, 1, 1, true);
                builder.Seal();
                at = WalPages.Lay(builder.Finish(at), at, 1 << 20, TimelineId.First, 1, sink);
            }
            if (round > 0)
                Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(100));
        }
    }

    [Test]
    public void A_hostile_length_reserves_no_memory()
    {
        Random random = Seed.New();
        var log = new TestLog();
        LogRecord record = log.AppendOfSize(50_000, random);
        foreach (uint length in new[] { 1_000_000_000u, uint.MaxValue })
        {
            BitConverter.TryWriteBytes(log.At(record.Start, 4), length);
            for (Lsn page = log.Base + WalFormat.PageSize; page < log.End; page += WalFormat.PageSize)
                BitConverter.TryWriteBytes(log.At(page + 16, 4), (uint)(length - (8152 + 8168 * (page.BytesSince(log.Base) / WalFormat.PageSize - 1))));
            WalReader reader = log.Reader();
            reader.BeginRead(log.Base);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Invalid));
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1_000_000));
            Assert.That(reader.Error, Is.EqualTo("invalid magic number 0000 in log segment 000000010000000000000001, offset 57344"));
        }
    }

    [TestCase(50_000, true)]
    [TestCase(49_999, false)]
    public void A_record_is_put_together_up_to_the_limit(int limit, bool read)
    {
        var log = new TestLog();
        LogRecord record = log.AppendOfSize(50_000, Seed.New());
        var reader = new WalReader(new MemoryPages(log), PostgresMajor.LogCluster, log.SegmentSize, 0, limit);
        reader.BeginRead(log.Base);
        Assert.That(reader.Read(), Is.EqualTo(read ? WalReadStatus.Record : WalReadStatus.Invalid));
        Assert.That(reader.Error, Is.EqualTo(read ? null : $"record length 50000 at {record.Start} too long"));
    }

    [Test]
    public void A_source_that_gives_less_than_asked_is_a_bug()
    {
        var reader = new WalReader(new LyingPages(), PostgresMajor.LogCluster, 1 << 20, 0);
        Assert.That(() => reader.Read(), Throws.InvalidOperationException, "no BeginRead");
        reader.BeginRead(new Lsn(1 << 20));
        Assert.That(() => reader.Read(), Throws.InvalidOperationException);
        Assert.That(() => reader.BeginRead(Lsn.Invalid), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new WalReader(new LyingPages(), PostgresMajor.LogCluster, 3 << 20, 0), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    private static int RandomSize(Random random)
    {
        int data = random.Next(5) switch
        {
            0 => 0,
            1 => random.Next(1, 256),
            2 => random.Next(256, 9_000),
            3 => random.Next(8_100, 8_200),
            _ => random.Next(256, 40_000),
        };
        return WalRecordHeader.Size + data + (data == 0 ? 0 : data <= 255 ? 2 : 5);
    }

    private static void CheckAll(TestLog log, MemoryPages pages)
    {
        var reader = new WalReader(pages, PostgresMajor.LogCluster, log.SegmentSize, TestLog.SystemId);
        reader.BeginRead(log.Records[0].Start);
        foreach (LogRecord record in log.Records)
        {
            Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record), reader.Error);
            CheckCurrent(reader, record);
        }
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Invalid));
        Assert.That(reader.RecordEnd, Is.EqualTo(log.End));
    }

    private static void CheckCurrent(WalReader reader, LogRecord expected)
    {
        Assert.That(reader.RecordStart, Is.EqualTo(expected.Start));
        Assert.That(reader.RecordEnd, Is.EqualTo(expected.End));
        Assert.That(reader.NextRecordPosition, Is.EqualTo(expected.End));
        Assert.That(reader.Record.SequenceEqual(expected.Bytes), "the record's bytes");
        Assert.That(expected.Bytes.AsSpan().EndsWith(reader.MainData));
        Assert.That(reader.AbortedRecord.IsValid || reader.OverwrittenRecord.IsValid, Is.False);
    }

    private sealed class QuietPages(TestLog log) : IWalPageSource
    {
        public WalPageResult ReadPage(Lsn pageStart, int requiredBytes, Lsn recordStart, Span<byte> page)
        {
            log.At(pageStart, WalFormat.PageSize).CopyTo(page);
            return WalPageResult.Available(WalFormat.PageSize);
        }
    }

    private sealed class LyingPages : IWalPageSource
    {
        public WalPageResult ReadPage(Lsn pageStart, int requiredBytes, Lsn recordStart, Span<byte> page) => WalPageResult.Available(requiredBytes - 1);
    }
}
