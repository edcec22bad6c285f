using Pgrepl.Cli.Drill;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Tests.Drill;

public sealed class DrillVerdictTests
{
    private static readonly DrillOptions Asynchronous = new(10, 2, Synchronous: false, MaxLost: null, Keep: null, Seed: 1);
    private static readonly DrillOptions Synchronous = Asynchronous with { Synchronous = true };

    [Test]
    public void All_acknowledged_messages_on_both_nodes_is_ok()
    {
        DrillVerdict verdict = DrillVerdict.Judge(Synchronous, Answers(1, 2, 3), [4], Found(1, 2, 3), Found(1, 2, 3, 4), []);
        Assert.That(verdict.Ok, Is.True);
        Assert.That((verdict.Acknowledged, verdict.FoundOnA, verdict.FoundOnB, verdict.UnknownFound), Is.EqualTo((3, 3, 3, 1)));
    }

    [Test]
    public void An_acknowledged_message_that_never_reached_a_disk_fails_every_kind_of_drill([Values] bool synchronous)
    {
        DrillOptions options = synchronous ? Synchronous : Asynchronous;
        DrillVerdict verdict = DrillVerdict.Judge(options, Answers(1, 2, 3), [], Found(1, 2), Found(1, 2), []);
        Assert.That(verdict.Ok, Is.False);
        Assert.That(verdict.Lost, Is.EqualTo(new[] { 3L }));
        string[] lines = [.. DrillReport.Lines(options, new DrillMeasures(), verdict)];
        Assert.That(lines, Does.Contain("LOST 1"));
        Assert.That(lines[^1], Does.StartWith("verdict    NOT ok"));
        Assert.That(DrillReport.Json(options, new DrillMeasures(), verdict).ToJsonString(), Does.StartWith("{\"ok\":false,").And.Contain("\"messages_lost\":1"));
    }

    [Test]
    public void Without_sync_a_message_in_the_wal_put_aside_is_accounted_for()
    {
        DrillVerdict verdict = DrillVerdict.Judge(Asynchronous, Answers(1, 2, 3), [], Found(1, 2), Found(1, 2), Found(3));
        Assert.That(verdict.Ok, Is.True);
        Assert.That((verdict.Lost, verdict.SetAside), Is.EqualTo((new[] { 3L }, new[] { 3L })));
        Assert.That(DrillVerdict.Judge(Synchronous, Answers(1, 2, 3), [], Found(1, 2), Found(1, 2), Found(3)).Ok, Is.False, "with --sync none may be lost");
    }

    [TestCase(0, false)]
    [TestCase(1, false)]
    [TestCase(2, true)]
    public void Max_lost_is_the_most_that_may_be_lost(int most, bool ok)
    {
        DrillVerdict verdict = DrillVerdict.Judge(Asynchronous with { MaxLost = most }, Answers(1, 2, 3, 4), [], Found(1, 2), Found(1, 2), Found(3, 4));
        Assert.That(verdict.Ok, Is.EqualTo(ok));
    }

    [Test]
    public void A_message_that_the_rejoined_node_lacks_fails()
    {
        DrillVerdict verdict = DrillVerdict.Judge(Asynchronous, Answers(1, 2), [], Found(1), Found(1, 2), []);
        Assert.That((verdict.Ok, verdict.MissingOnA), Is.EqualTo((false, new[] { 2L })));
    }

    [Test]
    public void A_message_found_twice_fails()
    {
        DrillVerdict verdict = DrillVerdict.Judge(Asynchronous, Answers(1, 2), [], Found(1, 2), [.. Found(1, 2), .. Found(2)], []);
        Assert.That((verdict.Ok, verdict.Twice), Is.EqualTo((false, new[] { 2L })));
    }

    [Test]
    public void A_client_whose_messages_changed_places_fails()
    {
        // Clients 1 and 2: odd and even numbers. Different clients may overtake each other, one client never itself.
        Assert.That(DrillVerdict.Judge(Asynchronous, Answers(1, 2, 3, 4), [], Found(2, 1, 4, 3), Found(2, 1, 4, 3), []).Ok, Is.True);
        DrillVerdict verdict = DrillVerdict.Judge(Asynchronous, Answers(1, 2, 3, 4), [], Found(3, 2, 1, 4), Found(3, 2, 1, 4), []);
        Assert.That((verdict.Ok, verdict.OutOfOrder), Is.EqualTo((false, new[] { 1L })));
    }

    [Test]
    public void A_message_at_another_place_than_answered_fails()
    {
        DrillVerdict verdict = DrillVerdict.Judge(Asynchronous, [new Acknowledgement(1, new Lsn(999))], [], Found(1), Found(1), []);
        Assert.That((verdict.Ok, verdict.Misplaced), Is.EqualTo((false, new[] { 1L })));
    }

    [Test]
    public void A_drill_without_any_acknowledgement_proves_nothing() =>
        Assert.That(DrillVerdict.Judge(Synchronous, [], [], Found(1), Found(1), []).Ok, Is.False);

    [Test]
    public void The_seed_decides_when_the_primary_dies()
    {
        DrillOptions options = Asynchronous with { Messages = 1000 };
        int once = (options with { Seed = 7 }).KillAfter;
        Assert.That((options with { Seed = 7 }).KillAfter, Is.EqualTo(once).And.InRange(300, 700));
        Assert.That(Enumerable.Range(0, 50).Select(seed => (options with { Seed = seed }).KillAfter).Distinct().Count(), Is.GreaterThan(10));
        Assert.That((options with { Messages = 1 }).KillAfter, Is.EqualTo(1));
    }

    private static Lsn Place(long number) => new(0x1000000 + (ulong)number * 64);

    private static Acknowledgement[] Answers(params long[] numbers) => [.. numbers.Select(number => new Acknowledgement(number, Place(number)))];

    private static FoundMessage[] Found(params long[] numbers) => [.. numbers.Select(number => new FoundMessage(number, Place(number), TimelineId.First))];
}
