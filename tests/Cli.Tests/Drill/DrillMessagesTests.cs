using Pgrepl.Cli.Drill;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Tests.Drill;

public sealed class DrillMessagesTests
{
    [Test]
    public void Counts_committed_messages_over_segments_and_timelines()
    {
        using var folder = new TestFolder();
        var cluster = new TestCluster(folder.Directory("a"));
        var ends = new Dictionary<long, Lsn>();
        for (long number = 1; number <= 300; number++)
        {
            ends[number] = cluster.Message(number);
            cluster.Filler(10_000); // over three megabytes: several segments
        }
        cluster.Message(1000, commit: false);
        Lsn fork = cluster.Insert;
        cluster.Promote(new TimelineId(2));
        for (long number = 301; number <= 400; number++)
            ends[number] = cluster.Message(number);
        cluster.WriteCheckpoint(shutdown: true, DatabaseState.ShutDown);

        DrillMessages found = DrillMessages.Read(cluster.Directory);
        Assert.That(found.Messages.Select(message => message.Number), Is.EqualTo(Enumerable.Range(1, 400)));
        Assert.That(found.Messages.All(message => message.End == ends[message.Number]), Is.True);
        Assert.That(found.Messages.All(message => message.Timeline.Value == (message.End <= fork ? 1 : 2)), Is.True);
        Assert.That(found.End, Is.EqualTo(cluster.Insert));
    }

    [Test]
    public void Stops_at_damage_so_that_what_lies_behind_it_counts_as_lost()
    {
        using var folder = new TestFolder();
        var cluster = new TestCluster(folder.Directory("a"));
        var answers = new List<Acknowledgement>();
        for (long number = 1; number <= 20; number++)
            answers.Add(new Acknowledgement(number, cluster.Message(number)));
        cluster.WriteCheckpoint(shutdown: true, DatabaseState.ShutDown);

        using (WalSegmentFile file = WalSegmentFile.OpenWrite(cluster.Directory, new WalSegment(TimelineId.First, 1), TestCluster.SegmentSize))
            file.Write((long)(answers[9].Position.Value % TestCluster.SegmentSize) - 8, [0xFF]); // inside the tenth message
        DrillMessages found = DrillMessages.Read(cluster.Directory);
        Assert.That(found.Messages, Has.Count.EqualTo(9));
        Assert.That(found.Why, Does.StartWith("incorrect resource manager data checksum in record at 0/"));
        DrillVerdict verdict = DrillVerdict.Judge(new DrillOptions(20, 1, true, null, null, 1), answers, [], found.Messages, found.Messages, []);
        Assert.That((verdict.Ok, verdict.Lost.Count), Is.EqualTo((false, 11)));
    }

    [Test]
    public void What_was_put_aside_has_the_messages_that_were_committed_behind_the_fork()
    {
        using var folder = new TestFolder();
        var cluster = new TestCluster(folder.Directory("a"));
        cluster.Message(1);
        Lsn fork = cluster.Message(2); // its commit is the first record behind
        cluster.Message(3);
        cluster.WriteCheckpoint(shutdown: true, DatabaseState.ShutDown);
        DrillMessages kept = DrillMessages.ReadAside(cluster.Directory.Wal, TimelineHistory.Single(TimelineId.First), TestCluster.SegmentSize, cluster.Control.SystemId, fork);
        Assert.That(kept.Messages.Select(message => message.Number), Is.EqualTo(new[] { 2L, 3 }));
    }

    [Test]
    public void A_number_that_never_reached_the_disk_is_lost()
    {
        using var folder = new TestFolder();
        var cluster = new TestCluster(folder.Directory("a"));
        Acknowledgement[] answers = [new(1, cluster.Message(1)), new(2, cluster.Message(2)), new(3, new Lsn(0x123456))];
        cluster.WriteCheckpoint(shutdown: true, DatabaseState.ShutDown);
        IReadOnlyList<FoundMessage> found = DrillMessages.Read(cluster.Directory).Messages;
        DrillVerdict verdict = DrillVerdict.Judge(new DrillOptions(3, 1, false, null, null, 1), answers, [], found, found, []);
        Assert.That((verdict.Ok, verdict.Lost), Is.EqualTo((false, new[] { 3L })));
    }
}
