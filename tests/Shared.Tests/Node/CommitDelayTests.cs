using Pgrepl.Shared.Node;

namespace Pgrepl.Shared.Tests.Node;

/// <summary>When a flush waits for company, how long, and when it leaves that.</summary>
public sealed class CommitDelayTests
{
    private const int Anyway = 32;

    private readonly Clock _clock = new();
    private CommitDelay _delay = null!;

    [SetUp]
    public void MakeOne()
    {
        _clock.Step = 1;
        _delay = new CommitDelay(_clock);
    }

    [TestCase(0, 0), TestCase(3, 0), TestCase(80, 20), TestCase(400, 100), TestCase(8000, 100)]
    public void It_lasts_a_quarter_of_the_last_fdatasync_and_100_microseconds_at_most(int lastSync, int length)
    {
        long began = _clock.Now;
        Assert.That(_delay.Wait(lastSync), Is.EqualTo(length > 0));
        Assert.That(_clock.Now - began, Is.InRange(length, length == 0 ? 0 : length + 1));
    }

    [Test]
    public void Where_nobody_comes_only_a_wait_now_and_then_looks_whether_that_is_still_so()
    {
        int waits = Waits(Anyway * 20, othersCome: false);
        Assert.That(waits, Is.InRange(20, 8 + 20));
        Assert.That(Waits(Anyway * 2, othersCome: true), Is.GreaterThan(Anyway), "the next that looks finds somebody");
    }

    [Test]
    public void Where_somebody_comes_at_every_third_time_it_goes_on()
    {
        for (int i = 0; i < 200; i++)
        {
            Assert.That(_delay.Wait(400), $"wait {i}");
            _delay.Ended(othersCame: i % 3 == 2);
        }
    }

    [Test]
    public void A_processor_that_comes_back_late_ends_it_and_the_next_ones()
    {
        _clock.Step = 101;
        long began = _clock.Now;
        Assert.That(_delay.Wait(4000), Is.False);
        Assert.That(_clock.Now - began, Is.EqualTo(2 * 101), "one look");
        _clock.Step = 1;
        Assert.That(Waits(Anyway - 1, othersCome: true), Is.Zero);
    }

    private int Waits(int flushes, bool othersCome)
    {
        int waits = 0;
        for (int i = 0; i < flushes; i++)
        {
            if (!_delay.Wait(400))
                continue;
            waits++;
            _delay.Ended(othersCome);
        }
        return waits;
    }

    /// <summary>Microseconds; each look takes a step.</summary>
    private sealed class Clock : TimeProvider
    {
        public long Step { get; set; }
        public long Now { get; private set; }
        public override long TimestampFrequency => 1_000_000;
        public override long GetTimestamp() => Now += Step;
    }
}
