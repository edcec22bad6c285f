using System.Collections.Concurrent;
using System.Diagnostics;
using Pgrepl.Shared;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.WalWriter.Tests;

public sealed class InsertionTests
{
    private readonly WalRecordBuilder _builder = new();

    [TestCase(4), TestCase(8), TestCase(64), CancelAfter(60_000)]
    public void Many_inserters_and_one_writer_lose_and_move_nothing(int bufferPages)
    {
        const int threads = 6, records = 1500;
        int seed = Seed();
        using TestNode node = new(bufferPages, threads);
        Lsn first = node.StartUp();
        WriterThread writer = new(node);
        ConcurrentBag<(Lsn Start, Lsn End)> inserted = [];
        Run(threads, number =>
        {
            var random = new Random(seed + number);
            WalInserter inserter = node.Inserter(number);
            WalRecordBuilder builder = new();
            for (int i = 0; i < records; i++)
            {
                builder.Begin(ResourceManagerId.Xlog, XlogInfo.Noop, 0);
                builder.Append(new byte[random.Next(100) switch { 0 => random.Next(300_000), < 10 => random.Next(20_000), _ => random.Next(400) }]);
                (Lsn start, Lsn end) = inserter.Insert(builder);
                inserted.Add((start, end));
                if (random.Next(4) == 0)
                {
                    Assert.That(inserter.WaitForFlush(end));
                    Assert.That(node.Wal.Flushed.Value, Is.GreaterThanOrEqualTo(end));
                }
                if (random.Next(500) == 0 && inserter.InsertSwitch() is var turn && turn.Start != turn.End)
                    inserted.Add((turn.Start, new Lsn((turn.End.Value + TestNode.SegmentSize - 1) / TestNode.SegmentSize * TestNode.SegmentSize)));
            }
        });
        List<(Lsn Start, Lsn End)> expected = [.. inserted.OrderBy(r => r.Start)];
        writer.Stop(expected[^1].End);

        List<(Lsn Start, Lsn End)> read = node.ReadAll();
        Assert.That(read[0].Start, Is.EqualTo(first));
        Assert.That(read.Skip(1), Is.EqualTo(expected));
        Assert.That(node.WaldumpStarts(first, expected[^1].End), Is.EqualTo(read.ConvertAll(r => r.Start)));
        HashSet<Lsn> ends = [.. read.Select(r => r.End)];
        Assert.That(writer.Flushed.Where(f => f.PageOffset != 0 && !ends.Contains(f)), Is.Empty, "Flushed is a record's end or a page boundary");
        for (int i = 0; i < node.Segment.Slots.Length; i++)
            Assert.That(node.Segment.Slots[i].Inserting.Value, Is.EqualTo(Lsn.Invalid));
    }

