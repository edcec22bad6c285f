namespace Pgrepl.Wal.Tests;

public sealed class WalReaderDamageTests
{
    [Test]
    public void Every_damaged_byte_is_found_or_outside_what_is_checked()
    {
        Random random = Seed.New();
        var log = new TestLog();
        foreach (int size in new[] { 24, 50, 301, 9_003, 8_000, 24, 77, 2_000 })
            log.AppendOfSize(size, random);
        HashSet<int> unchecked_ = UncheckedOffsets(log);

        int found = 0;
        for (int offset = 0; offset < log.End.BytesSince(log.Base); offset++)
            foreach (byte mask in new byte[] { 0x01, 0x04, 0x08, 0x80, 0xFF })
            {
                log.Bytes[offset] ^= mask;
                WalReader reader = log.Reader();
                reader.BeginRead(log.Base);
                int count = 0;
                while (reader.Read() == WalReadStatus.Record)
                {
                    LogRecord expected = log.Records[count++];
                    if (reader.RecordStart != expected.Start || !reader.Record.SequenceEqual(expected.Bytes))
                        Assert.Fail($"offset {offset}, mask {mask:X2}: a record that was never written, at {reader.RecordStart}");
                }
                if (count == log.Records.Count && !unchecked_.Contains(offset))
                    Assert.Fail($"offset {offset}, mask {mask:X2}: not found");
                if (count < log.Records.Count)
                {
                    found++;
                    if (reader.Error is null || !reader.ErrorPosition.IsValid)
                        Assert.Fail($"offset {offset}, mask {mask:X2}: no message");
                }
                log.Bytes[offset] ^= mask;
            }
        Assert.That(found, Is.GreaterThan(4 * log.Records.Sum(record => record.Bytes.Length)));
    }

