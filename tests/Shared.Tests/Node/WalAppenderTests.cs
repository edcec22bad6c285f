using System.Diagnostics;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Storage;
using Pgrepl.Shared.Tests.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Tests.Node;

public sealed class WalAppenderTests
{
    private const int SegmentSize = 1 << 20;
    private const ulong SystemId = 7_000_000_000_000_000_001;
    private static readonly Lsn FirstSegment = new(SegmentSize);

    private readonly WalRecordBuilder _builder = new();
    private TestDirectory _directory = null!;

    [SetUp]
    public void MakeDirectory() => _directory = new TestDirectory();

    [TearDown]
    public void RemoveDirectory() => _directory.Dispose();

    [Test]
    public void Records_across_pages_and_segments_are_read_back_where_they_were_put()
    {
        var random = Random();
        using WalAppender appender = New(FirstSegment, Lsn.Invalid);
        List<(Lsn Start, Lsn End, int Size)> appended = [];
        while (appender.InsertPosition < FirstSegment + 3 * SegmentSize)
            appended.Add(Append(appender, random.Next(0, random.Next(10) == 0 ? 60_000 : 300)));
        appender.Flush();

        Assert.That(ReadAll(FirstSegment, TimelineId.First), Is.EqualTo(appended));
        Assert.That(WaldumpStarts(TimelineId.First, appended[0].Start, appender.InsertPosition), Is.EqualTo(appended.ConvertAll(a => a.Start)));
    }

    [Test]
    public void It_goes_on_behind_a_partial_page()
    {
        List<(Lsn Start, Lsn End, int Size)> appended = [];
        Lsn position = FirstSegment, previous = Lsn.Invalid;
        for (int i = 0; i < 200; i++)
        {
            using WalAppender appender = New(position, previous);
            appended.Add(Append(appender, 37 * i));
            appended.Add(Append(appender, 5));
            appender.Flush();
            (position, previous) = (appender.InsertPosition, appender.PreviousRecord);
            Assert.That(appender.CurrentPage.Length, Is.EqualTo(position.PageOffset));
        }
        Assert.That(ReadAll(FirstSegment, TimelineId.First), Is.EqualTo(appended));
    }

    [Test]
    public void What_follows_the_last_record_on_its_page_is_zeros()
    {
        using (WalAppender first = New(FirstSegment, Lsn.Invalid))
        {
            Append(first, 100);
            Append(first, 5000);
            first.Flush();
        }
        (Lsn _, Lsn end, int _) = ReadAll(FirstSegment, TimelineId.First)[0];
        using WalAppender second = New(end, FirstSegment + WalFormat.LongPageHeaderSize);
        Append(second, 50);
        second.Flush();

        Assert.That(ReadAll(FirstSegment, TimelineId.First), Has.Count.EqualTo(2));
        byte[] file = File.ReadAllBytes(SegmentPath(TimelineId.First, 1));
        Assert.That(file.AsSpan(second.InsertPosition.PageOffset, WalFormat.PageSize - second.InsertPosition.PageOffset).ContainsAnyExcept((byte)0), Is.False);
    }

    [Test]
    public void A_record_may_end_exactly_at_a_page_or_segment_end()
    {
        using WalAppender appender = New(FirstSegment, Lsn.Invalid);
        List<(Lsn Start, Lsn End, int Size)> appended = [];
        Lsn stop = FirstSegment + 2 * SegmentSize;
        while (appender.InsertPosition < stop)
        {
            Lsn insert = appender.InsertPosition;
            int header = insert.PageOffset == 0 ? WalFormat.PageHeaderSize(insert, SegmentSize) : 0;
            int room = WalFormat.PageSize - insert.PageOffset - header;
            appended.Add(Append(appender, room - WalFormat.RecordHeaderSize - (room > 285 ? 5 : 2)));
            Assert.That(appender.InsertPosition.PageOffset, Is.Zero);
            Assert.That(appender.CurrentPage.IsEmpty);
        }
        appender.Flush();
        Assert.That(WalDirectory.List(_directory.Data, SegmentSize), Has.Count.EqualTo(2), "the next segment is not begun");
        Assert.That(WaldumpStarts(TimelineId.First, appended[0].Start, stop), Is.EqualTo(appended.ConvertAll(a => a.Start)));
    }

    [Test]
    public void A_page_of_another_position_is_refused()
    {
        using (WalAppender first = New(FirstSegment, Lsn.Invalid))
        {
            Append(first, 20_000);
            first.Flush();
        }
        string path = SegmentPath(TimelineId.First, 1);
        byte[] bytes = File.ReadAllBytes(path);
        bytes[WalFormat.PageSize + 8] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.That(() => New(FirstSegment + WalFormat.PageSize + 512, FirstSegment + 40), Throws.TypeOf<PgException>().With.Property("SqlState").EqualTo(SqlStates.DataCorrupted));
        Assert.That(() => New(FirstSegment + SegmentSize + 512, FirstSegment + 40), Throws.TypeOf<PgException>().With.Property("SqlState").EqualTo(SqlStates.UndefinedFile));
    }

