using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Tests.Storage;

public sealed class TimelineHistoryFilesTests : WithTestDirectory
{
    [Test]
    public void A_timeline_without_a_file_has_no_ancestors()
    {
        TimelineHistory history = TimelineHistoryFiles.Read(Data, new TimelineId(4));
        Assert.That((history.Entries.Count, history.Target), Is.EqualTo((1, new TimelineId(4))));
        Assert.That(TimelineHistoryFiles.Exists(Data, new TimelineId(4)), Is.False);
    }

    [Test]
    public void A_stored_history_never_changes()
    {
        var two = new TimelineId(2);
        byte[] text = TimelineHistory.Append([], TimelineId.First, new Lsn(0x3000060), "no recovery target specified");
        TimelineHistoryFiles.Store(Data, two, text);
        TimelineHistoryFiles.Store(Data, two, text);
        Assert.Multiple(() =>
        {
            Assert.That(Assert.Throws<PgException>(() => TimelineHistoryFiles.Store(Data, two, "1\t0/1\tx\n"u8))!.SqlState, Is.EqualTo(SqlStates.DuplicateFile));
            Assert.That(TimelineHistoryFiles.ReadText(Data, two), Is.EqualTo(text));
            Assert.That(TimelineHistoryFiles.Read(Data, two).SwitchPoint(TimelineId.First, out _), Is.EqualTo(new Lsn(0x3000060)));
        });
    }

    [Test]
    public void FindNewest_stops_at_the_first_gap()
    {
        foreach (uint id in (uint[])[2, 3, 5])
            TimelineHistoryFiles.Store(Data, new TimelineId(id), "1\t0/1000000\tx\n"u8);
        Assert.That(TimelineHistoryFiles.FindNewest(Data, TimelineId.First), Is.EqualTo(new TimelineId(3)));
        Assert.That(WalDirectory.NewestTimeline(Data), Is.EqualTo(new TimelineId(5)));
    }

    [Test]
    public void A_file_that_is_no_history_is_told_with_PostgreSQLs_hint()
    {
        TimelineHistoryFiles.Store(Data, new TimelineId(2), "one\t0/1\n"u8);
        PgException e = Assert.Throws<PgException>(() => TimelineHistoryFiles.Read(Data, new TimelineId(2)))!;
        Assert.That((e.Message, e.Hint), Is.EqualTo(("syntax error in history file: one\t0/1", "Expected a numeric timeline ID.")));
    }
}
