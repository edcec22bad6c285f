using Pgrepl.Shared.Storage;

namespace Pgrepl.Shared.Tests.Storage;

public sealed class ReceivedTimesTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private static long Minutes(double count) => (long)TimeSpan.FromMinutes(count).TotalMilliseconds;

    [Test]
    public void A_segment_is_old_when_the_relay_has_run_for_so_long_since_it_was_complete()
    {
        ReceivedTimes times = new();
        Assert.That(times.FirstWithin(Hour), Is.Zero, "nothing is known");
        times.Note(10, Hour); // whatever is here counts as received now
        times.Clock = Minutes(20);
        times.Note(12, Hour);
        times.Clock = Minutes(59);
        Assert.That(times.FirstWithin(Hour), Is.Zero);
        times.Clock = Minutes(60);
        Assert.That(times.FirstWithin(Hour), Is.EqualTo(10UL));
        times.Clock = Minutes(79);
        Assert.That(times.FirstWithin(Hour), Is.EqualTo(10UL), "of 10 and 11 the last byte may have come after 20 minutes");
        times.Clock = Minutes(80);
        Assert.That(times.FirstWithin(Hour), Is.EqualTo(12UL));
        times.Clock = Minutes(100_000);
        Assert.That(times.FirstWithin(Hour), Is.EqualTo(12UL), "12 is being received, however slowly");
    }

    [Test]
    public void Times_are_noted_in_steps_and_never_count_a_segment_as_older_than_it_is()
    {
        ReceivedTimes times = new();
        int noted = 0;
        for (ulong segment = 0; segment < 100_000; segment++)
        {
            times.Clock = (long)segment * 1000; // one a second
            noted += times.Note(segment, Hour) ? 1 : 0;
            ulong first = times.FirstWithin(Hour);
            Assert.That(first, Is.LessThanOrEqualTo(segment > 3600 ? segment - 3600 : 0));
            if (segment > 4000)
                Assert.That(first, Is.GreaterThan(segment - 3600 - 20), "a step is 14 seconds");
        }
        Assert.That(noted, Is.LessThan(100_000 / 14 + 2));
        Assert.That(times.ToBytes(), Has.Length.LessThan(24 + 16 * 300));
    }

    [Test]
    public void The_file_gives_back_what_was_known()
    {
        ReceivedTimes times = new() { Clock = 5 };
        times.Note(0x0102030405060708, Hour);
        times.Clock = Minutes(30);
        times.Note(0x0102030405060709, Hour);
        byte[] bytes = times.ToBytes();
        Assert.That(Convert.ToHexString(bytes[..4]) + Convert.ToHexString(bytes[8..40]),
            Is.EqualTo("50524356" + "01000000" + "02000000" + "40771B0000000000" + "0500000000000000" + "0807060504030201"));
        ReceivedTimes back = ReceivedTimes.TryParse(bytes)!;
        Assert.That(back.ToBytes(), Is.EqualTo(bytes));
        back.Clock += Minutes(31);
        Assert.That(back.FirstWithin(Hour), Is.EqualTo(0x0102030405060708UL));
    }

    [Test]
    public void A_damaged_file_says_nothing()
    {
        ReceivedTimes times = new();
        times.Note(7, Hour);
        byte[] bytes = times.ToBytes();
        Assert.Multiple(() =>
        {
            for (int length = 0; length < bytes.Length; length++)
                Assert.That(ReceivedTimes.TryParse(bytes.AsSpan(0, length)), Is.Null, $"{length} bytes");
            for (int at = 0; at < bytes.Length; at++)
            {
                byte[] damaged = [.. bytes];
                damaged[at] ^= 0x40;
                Assert.That(ReceivedTimes.TryParse(damaged), Is.Null, $"byte {at}");
            }
        });
    }
}
