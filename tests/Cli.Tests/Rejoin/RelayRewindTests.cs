using Pgrepl.Cli.Nodes;
using Pgrepl.Cli.Rejoin;
using Pgrepl.Shared;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Tests.Rejoin;

public sealed class RelayRewindTests : RewindFixture
{
    private const int Size = TestCluster.SegmentSize;

    [Test]
    public void A_relay_ahead_of_the_promoted_server_goes_back_to_the_fork_and_keeps_its_tail_aside([Values(1000, 3_000_000)] int tailBytes)
    {
        (TestCluster relay, TestCluster upstream, Lsn fork, Lsn last) = AheadOfThePromoted(tailBytes);
        Dictionary<string, byte[]> before = WalOf(relay.Directory);
        RewindPlan plan = Rewind(relay, upstream, out IReadOnlyList<string> aside);
        Assert.That((plan.Fork.Timeline, plan.Fork.Position, plan.LocalEnd), Is.EqualTo((TimelineId.First, fork, relay.Insert)));

        RelayFileData now = RelayFile.Read(relay.Directory);
        Assert.That((now.Timeline, now.Validated, now.LastRecord), Is.EqualTo((TimelineId.First, fork, last)));
        Assert.That(TimelineHistoryFiles.Exists(relay.Directory, Second), Is.True);
        Assert.That(Path.GetFileName(aside.Single()), Is.EqualTo($"diverged-1-0-{fork.Value:X8}"));
        foreach ((string name, byte[] bytes) in before)
        {
            Assert.That(WalSegment.TryParse(name, Size, out WalSegment segment), Is.True);
            string here = Path.Combine(relay.Directory.Wal, name), kept = Path.Combine(aside.Single(), name);
            int shared = (int)Math.Clamp((long)fork.Value - (long)segment.Start(Size).Value, 0, Size);
            if (shared < Size)
                Assert.That(File.ReadAllBytes(kept).AsSpan().SequenceEqual(bytes), name);
            if (shared > 0)
                Assert.That(File.ReadAllBytes(here).AsSpan().SequenceEqual([.. bytes[..shared], .. new byte[Size - shared]]), name);
            else
                Assert.That(here, Does.Not.Exist);
        }
    }

    [Test]
    public void Killed_at_any_moment_it_can_be_run_again_and_comes_to_the_same_end([Values(1, 2, 3, 4, 5, 6, 7, 8)] int done)
    {
        (TestCluster relay, TestCluster upstream, Lsn fork, _) = AheadOfThePromoted(3_000_000);
        relay.Promote(Third); // and it has followed another promoted server, to a newer timeline that has to go
        relay.Message(200);
        RelayFile.Write(relay.Directory, RelayFile.Read(relay.Directory) with { Timeline = Third, Validated = relay.Insert, LastRecord = relay.Previous });
        TestCluster whole = relay.CopyTo(Folder.Directory("whole"));
        RewindPlan plan = Rewind(whole, upstream, out IReadOnlyList<string> asideOfWhole);
        RelayFileData end = RelayFile.Read(whole.Directory);

        // A kill leaves a prefix of the durable steps. They are redone here by hand up to `done`.
        RelayFile.Write(relay.Directory, RelayFile.Read(relay.Directory) with { Validated = end.Validated, LastRecord = end.LastRecord });
        string folder = Path.Combine(relay.Directory.Wal, Path.GetFileName(asideOfWhole.Single()));
        WalSegment[] later = [.. WalDirectory.List(relay.Directory, Size).Reverse().Where(segment => segment.Start(Size) >= fork)];
        foreach (WalSegment segment in later.Take(done == 2 ? 1 : done > 2 ? later.Length : 0))
        {
            Directory.CreateDirectory(folder);
            DurableFile.RenameNew(WalSegmentFile.PathOf(relay.Directory, segment, Size), Path.Combine(folder, segment.FileName(Size)));
        }
        string forked = WalSegmentFile.PathOf(relay.Directory, WalSegment.Containing(fork, TimelineId.First, Size), Size);
        if (done == 3)
            File.WriteAllText(Path.Combine(folder, Path.GetFileName(forked) + ".tmp.4711"), "half");
        if (done > 3)
            File.Copy(forked, Path.Combine(folder, Path.GetFileName(forked)));
        if (done > 4)
            Zero(forked, from: ((int)(fork.Value % Size) / WalFormat.PageSize + 1) * WalFormat.PageSize);
        var aside = new DivergedWal(relay.Directory, Size, plan.Fork);
        if (done > 5)
            aside.PutSegmentsAside();
        if (done > 6)
            aside.PutForeignSegmentsAside(Identity(upstream).History);
        if (done > 7)
            RelayFile.Write(relay.Directory, end);

        Rewind(relay, upstream, out _);
        Assert.That(DigestsOf(relay.Directory), Is.EqualTo(DigestsOf(whole.Directory)));
        Assert.That(RelayFile.Read(relay.Directory), Is.EqualTo(end));
        Assert.That((TimelineHistoryFiles.Exists(relay.Directory, Second), TimelineHistoryFiles.Exists(relay.Directory, Third)), Is.EqualTo((true, false)));
        Rewind(relay, upstream, out IReadOnlyList<string> again);
        Assert.That((again.Count, RelayFile.Read(relay.Directory)), Is.EqualTo((0, end)), "a second run changes nothing");
    }