    [TestCase(9000)]
    [TestCase(30_000)]
    public void A_torn_record_is_overwritten(int size)
    {
        Lsn torn, missing, last;
        using (WalAppender first = New(FirstSegment, Lsn.Invalid))
        {
            for (int i = 0; i < 20; i++)
                Append(first, 390);
            last = first.PreviousRecord;
            torn = first.InsertPosition;
            Append(first, size);
            first.Flush();
            missing = first.InsertPosition.PageStart;
        }
        string path = SegmentPath(TimelineId.First, 1);
        byte[] bytes = File.ReadAllBytes(path);
        bytes.AsSpan((int)(missing.Value % SegmentSize)).Clear();
        File.WriteAllBytes(path, bytes);

        using (var source = new SegmentPageSource(_directory.Data, SegmentSize, TimelineHistory.Single(TimelineId.First)))
        {
            var reader = new WalReader(source, PostgresMajor.LogCluster, SegmentSize, SystemId);
            reader.BeginRead(FirstSegment);
            while (reader.Read() == WalReadStatus.Record)
            {
            }
            Assert.That((reader.AbortedRecord, reader.MissingContrecord), Is.EqualTo((torn, missing)));
        }

        using WalAppender appender = New(missing, last);
        Lsn overwrite = appender.AppendOverwriteContrecord(torn, PgTime.Now()).Start;
        Lsn behind = Append(appender, 100).Start;
        appender.Flush();

        List<Lsn> read = ReadAll(FirstSegment, TimelineId.First).ConvertAll(r => r.Start);
        Assert.That(read[^2..], Is.EqualTo(new[] { overwrite, behind }));
        Assert.That(read, Has.Count.EqualTo(22));
        Assert.That(WaldumpStarts(TimelineId.First, read[0], appender.InsertPosition), Is.EqualTo(read));
    }

    [Test]
    public void The_hand_over_publishes_where_it_stopped()
    {
        using WalAppender appender = New(FirstSegment, Lsn.Invalid);
        Append(appender, 10_000);
        SharedSegment segment = SharedSegment.Create(5, 8, 1);
        Assert.That(() => WalHandover.Publish(segment, appender, TimelineId.First, 3, FirstSegment), Throws.InvalidOperationException, "not flushed");
        appender.Flush();
        segment.Wal.Pages(Lsn.Invalid, 8).Fill(0xEE);
        WalHandover.Publish(segment, appender, new TimelineId(1), 0x1_0000_0005, FirstSegment + 40);

        WalControl wal = segment.Wal;
        Lsn end = appender.InsertPosition;
        Assert.That(wal.InsertPosition.Value.Value, Is.EqualTo(new WalPositions(SegmentSize).ToUsableBytes(end)));
        Assert.That(wal.PreviousRecord.Value, Is.EqualTo(appender.PreviousRecord));
        Assert.That((wal.Written.Value, wal.Flushed.Value), Is.EqualTo((end, end)));
        Assert.That(wal.AllocatedUpTo.Value, Is.EqualTo(FirstSegment + SegmentSize));
        Assert.That(wal.ReusableUpTo.Value, Is.EqualTo(end.PageStart + 8 * WalFormat.PageSize));
        Assert.That(wal.Page(end)[..end.PageOffset].SequenceEqual(appender.CurrentPage));
        Assert.That(wal.Page(end)[end.PageOffset..].ContainsAnyExcept((byte)0), Is.False);
        Assert.That(wal.Page(end + WalFormat.PageSize).ContainsAnyExcept((byte)0), Is.False);
        Assert.That(wal.NextXid.Value, Is.EqualTo(0x1_0000_0005));
    }

    private static Random Random()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("PGREPL_TEST_SEED"), out int given) ? given : Environment.TickCount;
        TestContext.Out.WriteLine($"PGREPL_TEST_SEED={seed}");
        return new Random(seed);
    }

    private WalAppender New(Lsn position, Lsn previous) => new(_directory.Data, SegmentSize, SystemId, TimelineId.First, position, previous);

    private (Lsn Start, Lsn End, int Size) Append(WalAppender appender, int size)
    {
        _builder.Begin(ResourceManagerId.Xlog, XlogInfo.Noop, 0);
        _builder.Append(new byte[size]);
        (Lsn start, Lsn end) = appender.Append(_builder);
        return (start, end, size);
    }

    private string SegmentPath(TimelineId timeline, ulong number) => WalSegmentFile.PathOf(_directory.Data, new WalSegment(timeline, number), SegmentSize);

    private List<(Lsn Start, Lsn End, int Size)> ReadAll(Lsn from, TimelineId timeline)
    {
        using var source = new SegmentPageSource(_directory.Data, SegmentSize, TimelineHistory.Single(timeline));
        var reader = new WalReader(source, PostgresMajor.LogCluster, SegmentSize, SystemId);
        reader.BeginRead(from);
        List<(Lsn, Lsn, int)> read = [];
        while (reader.Read() == WalReadStatus.Record)
            read.Add((reader.RecordStart, reader.RecordEnd, reader.MainData.Length));
        return read;
    }

    private List<Lsn> WaldumpStarts(TimelineId timeline, Lsn from, Lsn end)
    {
        const string program = "/usr/lib/postgresql/15/bin/pg_waldump";
        if (!File.Exists(program))
            Assert.Ignore($"needs {program}");
        var start = new ProcessStartInfo(program, ["-p", _directory.Data.Wal, "-t", timeline.ToString(), "-s", from.ToString(), "-e", end.ToString()])
        { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        List<Lsn> found = [];
        while (process.StandardOutput.ReadLine() is { } line)
            found.Add(Lsn.Parse(line.AsSpan()[(line.IndexOf("lsn: ", StringComparison.Ordinal) + 5)..line.IndexOf(", prev", StringComparison.Ordinal)]));
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero);
        return found;
    }
}
