using Pgrepl.Shared;
using Pgrepl.Shared.Storage;
using Pgrepl.Tests;
using Pgrepl.Wal;

namespace Pgrepl.WalReceiver.Tests;

public sealed class ReceivedWalTests
{
    private DataDirectory _data = null!;
    private Random _random = null!;

    [SetUp]
    public void MakeDirectory()
    {
        _data = new DataDirectory(Directory.CreateTempSubdirectory("pgrepl-received").FullName);
        Directory.CreateDirectory(_data.Wal);
        int seed = Environment.TickCount;
        TestContext.Out.WriteLine($"seed {seed}");
        _random = new Random(seed);
    }

    [TearDown]
    public void RemoveDirectory() => Directory.Delete(_data.Path, recursive: true);

    [Test]
    public void Every_byte_of_good_wal_arrives_whatever_the_cuts()
    {
        TestWal wal = TestWal.Random(_random, records: 1500, maxSize: 30_000);
        wal.Switch();
        wal.Message(_random, 3 * TestWal.SegmentSize);
        using ReceivedWal received = Receive(TestWal.Start, Lsn.Invalid);
        Feed(received, wal, TestWal.Start, wal.End);
        Assert.That(received.Written, Is.EqualTo(wal.End));
        Assert.That(received.Flushed, Is.LessThan(wal.End), "the last segment waits for Sync");
        received.Sync();
        Assert.That(received.Flushed, Is.EqualTo(wal.End));
        Assert.That(received.Validated, Is.EqualTo(wal.End));
        AssertOnDisk(wal, TestWal.Start, wal.End, TimelineId.First);
    }

    /// <param name="left">Bytes of its page that are left for the switch, whose record has 24.</param>
    [TestCase(8), TestCase(16), TestCase(24), TestCase(32), TestCase(0)]
    public void A_switch_may_go_on_on_the_next_page(int left)
    {
        TestWal wal = new();
        const int large = 512; // of large ones, content and record grow alike
        wal.Message(_random, large);
        int around = (int)wal.Records[^1].End.BytesSince(wal.Records[^1].Start) - large;
        wal.Message(_random, (2 * WalFormat.PageSize - left - wal.End.PageOffset) % WalFormat.PageSize - around);
        Assert.That((WalFormat.PageSize - wal.End.PageOffset) % WalFormat.PageSize, Is.EqualTo(left));
        wal.Switch();
        wal.Message(_random, 100);
        using ReceivedWal received = Receive(TestWal.Start, Lsn.Invalid);
        Feed(received, wal, TestWal.Start, wal.End);
        received.Sync();
        Assert.That(received.Validated, Is.EqualTo(wal.End));
    }

    [Test]
    public void An_incomplete_record_is_durable_but_not_valid()
    {
        TestWal wal = TestWal.Random(_random, records: 20, maxSize: 500);
        wal.Message(_random, 20_000);
        (Lsn start, Lsn end) = wal.Records[^1];
        Lsn cut = end.PageStart;
        using ReceivedWal received = Receive(TestWal.Start, Lsn.Invalid);
        Feed(received, wal, TestWal.Start, cut);
        received.Sync();
        Assert.That(received.Flushed, Is.EqualTo(cut));
        Assert.That(received.Validated, Is.EqualTo(wal.Records[^2].End));
        Assert.That(start, Is.LessThan(cut));
        Feed(received, wal, cut, wal.End);
        received.Sync();
        Assert.That(received.Validated, Is.EqualTo(wal.End));
    }

    [Test]
    public void Nothing_from_a_damaged_record_on_is_written([Range(1, 12)] int attempt)
    {
        TestWal wal = TestWal.Random(_random, records: 300, maxSize: 30_000);
        byte[] good = wal.Bytes(TestWal.Start, wal.End).ToArray();
        int damaged = _random.Next(5, wal.Records.Count - 5);
        (Lsn start, Lsn end) = wal.Records[damaged];
        // A record's last up to 7 bytes are padding, which no checksum covers; bytes 20 to 24 of its header are the checksum.
        Lsn flipped = start + (ulong)_random.Next(24);
        if (flipped.PageStart != start.PageStart)
            flipped = start;
        wal.Bytes(flipped, flipped + 1)[0] ^= (byte)(1 << _random.Next(8));

        using ReceivedWal received = Receive(TestWal.Start, Lsn.Invalid);
        Lsn messageStart = TestWal.Start;
        BadWalException? bad = null;
        while (bad is null && messageStart < wal.End)
        {
            Lsn messageEnd = Lsn.Min(wal.End, messageStart + (ulong)_random.Next(1, 131_072));
            try
            {
                received.Receive(messageStart, wal.Bytes(messageStart, messageEnd));
                messageStart = messageEnd;
            }
            catch (BadWalException e)
            {
                bad = e;
            }
        }
        Assert.That(bad, Is.Not.Null, $"attempt {attempt}: record at {start} to {end}, byte {flipped}");
        Assert.That(bad!.Position, Is.EqualTo(start), bad.Message);
        Assert.That(received.Validated, Is.EqualTo(wal.Records[damaged - 1].End), "what came before is valid and durable");
        Assert.That(received.Written, Is.EqualTo(Lsn.Max(messageStart, start)), "of the message only what lies before the bad record");
        Assert.That(received.Flushed, Is.EqualTo(received.Written));
        AssertSame(good, ReadBack(TimelineId.First, received.Written), (int)Lsn.Min(received.Written, start).BytesSince(TestWal.Start));
    }

