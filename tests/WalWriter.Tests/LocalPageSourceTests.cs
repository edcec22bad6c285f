using System.Collections.Concurrent;
using Pgrepl.Shared;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.WalWriter.Tests;

/// <summary>A node's own WAL, read while startup replays it, over a promotion, and while sessions insert and walwriter flushes.</summary>
public sealed class LocalPageSourceTests
{
    private static readonly TimelineId Two = new(2);

    private readonly WalRecordBuilder _builder = new();

    [Test, CancelAfter(120_000)]
    public void Live_wal_is_read_over_a_promotion_in_the_middle_of_a_segment()
    {
        using TestNode node = new(64, 3);
        var waits = new Waits();
        var seen = new ConcurrentQueue<Lsn>();
        List<Lsn> expected = [];
        using (WalAppender parent = new(node.Data, TestNode.SegmentSize, TestNode.SystemId, TimelineId.First, TestNode.FirstSegment, Lsn.Invalid))
        {
            Replay(node, parent, expected, until: TestNode.FirstSegment + 100);
            Task reading = Task.Run(() => Follow(node, waits, seen));
            Replay(node, parent, expected, until: TestNode.FirstSegment + 3 * TestNode.SegmentSize / 2);
            Reached(seen, expected.Count);
            using WalAppender child = Promote(node, parent);
            Replay(node, child, expected, until: child.InsertPosition + 1);
            HandOver(node, child);

            WriterThread writer = new(node);
            WalInserter inserter = node.Inserter(0);
            Lsn end = Lsn.Invalid;
            while (end < TestNode.FirstSegment + 3 * TestNode.SegmentSize)
            {
                Begin(8000);
                (Lsn start, end) = inserter.Insert(_builder);
                expected.Add(start);
                inserter.RequestAsyncFlush(end);
            }
            writer.Stop(end);
            Reached(seen, expected.Count);
            waits.Interrupt();
            Assert.That(reading.Wait(TimeSpan.FromSeconds(60)), "the reader does not end");
        }
        Assert.That(seen, Is.EqualTo(expected));
        Assert.That(waits.Count, Is.GreaterThan(0), "it had to wait for WAL");

        // Once more, from the history: the old timeline's first segment, then the new one's files, and back.
        using LocalPageSource source = Source(node, null);
        WalReader reader = new(source, PostgresMajor.LogCluster, TestNode.SegmentSize, TestNode.SystemId);
        for (int turn = 0; turn < 2; turn++)
        {
            reader.BeginRead(TestNode.FirstSegment);
            Assert.That(ReadOn(reader), Is.EqualTo(expected));
            reader.Invalidate();
        }
    }

    [Test, CancelAfter(60_000)]
    public void What_is_not_flushed_is_not_there_yet()
    {
        using TestNode node = new(16, 2);
        Lsn first = node.StartUp();
        Begin(100);
        (Lsn start, Lsn end) = node.Inserter(0).Insert(_builder);
        using LocalPageSource source = Source(node, null);
        WalReader reader = new(source, PostgresMajor.LogCluster, TestNode.SegmentSize, TestNode.SystemId);
        reader.BeginRead(TestNode.FirstSegment);
        Assert.That(ReadOn(reader), Is.EqualTo([first]), "the second record is in the shared buffers alone");
        using SegmentSupply supply = node.Supply();
        using WalFlusher flusher = node.Flusher();
        supply.Ensure();
        flusher.FlushUpTo(end);
        Assert.That(ReadOn(reader), Is.EqualTo([start]));
    }

    [Test, CancelAfter(60_000)]
    public void A_segment_that_is_gone_is_an_error_that_names_it()
    {
        using TestNode node = new(16, 2);
        node.StartUp();
        File.Delete(WalSegmentFile.PathOf(node.Data, new WalSegment(TimelineId.First, 1), TestNode.SegmentSize));
        using LocalPageSource source = Source(node, null);
        PgException? error = Assert.Throws<PgException>(() => source.ReadPage(TestNode.FirstSegment, 24, TestNode.FirstSegment, new byte[WalFormat.PageSize]));
        Assert.That((error?.SqlState, error?.Message), Is.EqualTo((SqlStates.UndefinedFile, "requested WAL segment 000000010000000000000001 has already been removed")));
    }

    [Test, CancelAfter(60_000)]
    public void Reading_in_a_segment_allocates_nothing()
    {
        using TestNode node = new(16, 2);
        List<Lsn> expected = [];
        using WalAppender appender = new(node.Data, TestNode.SegmentSize, TestNode.SystemId, TimelineId.First, TestNode.FirstSegment, Lsn.Invalid);
        Replay(node, appender, expected, until: TestNode.FirstSegment + TestNode.SegmentSize - 30_000);
        using LocalPageSource source = Source(node, new Waits());
        WalReader reader = new(source, PostgresMajor.LogCluster, TestNode.SegmentSize, TestNode.SystemId);
        reader.BeginRead(TestNode.FirstSegment);
        int read = 0;
        for (; read < 1000; read++)
            reader.Read(); // the file is open, and records over two pages have their buffer
        long before = GC.GetAllocatedBytesForCurrentThread();
        while (read < expected.Count && reader.Read() == WalReadStatus.Record)
            read++;
        Assert.That((read, GC.GetAllocatedBytesForCurrentThread() - before), Is.EqualTo((expected.Count, 0L)));
    }

