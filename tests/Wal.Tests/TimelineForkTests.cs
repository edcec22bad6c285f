using System.Text;

namespace Pgrepl.Wal.Tests;

public sealed class TimelineForkTests
{
    [TestCase(1, "", 1, "", 1, "FFFFFFFF/FFFFFFFF", TestName = "The_same_timeline_has_no_fork")]
    [TestCase(1, "", 2, "1 0/300", 1, "0/300", TestName = "The_upstream_was_promoted")]
    [TestCase(2, "1 0/300", 1, "", 1, "0/300", TestName = "We_were_promoted")]
    [TestCase(3, "1 0/500", 2, "1 0/300", 1, "0/300", TestName = "Both_were_promoted_they_earlier")]
    [TestCase(3, "1 0/200", 2, "1 0/300", 1, "0/200", TestName = "Both_were_promoted_we_earlier")]
    [TestCase(2, "1 0/200", 2, "1 0/300", 1, "0/200", TestName = "Both_took_the_same_number_at_different_places")]
    [TestCase(2, "1 0/200", 3, "1 0/200;2 0/400", 2, "0/400", TestName = "The_upstream_was_promoted_again")]
    [TestCase(4, "1 0/200;2 0/500", 3, "1 0/200;2 0/400", 2, "0/400", TestName = "The_fork_is_on_the_second_timeline")]
    public void Finds_where_histories_part(int ourTarget, string ours, int theirTarget, string theirs, int timeline, string position)
    {
        TimelineFork? fork = TimelineFork.Find(History(ourTarget, ours), History(theirTarget, theirs));
        Assert.That(fork, Is.EqualTo(new TimelineFork(new TimelineId((uint)timeline), Lsn.Parse(position))));
    }

    [Test]
    public void Histories_of_different_beginnings_have_none() =>
        Assert.That(TimelineFork.Find(History(3, "2 0/300"), History(2, "1 0/300")), Is.Null);

    private static TimelineHistory History(int target, string lines) =>
        TimelineHistory.Parse(new TimelineId((uint)target), Encoding.ASCII.GetBytes(string.Concat(lines.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Replace(' ', '\t') + "\ttest\n"))));
}