    [Test]
    public void Wal_of_another_cluster_is_refused()
    {
        TestWal wal = TestWal.Random(_random, records: 10, maxSize: 100);
        using ReceivedWal received = new(_data, PostgresMajor.LogCluster, TestWal.SegmentSize, TestWal.SystemId + 1, TimelineId.First, TestWal.Start, Lsn.Invalid, Lsn.Invalid, Unexpected);
        BadWalException bad = Assert.Throws<BadWalException>(() => received.Receive(TestWal.Start, wal.Bytes(TestWal.Start, wal.End)));
        Assert.That(bad.Message, Does.StartWith("WAL file is from different database system: WAL file database system identifier is "));
        Assert.That(Directory.GetFiles(_data.Wal), Is.Empty);
    }

    [Test]
    public void A_gap_is_refused()
    {
        TestWal wal = TestWal.Random(_random, records: 10, maxSize: 100);
        using ReceivedWal received = Receive(TestWal.Start, Lsn.Invalid);
        Assert.That(() => received.Receive(TestWal.Start + 8192, wal.Bytes(TestWal.Start, wal.End)),
            Throws.TypeOf<PgException>().With.Message.StartsWith("invalid WAL message received from primary"));
    }

    [Test]
    public void What_is_on_disk_is_compared_and_not_written_again()
    {
        TestWal wal = TestWal.Random(_random, records: 400, maxSize: 20_000);
        (Lsn previous, Lsn valid) = wal.Records[_random.Next(wal.Records.Count)];
        Lsn segment = new(valid.Value / TestWal.SegmentSize * TestWal.SegmentSize);
        wal.WriteFiles(_data.Wal, TimelineId.First, valid);
        using ReceivedWal received = Receive(segment, valid, previous);
        Assert.That(received.Validated, Is.EqualTo(valid));
        Feed(received, wal, segment, wal.End);
        received.Sync();
        Assert.That(received.Validated, Is.EqualTo(wal.End));
        AssertOnDisk(wal, TestWal.Start, wal.End, TimelineId.First);
    }

    [Test]
    public void A_new_standby_writes_what_lies_before_its_first_record_too()
    {
        TestWal wal = TestWal.Random(_random, records: 400, maxSize: 20_000);
        Lsn first = wal.Records[100].End;
        using ReceivedWal received = Receive(TestWal.Start, first);
        Feed(received, wal, TestWal.Start, wal.End);
        received.Sync();
        Assert.That(received.Validated, Is.EqualTo(wal.End));
        AssertOnDisk(wal, TestWal.Start, wal.End, TimelineId.First);
    }

    [Test]
    public void A_record_that_follows_another_one_than_ours_is_bad()
    {
        TestWal wal = TestWal.Random(_random, records: 20, maxSize: 100);
        Lsn valid = wal.Records[10].End;
        wal.WriteFiles(_data.Wal, TimelineId.First, valid);
        using ReceivedWal received = Receive(TestWal.Start, valid, wal.Records[9].Start);
        BadWalException bad = Assert.Throws<BadWalException>(() => Feed(received, wal, TestWal.Start, wal.End));
        Assert.That(bad.Message, Does.StartWith("record with incorrect prev-link"));
    }

    [Test]
    public void The_first_difference_below_our_valid_end_is_named_and_changes_nothing()
    {
        TestWal wal = TestWal.Random(_random, records: 100, maxSize: 5_000);
        Lsn valid = wal.Records[^10].End;
        Lsn segment = new(valid.Value / TestWal.SegmentSize * TestWal.SegmentSize);
        wal.WriteFiles(_data.Wal, TimelineId.First, valid);
        byte[] before = ReadBack(TimelineId.First, valid);
        Lsn different = segment + (ulong)_random.NextInt64(valid.BytesSince(segment));
        wal.Bytes(different, different + 1)[0] ^= 0x55;
        using ReceivedWal received = Receive(segment, valid, wal.Records[^10].Start);
        PgException error = Assert.Throws<PgException>(() => Feed(received, wal, segment, wal.End));
        Assert.That(error.Message, Is.EqualTo($"WAL from upstream differs from our own at {different} on timeline 1"));
        Assert.That(ReadBack(TimelineId.First, valid), Is.EqualTo(before));
    }

