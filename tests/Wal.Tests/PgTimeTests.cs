namespace Pgrepl.Wal.Tests;

public sealed class PgTimeTests
{
    [Test]
    public void Epoch_is_the_year_2000()
    {
        var epoch = new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        Assert.That(PgTime.FromUtc(epoch), Is.Zero);
        Assert.That(PgTime.ToUtc(0), Is.EqualTo(epoch));
        Assert.That(PgTime.ToUtc(0).Kind, Is.EqualTo(DateTimeKind.Utc));
        Assert.That(PgTime.FromUnixMicroseconds(946_684_800_000_001), Is.EqualTo(1));
        Assert.That(PgTime.ToUnixMicroseconds(1), Is.EqualTo(946_684_800_000_001));
        Assert.That(PgTime.ToUtc(PgTime.Now()), Is.EqualTo(DateTime.UtcNow).Within(TimeSpan.FromMinutes(1)));
    }

    [Test]
    public void Values_from_a_broken_disk_are_clamped()
    {
        Assert.That(PgTime.ToUtc(PgTime.Infinity), Is.EqualTo(DateTime.MaxValue));
        Assert.That(PgTime.ToUtc(PgTime.NegativeInfinity), Is.EqualTo(DateTime.MinValue));
        long last = PgTime.FromUtc(DateTime.MaxValue);
        Assert.That(() => PgTime.ToUtc(last + 1), Throws.Nothing);
        Assert.That(PgTime.FromUtc(PgTime.ToUtc(last)), Is.EqualTo(last));
        long first = PgTime.FromUtc(DateTime.MinValue);
        Assert.That(PgTime.ToUtc(first), Is.EqualTo(DateTime.MinValue));
    }
}
