using System.Text;
using Pgrepl.Startup.Recovery;
using Pgrepl.Wal;

namespace Pgrepl.Startup.Tests;

/// <summary>Who may start as a primary, and who not: histories are "timeline fork;..." and the newest timeline.</summary>
public sealed class PeerVerdictTests
{
    [TestCase(1, "", 1, "", false, null, TestName = "A standby of ours says nothing against us")]
    [TestCase(2, "1 0/300", 1, "", false, null, TestName = "A standby that has not followed our promotion yet says nothing against us")]
    [TestCase(2, "1 0/300", 1, "", true, null, TestName = "The old primary says nothing against its successor")]
    [TestCase(1, "", 2, "1 0/300", true, "timeline 2 forked from this server's timeline 1 at 0/300, on b", TestName = "The old primary is refused")]
    [TestCase(1, "", 2, "1 0/300", false, "timeline 2 forked from this server's timeline 1 at 0/300, on b", TestName = "A standby of the new primary is witness enough")]
    [TestCase(1, "", 3, "1 0/300;2 0/500", false, "timeline 3 forked from this server's timeline 1 at 0/300, on b", TestName = "Two promotions later it is still refused")]
    [TestCase(1, "", 1, "", true, "b is a primary on this server's timeline 1", TestName = "A second primary on one timeline is refused")]
    [TestCase(2, "1 0/300", 2, "1 0/300", true, "b is a primary on this server's timeline 2", TestName = "Two standbys promoted at the same place: the second is refused")]
    [TestCase(2, "1 0/300", 2, "1 0/400", true, "timeline 2 of b and this server's timeline 2 are of different promotions", TestName = "Two standbys promoted at different places")]
    [TestCase(2, "1 0/300", 2, "1 0/400", false, "timeline 2 of b and this server's timeline 2 are of different promotions", TestName = "A standby of the other one tells too")]
    [TestCase(3, "1 0/300", 2, "1 0/400", true, "timeline 2 of b and this server's timeline 3 are of different promotions", TestName = "The one that took the higher number is refused too")]
    [TestCase(2, "1 0/300", 3, "1 0/300", true, "timeline 3 of b and this server's timeline 2 are of different promotions", TestName = "Promoted twice at one place, with different numbers")]
    [TestCase(3, "2 0/300", 1, "", false, "timeline 1 of b and this server's timeline 3 are of different promotions", TestName = "Nothing in common")]
    public void A_node_may_be_a_primary_only_if_no_other_line_exists(int ourTimeline, string ours, int theirTimeline, string theirs, bool isPrimary, string? why)
    {
        var peer = new PeerAnswer("b", 1, History(theirTimeline, theirs), default, isPrimary);
        Assert.That(PeerVerdict.WhyNotPrimary(History(ourTimeline, ours), peer, "/d")?.Message, Is.EqualTo(why));
    }

    [TestCase(2, "1 0/300", 1, "", true, "1 0/300")]
    [TestCase(2, "1 0/300", 1, "", false, null)]
    [TestCase(2, "1 0/300", 2, "1 0/300", false, null)]
    public void A_primary_that_was_left_behind_is_named(int ourTimeline, string ours, int theirTimeline, string theirs, bool isPrimary, string? left)
    {
        TimelineFork? fork = PeerVerdict.LeftBehind(History(ourTimeline, ours), new PeerAnswer("b", 1, History(theirTimeline, theirs), default, isPrimary));
        Assert.That(fork is { } f ? $"{f.Timeline} {f.Position}" : null, Is.EqualTo(left));
    }

    [Test]
    public void A_promotion_takes_a_timeline_that_no_peer_knows_of_and_the_histories_that_it_lacks()
    {
        byte[] second = [2], third = [3];
        PeerAnswer[] peers =
        [
            new("b", 1, History(1, ""), default, IsPrimary: false),
            new("w", 1, History(1, ""), default, IsPrimary: false) { Files = new Dictionary<TimelineId, byte[]> { [new(2)] = second, [new(3)] = third } },
        ];
        Assert.That(PeerVerdict.TimelineAfter(new TimelineId(1), peers), Is.EqualTo(new TimelineId(4)), "w is on timeline 1, and knows of 3");
        Assert.That(PeerVerdict.TimelineAfter(new TimelineId(7), peers), Is.EqualTo(new TimelineId(8)));
        Assert.That(PeerVerdict.TimelineAfter(new TimelineId(1), []), Is.EqualTo(new TimelineId(2)));
        Assert.That(PeerVerdict.HistoryOf(new TimelineId(2), peers), Is.SameAs(second));
        Assert.That(PeerVerdict.HistoryOf(new TimelineId(4), peers), Is.Null);
    }

    private static TimelineHistory History(int timeline, string parents) =>
        TimelineHistory.Parse(new TimelineId((uint)timeline), Encoding.UTF8.GetBytes(string.Concat(parents.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Replace(' ', '\t') + "\tno recovery target specified\n"))));
}