    [Test, CancelAfter(60_000)]
    public void What_was_flushed_is_in_a_copy_of_the_files_taken_at_any_moment()
    {
        const int threads = 3;
        int seed = Seed();
        using TestNode node = new(16, threads);
        node.StartUp();
        WriterThread writer = new(node);
        int running = threads, copies = 0;
        Exception? failure = null;
        Thread copier = new(() =>
        {
            try
            {
                for (; Volatile.Read(ref running) > 0 || copies == 0; copies++)
                {
                    Lsn flushed = node.Wal.Flushed.Value, end = EndOfCopy(node);
                    if (end < (flushed.PageOffset == 0 ? flushed - WalFormat.PageSize : flushed))
                        throw new InvalidOperationException($"flushed {flushed}, but a copy ends at {end}");
                }
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        copier.Start();
        Run(threads, number =>
        {
            var random = new Random(seed + number);
            WalInserter inserter = node.Inserter(number);
            WalRecordBuilder builder = new();
            for (int i = 0; i < 2000; i++)
            {
                builder.Begin(ResourceManagerId.Xlog, XlogInfo.Noop, 0);
                builder.Append(new byte[random.Next(2000)]);
                Lsn end = inserter.Insert(builder).End;
                inserter.WaitForFlush(end);
            }
            Interlocked.Decrement(ref running);
        });
        copier.Join();
        writer.Stop(node.Wal.Flushed.Value);
        Assert.That(failure, Is.Null);
        Assert.That(copies, Is.GreaterThan(0));
    }

    [Test, CancelAfter(30_000)]
    public void A_session_that_is_alone_flushes_itself()
    {
        using TestNode node = new(16, 2); // and nobody plays walwriter
        node.StartUp();
        WalInserter inserter = node.Inserter(0);
        for (int i = 0; i < 100; i++)
        {
            Begin(500);
            Lsn end = inserter.Insert(_builder).End;
            Assert.That(inserter.WaitForFlush(end));
            Assert.That(node.Wal.Flushed.Value, Is.EqualTo(end));
            Assert.That(node.ReadAll()[^1].End, Is.EqualTo(end));
        }
        Assert.That(node.Wal.WriteOwner.Value, Is.EqualTo((int)WalWriteOwner.Nobody));
    }

    [Test, CancelAfter(30_000)]
    public void A_flush_waits_a_moment_for_another_commit_and_takes_it_along()
    {
        using TestNode node = new(16, 2);
        node.StartUp();
        WalInserter other = node.Inserter(1);
        Lsn others = Lsn.Invalid;
        bool flushedByTheOther = false;
        WalInserter inserter = node.Inserter(0, new BusyMoment(() =>
        {
            others = Insert(other);
            flushedByTheOther = other.RequestFlush(others);
        }));
        Assert.That(inserter.WaitForFlush(Insert(inserter)));
        Assert.That(others, Is.EqualTo(Lsn.Invalid), "how long an fdatasync takes is not known yet");
        Assert.That(inserter.WaitForFlush(Insert(inserter)));
        Assert.That((others.IsValid, flushedByTheOther), Is.EqualTo((true, false)), "somebody is about to flush");
        Assert.That(node.Wal.Flushed.Value, Is.EqualTo(others), "one flush for both");

        Lsn Insert(WalInserter by)
        {
            Begin(500);
            return by.Insert(_builder).End;
        }
    }

    [Test, CancelAfter(30_000)]
    public void A_record_larger_than_all_buffers_passes_through_them()
    {
        using TestNode node = new(4, 2);
        node.StartUp();
        WriterThread writer = new(node);
        Begin(3_000_000); // three segments
        (Lsn start, Lsn end) = node.Inserter(0).Insert(_builder);
        writer.Stop(end);
        Assert.That(node.ReadAll()[^1], Is.EqualTo((start, end)));
    }

    [Test, CancelAfter(30_000)]
    public void Records_may_end_exactly_at_page_and_segment_ends()
    {
        using TestNode node = new(16, 2);
        node.StartUp();
        WriterThread writer = new(node);
        WalInserter inserter = node.Inserter(0);
        List<(Lsn Start, Lsn End)> expected = [];
        Lsn position = node.ReadAll()[^1].End;
        while (position < TestNode.FirstSegment + 2 * TestNode.SegmentSize)
        {
            int header = position.PageOffset == 0 ? WalFormat.PageHeaderSize(position, TestNode.SegmentSize) : 0;
            Begin(WalFormat.PageSize - position.PageOffset - header - WalFormat.RecordHeaderSize - 5);
            expected.Add(inserter.Insert(_builder));
            position = expected[^1].End;
            Assert.That(position.PageOffset, Is.Zero);
            if (expected.Count % 3 == 0)
                inserter.WaitForFlush(position);
        }
        inserter.WaitForFlush(position);
        writer.Stop(position);
        Assert.That(node.Wal.Flushed.Value, Is.EqualTo(position));
        Assert.That(node.ReadAll().Skip(1), Is.EqualTo(expected));
    }

    [Test, CancelAfter(30_000)]
    public void A_switch_fills_its_segment_and_does_nothing_at_a_segment_start()
    {
        using TestNode node = new(16, 2);
        node.StartUp();
        WriterThread writer = new(node);
        WalInserter inserter = node.Inserter(0);
        (Lsn start, Lsn end) = inserter.InsertSwitch();
        Lsn next = TestNode.FirstSegment + TestNode.SegmentSize;
        Assert.That(end, Is.EqualTo(start + WalFormat.RecordHeaderSize));
        Assert.That(inserter.InsertSwitch(), Is.EqualTo((next, next)));
        Begin(10);
        Lsn behind = inserter.Insert(_builder).Start;
        Assert.That(behind, Is.EqualTo(next + WalFormat.LongPageHeaderSize));
        writer.Stop(next);
        using WalFlusher flusher = node.Flusher();
        flusher.FlushUpTo(behind + 40);
        Assert.That(node.WaldumpStarts(TestNode.FirstSegment + WalFormat.LongPageHeaderSize, behind + 40)[^2..], Is.EqualTo(new[] { start, behind }));
        byte[] file = File.ReadAllBytes(WalSegmentFile.PathOf(node.Data, new WalSegment(TimelineId.First, 1), TestNode.SegmentSize));
        for (int page = WalFormat.PageSize; page < file.Length; page += WalFormat.PageSize)
        {
            Assert.That(WalPageHeader.Read(file.AsSpan(page)), Is.EqualTo(new WalPageHeader(WalFormat.PageMagic, WalPageFlags.None, TimelineId.First, TestNode.FirstSegment + (ulong)page, 0)));
            Assert.That(file.AsSpan(page + WalPageHeader.Size, WalFormat.PageSize - WalPageHeader.Size).ContainsAnyExcept((byte)0), Is.False);
        }
    }

    [Test, CancelAfter(30_000)]
    public void A_full_disk_fails_the_insert_before_anything_is_reserved()
    {
        using TestNode node = new(16, 2);
        node.StartUp();
        node.Wal.DiskFull.Value = 1;
        WalInserter inserter = node.Inserter(0);
        inserter.DiskFullPatience = TimeSpan.FromMilliseconds(20);
        Lsn before = node.Wal.InsertPosition.Value;
        Begin(2_000_000);
        Assert.That(() => inserter.Insert(_builder), Throws.TypeOf<PgException>().With.Property("SqlState").EqualTo(SqlStates.DiskFull));
        Assert.That(node.Wal.InsertPosition.Value, Is.EqualTo(before));
        Assert.That(inserter.CompleteUpTo(), Is.EqualTo(node.Wal.Flushed.Value));

        Begin(100); // what fits is taken, disk full or not
        Assert.That(inserter.Insert(_builder).Start, Is.EqualTo(node.Wal.Flushed.Value));
    }

    [Test]
    public void Nothing_is_inserted_in_recovery()
    {
        using TestNode node = new(16, 2);
        Begin(1);
        Assert.That(() => node.Inserter(0).Insert(_builder), Throws.TypeOf<PgException>().With.Property("SqlState").EqualTo(SqlStates.ReadOnlySqlTransaction));
    }

    [Test]
    public void Transaction_ids_skip_the_special_ones()
    {
        using TestNode node = new(16, 2);
        node.StartUp(nextXid: 0xFFFF_FFFE);
        WalInserter inserter = node.Inserter(0);
        Assert.That(new[] { inserter.AssignXid(), inserter.AssignXid(), inserter.AssignXid(), inserter.AssignXid() },
            Is.EqualTo(new ulong[] { 0xFFFF_FFFE, 0xFFFF_FFFF, 0x1_0000_0003, 0x1_0000_0004 }));
        Assert.That(node.Segment.Slots[SharedSegment.FirstWalSenderSlot].BackendXid.Value, Is.EqualTo(0x1_0000_0004));
    }

    [Test, CancelAfter(30_000)]
    public void Inserting_allocates_nothing()
    {
        using TestNode node = new(64, 2);
        node.StartUp();
        using WalFlusher flusher = node.Flusher();
        WalInserter inserter = node.Inserter(0);
        byte[] content = new byte[200];
        Lsn end = Lsn.Invalid;
        long allocated = 0;
        for (int i = 0; i < 3000; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            _builder.Begin(ResourceManagerId.Xlog, XlogInfo.Noop, 0);
            _builder.Append(content);
            end = inserter.Insert(_builder).End;
            inserter.RequestAsyncFlush(end);
            if (i > 500)
                allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            if (i % 10 == 0)
                flusher.FlushUpTo(end);
        }
        Assert.That(allocated, Is.Zero);
    }

    [Test, CancelAfter(30_000)]
    public void A_session_that_flushes_its_commit_allocates_nothing()
    {
        using TestNode node = new(64, 2);
        node.StartUp();
        WalInserter inserter = node.Inserter(0);
        byte[] content = new byte[200];
        long allocated = 0;
        for (int i = 0; i < 500; i++)
        {
            _builder.Begin(ResourceManagerId.Xlog, XlogInfo.Noop, 0);
            _builder.Append(content);
            long before = GC.GetAllocatedBytesForCurrentThread();
            inserter.WaitForFlush(inserter.Insert(_builder).End);
            if (i > 100)
                allocated += GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.That(allocated, Is.Zero);
    }

    private static Lsn EndOfCopy(TestNode node)
    {
        DataDirectory copy = new(Directory.CreateTempSubdirectory("pgrepl-test-").FullName);
        try
        {
            Directory.CreateDirectory(copy.Wal);
            foreach (WalSegment segment in WalDirectory.List(node.Data, TestNode.SegmentSize))
                File.Copy(WalSegmentFile.PathOf(node.Data, segment, TestNode.SegmentSize), WalSegmentFile.PathOf(copy, segment, TestNode.SegmentSize));
            return node.ReadAll(copy.Path)[^1].End;
        }
        finally
        {
            Directory.Delete(copy.Path, recursive: true);
        }
    }

    private void Begin(int size)
    {
        _builder.Begin(ResourceManagerId.Xlog, XlogInfo.Noop, 0);
        _builder.Append(new byte[size]);
    }

    private static int Seed()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("PGREPL_TEST_SEED"), out int given) ? given : Environment.TickCount & 0xFFFFFFF;
        TestContext.Out.WriteLine($"PGREPL_TEST_SEED={seed}");
        return seed;
    }

    private static void Run(int threads, Action<int> body)
    {
        ConcurrentQueue<Exception> failures = [];
        Thread[] all = [.. Enumerable.Range(0, threads).Select(number => new Thread(() =>
        {
            try
            {
                body(number);
            }
            catch (Exception e)
            {
                failures.Enqueue(e);
            }
        }) { IsBackground = true })];
        foreach (Thread thread in all)
            thread.Start();
        foreach (Thread thread in all)
            Assert.That(thread.Join(TimeSpan.FromMinutes(10)), "an inserter hangs");
        Assert.That(failures, Is.Empty);
    }

    /// <summary>While somebody waits, something happens, once.</summary>
    private sealed class BusyMoment(Action happens) : TimeProvider
    {
        private int _questions;

        public override long TimestampFrequency => Stopwatch.Frequency;

        public override long GetTimestamp()
        {
            if (++_questions == 2)
                happens();
            return _questions;
        }
    }
}