    private static LocalPageSource Source(TestNode node, IWalWaits? waits) => new(node.Segment, node.Data, TestNode.SegmentSize, waits);

    /// <summary>What a decoding session does: the next record, whenever it comes.</summary>
    private static void Follow(TestNode node, Waits waits, ConcurrentQueue<Lsn> seen)
    {
        using LocalPageSource source = Source(node, waits);
        WalReader reader = new(source, PostgresMajor.LogCluster, TestNode.SegmentSize, TestNode.SystemId);
        reader.BeginRead(TestNode.FirstSegment);
        WalReadStatus status;
        while ((status = reader.Read()) == WalReadStatus.Record)
            seen.Enqueue(reader.RecordStart);
        if (status != WalReadStatus.NotYet || !waits.Interrupted)
            throw new InvalidOperationException(reader.Error ?? $"{status}");
    }

    private static List<Lsn> ReadOn(WalReader reader)
    {
        List<Lsn> starts = [];
        WalReadStatus status;
        while ((status = reader.Read()) == WalReadStatus.Record)
            starts.Add(reader.RecordStart);
        Assert.That((status, reader.Error), Is.EqualTo((WalReadStatus.NotYet, default(string))));
        return starts;
    }

    private static void Reached(ConcurrentQueue<Lsn> seen, int count) =>
        Assert.That(() => seen.Count, Is.EqualTo(count).After(60_000, 2));

    /// <summary>As startup and walreceiver together: the record is in the files, then it counts as replayed.</summary>
    private void Replay(TestNode node, WalAppender appender, List<Lsn> expected, Lsn until)
    {
        node.Segment.Recovery.ReplayedTimeline.Value = (int)appender.Timeline.Value;
        while (appender.InsertPosition < until)
        {
            Begin(expected.Count % 7 == 0 ? 3000 : 40);
            expected.Add(appender.Append(_builder).Start);
            if (expected.Count % 50 != 0 && appender.InsertPosition < until)
                continue;
            appender.Flush();
            node.Segment.Recovery.Replayed.Value = appender.Flushed;
        }
    }

    /// <summary>As startup at a promotion, which may call the old file .partial then.</summary>
    private static WalAppender Promote(TestNode node, WalAppender parent)
    {
        Lsn fork = parent.InsertPosition;
        WalSegment old = WalSegment.Containing(fork, TimelineId.First, TestNode.SegmentSize);
        string oldPath = WalSegmentFile.PathOf(node.Data, old, TestNode.SegmentSize);
        byte[] bytes = File.ReadAllBytes(oldPath);
        bytes.AsSpan((int)(fork.Value % TestNode.SegmentSize)).Clear();
        File.WriteAllBytes(WalSegmentFile.PathOf(node.Data, old with { Timeline = Two }, TestNode.SegmentSize), bytes);
        TimelineHistoryFiles.Store(node.Data, Two, TimelineHistory.Append([], TimelineId.First, fork, "test"));
        DurableFile.RenameNew(oldPath, oldPath + ".partial");
        return new WalAppender(node.Data, TestNode.SegmentSize, TestNode.SystemId, Two, fork, parent.PreviousRecord);
    }

    private static void HandOver(TestNode node, WalAppender child)
    {
        ControlFile.Create(node.Data, new ControlFileData
        {
            SystemId = TestNode.SystemId,
            State = DatabaseState.InProduction,
            CheckpointLocation = child.PreviousRecord,
            SegmentSize = TestNode.SegmentSize,
        });
        WalHandover.Publish(node.Segment, child, TimelineId.First, 3, child.PreviousRecord);
        node.Segment.Recovery.RecoveryDone.Value = 1;
    }

    private void Begin(int size)
    {
        _builder.Begin(ResourceManagerId.Xlog, XlogInfo.Noop, 0);
        _builder.Append(new byte[size]);
    }

    /// <summary>Of a process whose latch nobody sets but the one who ends it.</summary>
    private sealed class Waits : IWalWaits
    {
        private readonly ManualResetEventSlim _latch = new();
        private volatile bool _interrupted;
        private int _count;

        public bool Interrupted => _interrupted;

        public int Count => Volatile.Read(ref _count);

        public void Interrupt()
        {
            _interrupted = true;
            _latch.Set();
        }

        public void ResetLatch() => _latch.Reset();

        public void Wait(int milliseconds)
        {
            Interlocked.Increment(ref _count);
            _latch.Wait(milliseconds);
        }

        public void WakeWalWriter() => throw NothingToWrite();

        public WalFlusher CreateFlusher() => throw NothingToWrite();

        public void Panic(Exception error) => throw NothingToWrite();

        private static InvalidOperationException NothingToWrite() => new("reading needs nothing to be written");
    }
}
