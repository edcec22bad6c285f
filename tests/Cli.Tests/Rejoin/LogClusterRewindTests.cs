using System.Buffers.Binary;
using Pgrepl.Cli.Drill;
using Pgrepl.Cli.Nodes;
using Pgrepl.Cli.Rejoin;
using Pgrepl.Shared;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Tests.Rejoin;

public sealed class LogClusterRewindTests : RewindFixture
{
    [Test]
    public void An_old_primary_goes_back_to_the_fork_and_keeps_its_tail_aside()
    {
        (TestCluster a, TestCluster b, Lsn fork) = ForkedPair(tailBytes: 3_000_000);
        byte[] before = ReadWal(a, fork - 1000, 1000);
        RewindPlan plan = Rewind(a, b, out IReadOnlyList<string> aside);
        Assert.That((plan.Fork.Timeline, plan.Fork.Position, plan.LocalEnd), Is.EqualTo((TimelineId.First, fork, a.Insert)));

        ControlFileData control = ControlFile.Read(a.Directory);
        Assert.That(control.State, Is.EqualTo(DatabaseState.InArchiveRecovery));
        Assert.That(control.CheckpointLocation, Is.LessThan(fork));
        Assert.That((control.MinRecoveryPoint, control.MinRecoveryPointTimeline), Is.EqualTo((fork, TimelineId.First)));
        Assert.That(File.Exists(a.Directory.StandbySignal), Is.True);
        Assert.That(TimelineHistoryFiles.Exists(a.Directory, Second), Is.True);
        Assert.That(ReadWal(a, fork - 1000, 1000), Is.EqualTo(before), "what both share stays");
        Assert.That(EndOfWal(a, TimelineHistory.Single(TimelineId.First)), Is.EqualTo(fork));
        Assert.That(WalDirectory.List(a.Directory, TestCluster.SegmentSize).All(segment => segment.Start(TestCluster.SegmentSize) < fork), Is.True);

        // All messages of the tail, and no other, can be read from what was put aside.
        DrillMessages kept = DrillMessages.ReadAside(aside.Single(), TimelineHistory.Single(TimelineId.First), TestCluster.SegmentSize, a.Control.SystemId, fork);
        Assert.That(kept.Messages.Select(message => message.Number), Is.EqualTo(new[] { 101L, 102, 103 }));
        Assert.That(Path.GetFileName(aside.Single()), Is.EqualTo($"diverged-1-{fork.ToString().Replace('/', '-').Replace("-", "-00", StringComparison.Ordinal)}"));
    }

    [Test]
    public void A_second_run_changes_nothing()
    {
        (TestCluster a, TestCluster b, _) = ForkedPair(tailBytes: 1_500_000);
        Rewind(a, b, out _);
        Dictionary<string, string> once = Snapshot(a);
        RewindPlan plan = Rewind(a, b, out IReadOnlyList<string> aside);
        Assert.That((plan.Target, aside), Is.EqualTo(((RewindTarget?)null, Array.Empty<string>())));
        Assert.That(Snapshot(a), Is.EqualTo(once));
    }

    [Test]
    public void Killed_at_any_moment_it_can_be_run_again_and_comes_to_the_same_end([Values(0, 1, 2, 3, 4, 5, 6, 7)] int done)
    {
        (TestCluster a, TestCluster b, _) = ForkedPair(tailBytes: 3_000_000);
        a.Promote(Third); // and a was promoted wrongly on top: a newer timeline of its own, which has to go
        a.Message(200);
        TestCluster whole = a.CopyTo(Folder.Directory("whole"));
        Rewind(whole, b, out _);

        // A kill leaves a prefix of the durable steps. They are redone here by hand up to `done`; the plan was made before.
        RewindPlan plan = new LogClusterRewind(a.Directory, Identity(b), (timeline, position) => Theirs(b, timeline, position)).Plan();
        var aside = new DivergedWal(a.Directory, TestCluster.SegmentSize, plan.Fork);
        if (done > 0)
            StandbySettings.WriteSignal(a.Directory);
        if (done > 1)
            a.WriteControl(ControlFile.Read(whole.Directory));
        WalSegment[] segments = [.. WalDirectory.List(a.Directory, TestCluster.SegmentSize).Reverse().Where(segment => segment.Start(TestCluster.SegmentSize) >= plan.Fork.Position)];
        string folder = Path.Combine(a.Directory.Wal, Path.GetFileName(Directory.GetDirectories(whole.Directory.Wal, "diverged*").Single()));
        foreach (WalSegment segment in segments.Take(Math.Max(0, done - 2)))
        {
            Directory.CreateDirectory(folder);
            DurableFile.RenameNew(WalSegmentFile.PathOf(a.Directory, segment, TestCluster.SegmentSize), Path.Combine(folder, segment.FileName(TestCluster.SegmentSize)));
        }
        if (done > 6)
            aside.PutSegmentsAside();

        Rewind(a, b, out _);
        Assert.That(Snapshot(a), Is.EqualTo(Snapshot(whole)));
        Assert.That(TimelineHistoryFiles.Exists(a.Directory, Third), Is.False);
    }

