using System.Globalization;
using System.Text;

namespace Pgrepl.Wal.Tests;

/// <summary>Records that wait decoded are those the reader gives, in its order, and the end comes when they are all taken.</summary>
public sealed class WalDecodeQueueTests
{
    private const int Ring = 16 << 10; // bytes

    [Test]
    public void Records_come_in_order_however_far_it_reads_ahead()
    {
        Random random = Seed.New();
        TestLog log = Mixed(random, 400_000);
        List<string> expected = Facts(log);
        WalDecodeQueue queue = Queue(log, Ring);
        int taken = 0, furthest = 0;
        for (; taken < expected.Count; taken++)
        {
            for (int i = random.Next(60); i > 0 && queue.ReadAhead() is { } ahead; i--)
            {
                furthest = Math.Max(furthest, queue.Count);
                Assert.That(Fact(ahead), Is.EqualTo(expected[taken + queue.Count - 1]), "it is the newest of those that wait");
            }
            Assert.That(queue.Read(), Is.EqualTo(WalReadStatus.Record));
            Assert.That(Fact(queue.Record), Is.EqualTo(expected[taken]));
        }
        Assert.That(queue.Read(), Is.EqualTo(WalReadStatus.Invalid));
        Assert.That(() => queue.Record, Throws.InvalidOperationException);
        Assert.That(furthest, Is.GreaterThan(10));
    }

    [Test]
    public void What_is_ahead_never_exceeds_the_bound_and_a_record_taken_makes_room()
    {
        Random random = Seed.New();
        var log = new TestLog();
        for (int i = 0; i < 300; i++)
            log.AppendOfSize(500, random);
        WalDecodeQueue queue = Queue(log, Ring);
        int ahead = 0;
        while (queue.ReadAhead() is not null)
            ahead++;
        Assert.That(ahead, Is.EqualTo(Ring / 500));
        Assert.That(queue.Read(), Is.EqualTo(WalReadStatus.Record));
        Assert.That(queue.ReadAhead(), Is.Null, "the record taken is still in use");
        Assert.That(queue.Read(), Is.EqualTo(WalReadStatus.Record));
        Assert.That(queue.Read(), Is.EqualTo(WalReadStatus.Record));
        Assert.That(queue.ReadAhead(), Is.Not.Null, "two are gone: the ring is never filled to the last byte");
    }

    [Test]
    public void A_record_larger_than_the_ring_comes_in_its_turn_and_nothing_is_read_ahead_of_it()
    {
        Random random = Seed.New();
        var log = new TestLog();
        foreach (int size in new[] { 100, 100_000, 100, 50_000, 60_000, 100 })
            log.AppendOfSize(size, random);
        List<string> expected = Facts(log);
        WalDecodeQueue queue = Queue(log, Ring);
        List<string> taken = [];
        List<int> waiting = [];
        while (taken.Count < expected.Count)
        {
            queue.ReadAhead();
            Assert.That(queue.Read(), Is.EqualTo(WalReadStatus.Record));
            taken.Add(Fact(queue.Record));
            queue.ReadAhead();
            waiting.Add(queue.Count);
        }
        Assert.That(taken, Is.EqualTo(expected));
        Assert.That(waiting, Is.EqualTo(new[] { 0, 0, 0, 0, 0, 0 }), "the next of a small one is too large, and the large ones are in the reader");
    }

    [Test]
    public void Damage_ahead_is_told_after_every_record_before_it()
    {
        Random random = Seed.New();
        TestLog log = Small(random);
        LogRecord last = log.Records[^1];
        log.At(last.Start + 20, 1)[0] ^= 1; // its CRC
        WalReader reader = log.Reader();
        var queue = new WalDecodeQueue(reader, Ring);
        queue.BeginRead(log.Base);
        while (queue.ReadAhead() is not null)
            continue;
        for (int i = 0; i < log.Records.Count - 1; i++)
            Assert.That((queue.Read(), queue.Record.RecordStart), Is.EqualTo((WalReadStatus.Record, log.Records[i].Start)));
        Assert.That((queue.Read(), reader.Error), Is.EqualTo((WalReadStatus.Invalid, $"incorrect resource manager data checksum in record at {last.Start}")));
        log.At(last.Start + 20, 1)[0] ^= 1;
        Assert.That((queue.Read(), queue.Record.RecordStart), Is.EqualTo((WalReadStatus.Record, last.Start)), "it tries the same place again");
    }

    [Test]
    public void What_has_not_come_yet_is_asked_for_again()
    {
        Random random = Seed.New();
        TestLog log = Small(random);
        var pages = new MemoryPages(log) { Limit = log.Records[3].Start + 10 };
        var queue = new WalDecodeQueue(new WalReader(pages, PostgresMajor.LogCluster, log.SegmentSize, TestLog.SystemId), Ring);
        queue.BeginRead(log.Base);
        while (queue.ReadAhead() is not null)
            continue;
        Assert.That(queue.Count, Is.EqualTo(3));
        for (int i = 0; i < 3; i++)
            Assert.That(queue.Read(), Is.EqualTo(WalReadStatus.Record));
        Assert.That(queue.Read(), Is.EqualTo(WalReadStatus.NotYet));
        pages.Limit = log.End;
        Assert.That((queue.Read(), queue.Record.RecordStart), Is.EqualTo((WalReadStatus.Record, log.Records[3].Start)));
    }

