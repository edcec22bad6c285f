using System.Text;

namespace Pgrepl.Wal.Tests;

public sealed class TimelineHistoryTests
{
    [Test]
    public void Text_is_what_postgres_writes()
    {
        byte[] second = TimelineHistory.Append(default, new TimelineId(1), new Lsn(0x3000148), "no recovery target specified");
        Assert.That(Encoding.UTF8.GetString(second), Is.EqualTo("1\t0/3000148\tno recovery target specified\n"));
        byte[] third = TimelineHistory.Append(second, new TimelineId(2), new Lsn(0x1_0500_0000), "before transaction 1234");
        Assert.That(Encoding.UTF8.GetString(third), Is.EqualTo("1\t0/3000148\tno recovery target specified\n\n2\t1/5000000\tbefore transaction 1234\n"));
        Assert.That(TimelineHistory.FileName(new TimelineId(0x1A)), Is.EqualTo("0000001A.history"));
    }

    [Test]
    public void Entries_are_newest_first_and_cover_everything()
    {
        TimelineHistory history = TimelineHistory.Parse(new TimelineId(5), "# a comment\n1\t0/3000148\tx\n\n  2 0/3000148\n\t4\t1/5000000\tbefore \"x\"\n"u8);
        Assert.That(history.Target, Is.EqualTo(new TimelineId(5)));
        Assert.That(history.Entries, Is.EqualTo(new TimelineHistory.Entry[]
        {
            new(new TimelineId(5), new Lsn(0x105000000), Lsn.Invalid),
            new(new TimelineId(4), new Lsn(0x3000148), new Lsn(0x105000000)),
            new(new TimelineId(2), new Lsn(0x3000148), new Lsn(0x3000148)),
            new(new TimelineId(1), Lsn.Invalid, new Lsn(0x3000148)),
        }));
        Assert.That(history.Contains(new TimelineId(4)));
        Assert.That(history.Contains(new TimelineId(3)), Is.False);
        Assert.That(history.TimelineOf(new Lsn(1)), Is.EqualTo(new TimelineId(1)));
        Assert.That(history.TimelineOf(new Lsn(0x3000147)), Is.EqualTo(new TimelineId(1)));
        Assert.That(history.TimelineOf(new Lsn(0x3000148)), Is.EqualTo(new TimelineId(4)));
        Assert.That(history.TimelineOf(new Lsn(0x105000000)), Is.EqualTo(new TimelineId(5)));
        Assert.That(history.SwitchPoint(new TimelineId(1), out TimelineId next), Is.EqualTo(new Lsn(0x3000148)));
        Assert.That(next, Is.EqualTo(new TimelineId(2)));
        Assert.That(history.SwitchPoint(new TimelineId(5), out next), Is.EqualTo(Lsn.Invalid));
        Assert.That(next.IsValid, Is.False);
        Assert.That(() => history.SwitchPoint(new TimelineId(3), out _), Throws.TypeOf<KeyNotFoundException>()
            .With.Message.EqualTo("requested timeline 3 is not in this server's history"));
    }

    [Test]
    public void A_timeline_without_a_file_has_no_ancestors()
    {
        foreach (TimelineHistory history in new[] { TimelineHistory.Single(new TimelineId(7)), TimelineHistory.Parse(new TimelineId(7), default) })
        {
            Assert.That(history.Entries, Has.Count.EqualTo(1));
            Assert.That(history.TimelineOf(new Lsn(1)), Is.EqualTo(new TimelineId(7)));
        }
    }

    [TestCase("x\t0/1\n", "syntax error in history file: x\t0/1\n", "Expected a numeric timeline ID.")]
    [TestCase("99999999999\t0/1\n", "syntax error in history file: 99999999999\t0/1\n", "Expected a numeric timeline ID.")]
    [TestCase("1\n", "syntax error in history file: 1\n", "Expected a write-ahead log switchpoint location.")]
    [TestCase("1\t0/\n", "syntax error in history file: 1\t0/\n", "Expected a write-ahead log switchpoint location.")]
    [TestCase("1\t0 /1", "syntax error in history file: 1\t0 /1", "Expected a write-ahead log switchpoint location.")]
    [TestCase("2\t0/1\n2\t0/2\n", "invalid data in history file: 2\t0/2\n", "Timeline IDs must be in increasing sequence.")]
    [TestCase("3\t0/1\n", "invalid data in history file \"pg_wal/00000003.history\"", "Timeline IDs must be less than child timeline's ID.")]
    public void Bad_text_is_refused_in_postgres_words(string text, string message, string hint)
    {
        TimelineHistoryException error = Assert.Throws<TimelineHistoryException>(() => TimelineHistory.Parse(new TimelineId(3), Encoding.UTF8.GetBytes(text)));
        Assert.That((error.Message, error.Hint), Is.EqualTo((message, hint)));
    }

    [Test]
    public void Random_bytes_never_crash_the_parser()
    {
        Random random = Seed.New();
        byte[] alphabet = "0123456789ABCDEFabcdefx/\t\n #+-\0\xff"u8.ToArray();
        for (int round = 0; round < 20_000; round++)
        {
            byte[] text = random.GetItems(alphabet, random.Next(30));
            try
            {
                TimelineHistory history = TimelineHistory.Parse(new TimelineId(uint.MaxValue), text);
                Assert.That(() => history.TimelineOf(new Lsn((ulong)random.NextInt64())), Throws.Nothing);
            }
            catch (TimelineHistoryException)
            {
            }
        }
    }
}