    [Test]
    public void A_torn_record_names_itself_and_the_missing_page()
    {
        Random random = Seed.New();
        var log = new TestLog();
        log.AppendOfSize(100, random);
        LogRecord torn = log.AppendOfSize(30_000, random);
        Lsn missing = log.Base + 2 * WalFormat.PageSize;
        log.Zero(missing, log.Base + (ulong)log.SegmentSize);

        WalReader reader = log.Reader();
        reader.BeginRead(log.Base);
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record));
        for (int again = 0; again < 2; again++)
        {
            Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Invalid));
            Assert.That(reader.Error, Is.EqualTo("invalid magic number 0000 in log segment 000000010000000000000001, offset 16384"));
            Assert.That((reader.AbortedRecord, reader.MissingContrecord, reader.ErrorPosition), Is.EqualTo((torn.Start, missing, torn.Start)));
            Assert.That((reader.RecordStart, reader.RecordEnd, reader.NextRecordPosition), Is.EqualTo((log.Records[0].Start, torn.Start, torn.Start)));
        }
    }

    [Test]
    public void An_incomplete_record_inside_one_page_is_no_aborted_one()
    {
        var log = new TestLog();
        log.AppendOfSize(100, Seed.New());
        log.Bytes[log.Records[0].Start.PageOffset + 60] ^= 1;
        WalReader reader = log.Reader();
        reader.BeginRead(log.Base);
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Invalid));
        Assert.That(reader.Error, Is.EqualTo($"incorrect resource manager data checksum in record at {log.Records[0].Start}"));
        Assert.That((reader.AbortedRecord, reader.MissingContrecord), Is.EqualTo((Lsn.Invalid, Lsn.Invalid)));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void An_overwritten_record_is_skipped_and_named(bool pieceByPiece)
    {
        Random random = Seed.New();
        TestLog log = TornAndOverwritten(random, out LogRecord torn);
        var pages = new MemoryPages(log) { Limit = pieceByPiece ? log.Base : Lsn.MaxValue };
        var reader = new WalReader(pages, PostgresMajor.LogCluster, log.SegmentSize, TestLog.SystemId);
        reader.BeginRead(log.Base);
        LogRecord[] expected = [.. log.Records.Where(record => record != torn)];
        int found = 0;
        while (found < expected.Length)
        {
            WalReadStatus status = reader.Read();
            if (status == WalReadStatus.NotYet)
            {
                Assert.That(pages.Limit, Is.LessThan(expected[found].End), "a record that is all there is read, however little follows it");
                pages.Limit += 8;
                continue;
            }
            Assert.That(status, Is.EqualTo(WalReadStatus.Record), reader.Error);
            Assert.That(reader.RecordStart, Is.EqualTo(expected[found].Start));
            bool overwrites = reader.Header is { Rmgr: ResourceManagerId.Xlog, Operation: XlogInfo.OverwriteContrecord };
            Assert.That(reader.OverwrittenRecord, Is.EqualTo(overwrites ? torn.Start : Lsn.Invalid));
            if (overwrites)
                Assert.That(OverwriteContrecordRecord.Read(reader.MainData)!.Value.Overwritten, Is.EqualTo(reader.OverwrittenRecord));
            found++;
        }
        Assert.That(log.Records, Has.Count.EqualTo(found + 1));
    }

    [Test]
    public void A_timeline_may_rise_from_page_to_page_and_not_fall()
    {
        Random random = Seed.New();
        var log = new TestLog();
        log.AppendOfSize(8_000, random);
        log.Timeline = new TimelineId(3);
        log.AppendOfSize(8_000, random);
        log.Timeline = new TimelineId(2);
        log.AppendOfSize(8_000, random);
        WalReader reader = log.Reader();
        reader.BeginRead(log.Base);
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record));
        Assert.That(reader.LatestPageTimeline, Is.EqualTo(new TimelineId(1)));
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record));
        Assert.That(reader.LatestPageTimeline, Is.EqualTo(new TimelineId(3)));
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Invalid));
        Assert.That(reader.Error, Is.EqualTo("out-of-sequence timeline ID 2 (after 3) in log segment 000000020000000000000001, offset 16384"));
    }

    [Test]
    public void Another_clusters_segment_is_refused_even_from_its_middle()
    {
        Random random = Seed.New();
        var log = new TestLog();
        log.AppendOfSize(20_000, random);
        LogRecord inside = log.AppendOfSize(100, random);
        WalReader reader = log.Reader(systemId: 1);
        reader.BeginRead(inside.Start);
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Invalid));
        Assert.That(reader.Error, Is.EqualTo("WAL file is from different database system: WAL file database system identifier is "
            + $"{TestLog.SystemId}, pg_control database system identifier is 1"));
        WalReader careless = log.Reader(systemId: 0);
        careless.BeginRead(inside.Start);
        Assert.That(careless.Read(), Is.EqualTo(WalReadStatus.Record), careless.Error);
    }

    [TestCase(8)]
    [TestCase(20)]
    [TestCase(43)]
    [TestCase(8190)]
    public void A_start_that_no_record_can_have_is_refused(int offset)
    {
        var log = new TestLog();
        log.AppendOfSize(100, Seed.New());
        WalReader reader = log.Reader();
        reader.BeginRead(log.Base + (ulong)offset);
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Invalid));
        Assert.That(reader.Error, Is.EqualTo($"invalid record offset at {log.Base + (ulong)offset}"));
    }

    [Test]
    public void Random_bytes_never_crash_the_reader()
    {
        Random random = Seed.New();
        for (int round = 0; round < 300; round++)
        {
            var log = new TestLog();
            for (int i = 0; i < 12; i++)
                log.AppendOfSize(24 + 3 * random.Next(1, 3_000) is var size && size is 282 ? 290 : size, random);
            int length = (int)log.End.BytesSince(log.Base);
            for (int damage = random.Next(1, 40); damage > 0; damage--)
            {
                int at = random.Next(length);
                random.NextBytes(log.Bytes.AsSpan(at, Math.Min(random.Next(1, 9), length - at)));
            }
            WalReader reader = log.Reader(systemId: 0);
            for (Lsn from = log.Base; from < log.End; from += (ulong)random.Next(1, 4_000))
            {
                reader.BeginRead(from);
                for (int i = 0; i < 40 && reader.Read() == WalReadStatus.Record; i++)
                    Assert.That(reader.Header.Crc, Is.EqualTo(WalRecordHeader.ComputeCrc(reader.Record)));
                reader.FindNextRecord(from);
            }
        }
    }

    internal static TestLog TornAndOverwritten(Random random, out LogRecord torn)
    {
        var log = new TestLog();
        log.AppendOfSize(100, random);
        LogRecord good = log.AppendOfSize(200, random);
        torn = log.AppendOfSize(30_000, random);
        Lsn missing = log.Base + 2 * WalFormat.PageSize;
        log.Zero(missing, log.Base + (ulong)log.SegmentSize);
        log.End = missing;
        log.Previous = good.Start;
        Lsn aborted = torn.Start;
        log.Append(builder => OverwriteContrecordRecord.Build(builder, aborted, 0), WalPageFlags.FirstIsOverwriteContrecord);
        log.AppendOfSize(9_000, random);
        return log;
    }

    /// <summary>Alignment padding, and of page headers: timeline, flags that mean nothing here, RemainingBytes of a page that carries nothing over, padding.</summary>
    private static HashSet<int> UncheckedOffsets(TestLog log)
    {
        var result = new HashSet<int>();
        int end = (int)log.End.BytesSince(log.Base);
        for (int page = 0; page < end; page += WalFormat.PageSize)
        {
            WalPageHeader header = WalPageHeader.Read(log.Bytes.AsSpan(page))!.Value;
            result.Add(page + 2);
            result.UnionWith(Enumerable.Range(page + 4, 4));
            result.UnionWith(Enumerable.Range(page + 20, 4));
            if ((header.Flags & WalPageFlags.FirstIsContrecord) == 0)
                result.UnionWith(Enumerable.Range(page + 16, 4));
        }
        foreach (LogRecord record in log.Records)
        {
            int recordEnd = (int)record.End.BytesSince(log.Base);
            int padding = WalFormat.Align(record.Bytes.Length) - record.Bytes.Length;
            result.UnionWith(Enumerable.Range(recordEnd - padding, padding));
        }
        return result;
    }
}