    [Test]
    public void Of_another_major_too_the_tail_is_kept()
    {
        (TestCluster relay, TestCluster upstream, Lsn fork, _) = AheadOfThePromoted(3_000_000);
        WalSegment last = WalDirectory.List(relay.Directory, Size)[^1];
        byte[] bytes = File.ReadAllBytes(WalSegmentFile.PathOf(relay.Directory, last, Size));
        bytes[0] ^= 0xFF; // the magic number
        File.WriteAllBytes(WalSegmentFile.PathOf(relay.Directory, last, Size), bytes);
        var aside = new DivergedWal(relay.Directory, Size, new TimelineFork(TimelineId.First, fork));
        aside.PutSegmentsAside();
        Assert.That(File.ReadAllBytes(Path.Combine(aside.Folders.Single(), last.FileName(Size))).AsSpan().SequenceEqual(bytes));
    }

    [Test]
    public void A_relay_that_is_not_ahead_keeps_all_it_has()
    {
        TestCluster relay = RelayOf(out TestCluster upstream);
        upstream.Message(5);
        upstream.Promote(Second);
        RelayFileData before = RelayFile.Read(relay.Directory);
        RewindPlan plan = Rewind(relay, upstream, out IReadOnlyList<string> aside);
        Assert.That((plan.Target, aside.Count, RelayFile.Read(relay.Directory)), Is.EqualTo(((RewindTarget?)null, 0, before)));
    }

    [Test]
    public void Another_cluster_and_a_relay_without_shared_wal_are_refused_and_nothing_changes()
    {
        (TestCluster relay, TestCluster upstream, Lsn fork, _) = AheadOfThePromoted(3_000_000);
        PgException? error = Assert.Throws<PgException>(() => new RelayRewind(relay.Directory, Identity(upstream) with { SystemId = 42 }).Plan());
        Assert.That(error!.Message, Is.EqualTo("database system identifier differs between the primary and standby"));

        Lsn oldest = new((fork.Value / Size + 1) * Size);
        WalDirectory.Remove(relay.Directory, WalDirectory.List(relay.Directory, Size).Where(segment => segment.Start(Size) < oldest), Size);
        RelayFile.Write(relay.Directory, RelayFile.Read(relay.Directory) with { Oldest = oldest });
        Dictionary<string, string> before = DigestsOf(relay.Directory);
        error = Assert.Throws<PgException>(() => new RelayRewind(relay.Directory, Identity(upstream)).Plan());
        Assert.That(error!.Message, Is.EqualTo($"cannot rewind: no record before {fork} on timeline 1 is in pg_wal"));
        Assert.That(DigestsOf(relay.Directory), Is.EqualTo(before));
    }

    /// <summary>A primary, of which a server was promoted at the fork; the relay has what the primary wrote after that.</summary>
    private (TestCluster Relay, TestCluster Upstream, Lsn Fork, Lsn LastBeforeFork) AheadOfThePromoted(int tailBytes)
    {
        TestCluster relay = RelayOf(out TestCluster upstream);
        (Lsn fork, Lsn last) = (relay.Insert, relay.Previous);
        upstream.Promote(Second);
        upstream.Message(6);
        for (int i = 0; i < 3; i++)
            relay.Filler(tailBytes / 3);
        RelayFile.Write(relay.Directory, RelayFile.Read(relay.Directory) with { Validated = relay.Previous, LastRecord = Before(relay, relay.Previous) });
        return (relay, upstream, fork, last);
    }

    /// <summary>A relay and its upstream with the same WAL.</summary>
    private TestCluster RelayOf(out TestCluster upstream)
    {
        TestCluster relay = new(Folder.Directory("relay"));
        relay.Filler(1_500_000);
        relay.Message(1);
        upstream = relay.CopyTo(Folder.Directory("upstream"));
        RelayFile.Write(relay.Directory, new RelayFileData(relay.Control.SystemId, WalFormat.ServerVersionNumber, WalFormat.ServerVersion, Size, TimelineId.First, Oldest: new Lsn(Size), relay.Insert, relay.Previous));
        return relay;
    }

    private static Lsn Before(TestCluster cluster, Lsn end)
    {
        using var source = new SegmentPageSource(cluster.Directory, Size, TimelineHistory.Single(TimelineId.First));
        var reader = new WalReader(source, PostgresMajor.LogCluster, Size, cluster.Control.SystemId);
        Assert.That(reader.FindNextRecord(new Lsn(Size)).IsValid);
        Lsn start = Lsn.Invalid;
        while (reader.Read() == WalReadStatus.Record && reader.RecordEnd <= end)
            start = reader.RecordStart;
        return start;
    }

    private static RewindPlan Rewind(TestCluster relay, TestCluster upstream, out IReadOnlyList<string> aside)
    {
        var rewind = new RelayRewind(relay.Directory, Identity(upstream));
        RewindPlan plan = rewind.Plan();
        aside = rewind.Apply(plan);
        return plan;
    }

    private static void Zero(string path, int from)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes.AsSpan(from).Clear();
        File.WriteAllBytes(path, bytes);
    }

    private static Dictionary<string, byte[]> WalOf(DataDirectory directory) => Directory.EnumerateFiles(directory.Wal, "*", SearchOption.AllDirectories)
        .Where(path => !path.EndsWith(".history", StringComparison.Ordinal))
        .ToDictionary(path => Path.GetRelativePath(directory.Wal, path), File.ReadAllBytes);

    private static Dictionary<string, string> DigestsOf(DataDirectory directory) =>
        WalOf(directory).ToDictionary(file => file.Key, file => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(file.Value)));
}