    [Test]
    public void A_node_whose_wal_does_not_reach_beyond_the_fork_is_left_as_it_is()
    {
        var a = new TestCluster(Folder.Directory("a"));
        a.Message(1);
        a.WriteCheckpoint(shutdown: true, DatabaseState.ShutDown);
        TestCluster b = a.CopyTo(Folder.Directory("b"));
        b.Promote(Second);
        b.Message(2);
        RewindPlan plan = Rewind(a, b, out IReadOnlyList<string> aside);
        Assert.That((plan.Target, aside.Count, plan.LocalEnd), Is.EqualTo(((RewindTarget?)null, 0, plan.Fork.Position)));
        Assert.That(ControlFile.Read(a.Directory).State, Is.EqualTo(DatabaseState.ShutDown));
        Assert.That((File.Exists(a.Directory.StandbySignal), TimelineHistoryFiles.Exists(a.Directory, Second)), Is.EqualTo((true, true)));
    }

    [Test]
    public void A_checkpoint_segments_before_the_fork_is_found()
    {
        var a = new TestCluster(Folder.Directory("a"));
        a.Message(1);
        Lsn checkpoint = a.WriteCheckpoint();
        a.Filler(2_500_000); // one record that covers whole segments
        a.Filler(100);
        TestCluster b = a.CopyTo(Folder.Directory("b"));
        b.Promote(Second);
        a.Filler(1_500_000);
        a.WriteCheckpoint(); // beyond the fork: of no use
        Rewind(a, b, out _);
        Assert.That(ControlFile.Read(a.Directory).CheckpointLocation, Is.EqualTo(checkpoint));
    }

    [Test]
    public void Without_a_checkpoint_before_the_fork_it_refuses_and_changes_nothing()
    {
        var a = new TestCluster(Folder.Directory("a"));
        a.Filler(1_500_000);
        TestCluster b = a.CopyTo(Folder.Directory("b"));
        b.Promote(Second);
        a.Message(1);
        a.WriteCheckpoint();
        WalDirectory.Remove(a.Directory, [new WalSegment(TimelineId.First, 1)], TestCluster.SegmentSize);
        Dictionary<string, string> before = Snapshot(a);
        PgException? error = Assert.Throws<PgException>(() => new LogClusterRewind(a.Directory, Identity(b), (timeline, position) => Theirs(b, timeline, position)).Plan());
        Assert.That(error!.Message, Does.StartWith("cannot rewind: no checkpoint before "));
        Assert.That(Snapshot(a), Is.EqualTo(before));
    }

    [Test]
    public void Another_cluster_is_refused()
    {
        var a = new TestCluster(Folder.Directory("a"));
        var b = new TestCluster(Folder.Directory("b"));
        PgException? error = Assert.Throws<PgException>(() => new LogClusterRewind(a.Directory, Identity(b) with { SystemId = 42 }, (_, _) => null).Plan());
        Assert.That(error!.Message, Is.EqualTo("database system identifier differs between the primary and standby"));
    }

    [Test]
    public void A_standby_that_never_had_wal_needs_no_rewind()
    {
        var b = new TestCluster(Folder.Directory("b"));
        TestCluster a = b.CopyTo(Folder.Directory("a"));
        WalDirectory.Remove(a.Directory, WalDirectory.List(a.Directory, TestCluster.SegmentSize), TestCluster.SegmentSize);
        b.Message(1);
        b.Promote(Second);
        RewindPlan plan = Rewind(a, b, out _);
        Assert.That((plan.Target, plan.LocalEnd), Is.EqualTo(((RewindTarget?)null, Lsn.Invalid)));
    }

    [Test]
    public void Segments_made_ahead_of_use_are_removed_not_kept_aside([Values] bool withHeader)
    {
        (TestCluster a, TestCluster b, Lsn fork) = ForkedPair(tailBytes: 1000);
        WalSegment first = WalSegment.Containing(fork, TimelineId.First, TestCluster.SegmentSize), ahead = first with { Number = 50 };
        WalSegmentFile.Create(a.Directory, ahead, TestCluster.SegmentSize);
        if (withHeader)
            WriteHeader(a, first, ahead);
        Rewind(a, b, out IReadOnlyList<string> aside);
        Assert.That(WalDirectory.Exists(a.Directory, ahead, TestCluster.SegmentSize), Is.False);
        Assert.That(Directory.GetFiles(aside.Single()).Select(Path.GetFileName), Does.Not.Contain(ahead.FileName(TestCluster.SegmentSize)));
    }

