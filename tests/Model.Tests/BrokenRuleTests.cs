using Pgrepl.Model.Tests.Search;
using Pgrepl.Model.Tests.Specification;

namespace Pgrepl.Model.Tests;

/// <summary>Every rule is needed: without it the search finds a way to break an invariant. The shortest way is printed, and its end is told here.</summary>
public sealed class BrokenRuleTests
{
    private static readonly Bounds Few = new(Writes: 2, Promotions: 1, Crashes: 1, Cuts: 1, Rejoins: 0);

    /// <summary>b is promoted, comes back to a, and is promoted once more while w, which has seen the first time, is cut off.</summary>
    private static readonly Bounds SplitTwice = new(Writes: 1, Promotions: 2, Crashes: 0, Cuts: 1, Rejoins: 1);

    private static IEnumerable<TestCaseData> Rules()
    {
        yield return Case(Rule.ReceiverEndsFirst, new() { Bounds = Few }, "invariant 1: two processes of b write WAL");
        yield return Case(Rule.SendsFlushedOnly, new() { Bounds = Few }, "invariant 1: timeline 1 was written twice");
        yield return Case(Rule.LocalFlushFirst, new() { Bounds = Few }, "is acknowledged and not durable on its primary");
        yield return Case(Rule.WaitsForStandbys, new() { Names = "{partner}", Bounds = Few }, "is acknowledged and no synchronous standby has it");
        yield return Case(Rule.ConfirmsAfterSync, new() { Names = "{partner}", Bounds = Few }, "is acknowledged and no synchronous standby has it");
        yield return Case(Rule.ConfirmsReceivedOnly, Ahead, "is acknowledged and no synchronous standby has it");
        yield return Case(Rule.ComparesWhatItHas, new() { Bounds = SplitTwice }, "invariant 7: two lines are merged");
        yield return Case(Rule.KeepsHistoryFiles, new() { Bounds = SplitTwice }, "invariant 7: the history of timeline 2 has changed");
        yield return Case(Rule.RefusesForkBehind, new() { Bounds = Few }, "invariant 4: w has lost what was flushed");
        yield return Case(Rule.StartsOnItsLine, new() { Bounds = Few }, "invariant 4: w has lost what was flushed");
        yield return Case(Rule.ResumesPromotion, new() { Bounds = Few }, "invariant 9: the promotion of b to timeline 2 at 1 was begun and did not go on");
        yield return Case(Rule.AsksForTimeline, new() { WitnessIsStandby = true, Bounds = Few with { Promotions = 2 } }, "invariant 9: w is promoted to timeline 2, which b has already");
        yield return Case(Rule.FillsHistories, new() { WitnessIsStandby = true, Bounds = Few with { Promotions = 2 } }, "it has no history of timeline 2");
        yield return Case(Rule.AsksBeforeStart, new() { Bounds = Few }, "which it could have asked");
        yield return Case(Rule.RemembersRefusal, new() { Bounds = Few with { Crashes = 2 } }, "invariant 9: a has become a primary although it knew of its successor");
    }

    /// <summary>w, a standby here that nobody promotes, may be ahead of the b that is promoted, and is the one that b waits for.</summary>
    private static Setup Ahead => new() { Names = "w", Repoints = true, Bounds = new Bounds(Writes: 3, Promotions: 1, Crashes: 0, Cuts: 0, Rejoins: 0) };

    [TestCaseSource(nameof(Rules))]
    public void Without_a_rule_an_invariant_breaks(object setup, string violation)
    {
        Found found = Search((Setup)setup);
        Assert.That(found.Violation, Does.Contain(violation), found.ToString());
    }

    /// <summary>A reply names a position, and a standby that is ahead has other WAL there: once it said how far it had applied its own. The search goes as far as
    /// it has to go to see that.</summary>
    [TestCase(Rule.None)]
    [TestCase(Rule.ConfirmsReceivedOnly)]
    public void A_standby_that_is_ahead_confirms_nothing_as_applied_that_upstream_has_not_sent(object without)
    {
        Found found = Search(Ahead with { RemoteApply = true, Without = (Rule)without }, limit: 400_000);
        Assert.That(found.Violation, (Rule)without == Rule.None ? Is.Null : Does.Contain("is acknowledged and no synchronous standby has it"), found.ToString());
    }

    /// <summary>docs/guides/failover.md, steps 2 and 3: what an operator is asked to do is needed too.</summary>
    [TestCase(false, true, "are acknowledged, and no line has both", TestName = "The old primary was not made sure to be gone")]
    [TestCase(false, false, "is promoted without record", TestName = "Nobody asked which standby has most")]
    public void An_operator_who_does_not_keep_to_the_guide_loses_data(bool fences, bool asks, string violation)
    {
        Found found = Search(new() { Names = "ANY 1 ({partner}, w)", OperatorFences = fences, OperatorAsksAll = asks, LosesNothing = true, Bounds = new Bounds(Writes: 2, Promotions: 1, Crashes: 0, Cuts: 0, Rejoins: 1) });
        Assert.That(found.Violation, Does.Contain(violation), found.ToString());
    }

    /// <summary>Known, and not closed (docs/model.md): a stream begins at the start of a segment, so a node that ends there compares nothing.</summary>
    [Test]
    public void Two_lines_whose_records_end_at_the_same_segment_boundary_are_merged()
    {
        Found found = Search(new() { Bounds = SplitTwice with { SegmentRecords = 2 } });
        Assert.That(found.Violation, Does.Contain("invariant 7: two lines are merged on w"), found.ToString());
    }

    private static TestCaseData Case(Rule without, Setup setup, string violation) =>
        new TestCaseData(setup with { Without = without }, violation).SetName($"Without_a_rule_an_invariant_breaks({without})");

    private static Found Search(Setup setup, int limit = 1_000_000)
    {
        Found found = new Explorer<World>(new Cluster(setup)).Search(limit);
        TestContext.Out.WriteLine(found);
        return found;
    }
}