    [Test]
    public void A_torn_record_that_was_skipped_is_known_by_the_record_after_it_alone()
    {
        Random random = Seed.New();
        var log = new TestLog();
        log.AppendOfSize(100, random);
        LogRecord torn = log.AppendOfSize(20_000, random);
        Lsn page = torn.Start.PageStart + WalFormat.PageSize;
        log.Zero(page, log.Base + (ulong)log.Bytes.Length);
        (log.End, log.Previous) = (page, log.Records[0].Start);
        log.Append(builder => OverwriteContrecordRecord.Build(builder, torn.Start, 1), WalPageFlags.FirstIsOverwriteContrecord);
        log.AppendOfSize(100, random);
        WalDecodeQueue queue = Queue(log, Ring);
        while (queue.ReadAhead() is not null)
            continue;
        List<Lsn> skipped = [];
        while (queue.Read() == WalReadStatus.Record)
            skipped.Add(queue.Record.OverwrittenRecord);
        Assert.That(skipped, Is.EqualTo(new[] { Lsn.Invalid, torn.Start, Lsn.Invalid }));
    }

    [Test]
    public void Waiting_allocates_nothing_in_steady_state()
    {
        TestLog log = Mixed(Seed.New(), 900_000);
        WalDecodeQueue queue = Queue(log, 64 << 10);
        for (int round = 0; round < 3; round++)
        {
            queue.BeginRead(log.Base);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < log.Records.Count - 400; i++) // not to the end, which is told with a text
            {
                queue.ReadAhead();
                queue.ReadAhead();
                if (queue.Read() != WalReadStatus.Record)
                    Assert.Fail($"record {i} of {log.Records.Count}");
            }
            if (round > 0)
                Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(100), $"{log.Records.Count} records");
        }
    }

    private static TestLog Small(Random random)
    {
        var log = new TestLog();
        for (int i = 0; i < 20; i++)
            log.AppendOfSize(random.Next(30, 250), random);
        return log;
    }

    /// <summary>Small and large records, with none to many block references.</summary>
    private static TestLog Mixed(Random random, int size)
    {
        var log = new TestLog();
        while (log.End < log.Base + (ulong)size)
        {
            if (random.Next(3) == 0)
                log.AppendOfSize(random.Next(10) == 0 ? random.Next(2_000, 40_000) : random.Next(30, 250), random);
            else
                log.AppendRaw(RawRecord.Make(Blocks(random), log.Previous));
        }
        return log;
    }

    /// <summary>Fragment headers and payload of a record with blocks.</summary>
    private static byte[] Blocks(Random random)
    {
        List<byte> headers = [], payload = [];
        int count = random.Next(20) == 0 ? 33 : random.Next(1, 5);
        for (int id = 0; id < count; id++)
        {
            int data = random.Next(1, 40);
            headers.AddRange([(byte)id, 0x20, (byte)data, 0, .. Number(1663), .. Number(5), .. Number((uint)random.Next(16384, 20000)), .. Number((uint)random.Next())]);
            byte[] bytes = new byte[data];
            random.NextBytes(bytes);
            payload.AddRange(bytes);
        }
        return [.. headers, 255, 3, .. payload, 7, 8, 9];

        static byte[] Number(uint value) => BitConverter.GetBytes(value);
    }

    private static WalDecodeQueue Queue(TestLog log, int size)
    {
        var queue = new WalDecodeQueue(new WalReader(new QuietPages(log), PostgresMajor.LogCluster, log.SegmentSize, TestLog.SystemId), size);
        queue.BeginRead(log.Base);
        return queue;
    }

    private static List<string> Facts(TestLog log)
    {
        WalReader reader = log.Reader();
        reader.BeginRead(log.Base);
        List<string> facts = [];
        while (reader.Read() == WalReadStatus.Record)
            facts.Add(Fact(reader));
        Assert.That(facts, Has.Count.EqualTo(log.Records.Count));
        return facts;
    }

    /// <summary>Everything a record says of itself.</summary>
    private static string Fact(DecodedWalRecord record)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{record.RecordStart} {record.RecordEnd} {record.Header} {record.Record.Length} {Crc32C.Compute(record.Record):X} {Crc32C.Compute(record.MainData):X} {record.MaxBlockId}");
        for (int id = 0; id <= record.MaxBlockId; id++)
            if (record.TryGetBlock(id, out WalBlock block))
                text.Append(CultureInfo.InvariantCulture, $" {block.Relation}/{block.Fork}/{block.Number}/{Convert.ToHexString(record.BlockData(id))}/{record.BlockImage(id).Length}");
        return text.ToString();
    }

    /// <summary>Without NUnit, which allocates.</summary>
    private sealed class QuietPages(TestLog log) : IWalPageSource
    {
        public WalPageResult ReadPage(Lsn pageStart, int requiredBytes, Lsn recordStart, Span<byte> page)
        {
            if (pageStart >= log.Base + (ulong)log.Bytes.Length)
                return WalPageResult.Failed(null);
            log.At(pageStart, WalFormat.PageSize).CopyTo(page);
            return WalPageResult.Available(WalFormat.PageSize, log.Timeline);
        }
    }
}