    /// <summary>The first page header of one segment, with the other's own place.</summary>
    private static void WriteHeader(TestCluster node, WalSegment from, WalSegment to)
    {
        byte[] header = File.ReadAllBytes(WalSegmentFile.PathOf(node.Directory, from, TestCluster.SegmentSize))[..WalLongPageHeader.Size];
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(8), to.Start(TestCluster.SegmentSize).Value);
        using FileStream file = File.OpenWrite(WalSegmentFile.PathOf(node.Directory, to, TestCluster.SegmentSize));
        file.Write(header);
    }

    /// <summary>Both are on timeline 2 from the same place, and their history files are equal: only the bytes tell.</summary>
    [TestCase(200)]
    [TestCase(5_000_000)]
    public void Of_two_primaries_on_one_timeline_one_goes_back_to_the_first_byte_that_differs(int tailBytes)
    {
        var a = new TestCluster(Folder.Directory("a"));
        for (long number = 1; number <= 20; number++)
            a.Message(number);
        a.WriteCheckpoint();
        Lsn fork = a.Insert;
        a.Promote(Second);
        a.Message(21);
        a.WriteCheckpoint();
        TestCluster b = a.CopyTo(Folder.Directory("b"));
        Lsn common = b.Insert;
        a.Message(101);
        b.Message(102);
        a.Filler(tailBytes);
        b.Filler(tailBytes / 2);
        a.WriteCheckpoint();
        Assert.That(TimelineHistoryFiles.ReadText(a.Directory, Second), Is.EqualTo(TimelineHistoryFiles.ReadText(b.Directory, Second)));

        byte[] before = ReadWal(b, fork, (int)common.BytesSince(fork));
        RewindPlan plan = Rewind(a, b, out IReadOnlyList<string> aside);
        Assert.That((plan.Fork.Timeline, plan.LocalEnd), Is.EqualTo((Second, a.Insert)));
        Assert.That(plan.Fork.Position, Is.GreaterThanOrEqualTo(common).And.LessThan(common + 100), "in the first record of which there are two");
        Assert.That(EndOfWal(a, TimelineHistoryFiles.Read(a.Directory, Second)), Is.EqualTo(common));
        Assert.That(ReadWal(a, fork, before.Length), Is.EqualTo(before));
        Assert.That(aside, Has.Count.EqualTo(1));
        Assert.That(File.Exists(a.Directory.StandbySignal), Is.True);

        Dictionary<string, string> once = Snapshot(a);
        Assert.That(Rewind(a, b, out aside).Target, Is.Null);
        Assert.That(Snapshot(a), Is.EqualTo(once), "a second run changes nothing");
    }

    /// <summary>a went on after b was promoted: three messages and filler that b does not have.</summary>
    private (TestCluster A, TestCluster B, Lsn Fork) ForkedPair(int tailBytes)
    {
        var a = new TestCluster(Folder.Directory("a"));
        for (long number = 1; number <= 20; number++)
            a.Message(number);
        a.WriteCheckpoint();
        a.Message(21);
        TestCluster b = a.CopyTo(Folder.Directory("b"));
        Lsn fork = b.Insert;
        b.Promote(Second);
        b.Message(22);
        b.WriteCheckpoint();
        for (long number = 101; number <= 103; number++)
        {
            a.Message(number);
            a.Filler(tailBytes / 3);
        }
        a.WriteCheckpoint();
        return (a, b, fork);
    }

    private static RewindPlan Rewind(TestCluster node, TestCluster upstream, out IReadOnlyList<string> aside)
    {
        var rewind = new LogClusterRewind(node.Directory, Identity(upstream), (timeline, position) => Theirs(upstream, timeline, position));
        RewindPlan plan = rewind.Plan();
        aside = rewind.Apply(plan);
        return plan;
    }

    private static Lsn EndOfWal(TestCluster cluster, TimelineHistory history)
    {
        using var source = new SegmentPageSource(cluster.Directory, TestCluster.SegmentSize, history);
        var reader = new WalReader(source, PostgresMajor.LogCluster, TestCluster.SegmentSize, cluster.Control.SystemId);
        reader.BeginRead(ControlFile.Read(cluster.Directory).CheckpointLocation);
        while (reader.Read() == WalReadStatus.Record)
        {
        }
        return reader.NextRecordPosition;
    }

    private static byte[] ReadWal(TestCluster cluster, Lsn from, int length)
    {
        byte[] bytes = new byte[length];
        using WalSegmentFile file = WalSegmentFile.OpenRead(cluster.Directory, WalSegment.Containing(from, TimelineId.First, TestCluster.SegmentSize), TestCluster.SegmentSize);
        file.Read((long)(from.Value % TestCluster.SegmentSize), bytes);
        return bytes;
    }

    /// <summary>Every file by its name inside the directory, with a digest; pg_control without its time.</summary>
    private static Dictionary<string, string> Snapshot(TestCluster cluster) => Directory
        .EnumerateFiles(cluster.Directory.Path, "*", SearchOption.AllDirectories)
        .ToDictionary(
            path => Path.GetRelativePath(cluster.Directory.Path, path),
            path => path == cluster.Directory.ControlFile
                ? (ControlFile.Read(cluster.Directory) with { Time = 0, MockAuthenticationNonce = [] }).ToString()
                : Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path))));
}