    [Test]
    public void The_first_segment_of_a_new_timeline_begins_as_a_copy()
    {
        TestWal old = TestWal.Random(_random, records: 300, maxSize: 20_000);
        int last = old.Records.Count - 20;
        Lsn fork = old.Records[last].End;
        TestWal wal = old.CutAfter(last);
        wal.Timeline = new TimelineId(2);
        for (int i = 0; i < 200; i++)
            wal.Message(_random, _random.Next(20_000));
        // We have a little more of the old timeline, which nobody will ask for again.
        old.WriteFiles(_data.Wal, TimelineId.First, old.End);
        byte[] history = TimelineHistory.Append([], TimelineId.First, fork, "test");
        File.WriteAllBytes(TimelineHistoryFiles.PathOf(_data, wal.Timeline), history);

        Lsn segment = new(fork.Value / TestWal.SegmentSize * TestWal.SegmentSize);
        using ReceivedWal received = new(_data, PostgresMajor.LogCluster, TestWal.SegmentSize, TestWal.SystemId, wal.Timeline, segment, fork, old.Records[last].Start, Unexpected);
        received.Receive(segment, wal.Bytes(segment, fork + 8));
        string path = WalSegmentFile.PathOf(_data, WalSegment.Containing(segment, wal.Timeline, TestWal.SegmentSize), TestWal.SegmentSize);
        Assert.That(File.ReadAllBytes(path).AsSpan(0, (int)fork.BytesSince(segment)).SequenceEqual(wal.Bytes(segment, fork)), Is.True);
        Feed(received, wal, fork + 8, wal.End);
        received.Sync();
        Assert.That(received.Validated, Is.EqualTo(wal.End));
        AssertOnDisk(wal, segment, wal.End, wal.Timeline);
        Assert.That(Directory.GetFiles(_data.Wal, "xlogtemp*"), Is.Empty);
    }

    [Test]
    public void A_first_segment_that_begins_within_a_record_is_judged_from_its_first_one_on()
    {
        TestWal wal = new();
        wal.Message(_random, TestWal.SegmentSize + 50_000);
        for (int i = 0; i < 50; i++)
            wal.Message(_random, 1000);
        Lsn segment = TestWal.Start + TestWal.SegmentSize;
        using ReceivedWal received = Receive(segment, segment);
        Assert.That(received.Validated, Is.EqualTo(Lsn.Invalid));
        Feed(received, wal, segment, wal.End, 5000);
        received.Sync();
        Assert.That(received.Validated, Is.EqualTo(wal.End));
        AssertOnDisk(wal, segment, wal.End, TimelineId.First);
    }

    private ReceivedWal Receive(Lsn start, Lsn validFrom, Lsn previousRecord = default) =>
        new(_data, PostgresMajor.LogCluster, TestWal.SegmentSize, TestWal.SystemId, TimelineId.First, start, validFrom, previousRecord, Unexpected);

    private static void Unexpected(Exception error) => Assert.Fail(error.Message);

    private void Feed(ReceivedWal received, TestWal wal, Lsn from, Lsn to, int most = 131_072)
    {
        while (from < to)
        {
            Lsn end = Lsn.Min(to, from + (ulong)_random.Next(1, _random.Next(3) == 0 ? most : 2000));
            received.Receive(from, wal.Bytes(from, end));
            from = end;
        }
    }

    private byte[] ReadBack(TimelineId timeline, Lsn to, Lsn from = default)
    {
        using MemoryStream all = new();
        for (Lsn at = from.IsValid ? from : TestWal.Start; at < to; at += TestWal.SegmentSize)
            all.Write(File.ReadAllBytes(WalSegmentFile.PathOf(_data, WalSegment.Containing(at, timeline, TestWal.SegmentSize), TestWal.SegmentSize)));
        return all.ToArray();
    }

    private void AssertOnDisk(TestWal wal, Lsn from, Lsn to, TimelineId timeline) =>
        AssertSame(wal.Bytes(from, to).ToArray(), ReadBack(timeline, to, from), (int)to.BytesSince(from));

    private static void AssertSame(byte[] expected, byte[] actual, int length) =>
        Assert.That(actual.AsSpan(0, length).CommonPrefixLength(expected.AsSpan(0, length)), Is.EqualTo(length), "first difference");
}
