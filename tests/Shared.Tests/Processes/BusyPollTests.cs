using Pgrepl.Shared.Processes;

namespace Pgrepl.Shared.Tests.Processes;

/// <summary>When a wait looks before it sleeps, and when it gives up.</summary>
public sealed class BusyPollTests
{
    private const int Window = 1000;

    private readonly Clock _clock = new();
    private BusyPoll _poll = null!;
    private int _looks;

    [SetUp]
    public void MakeOne()
    {
        _poll = new BusyPoll(_clock) { Window = Window };
        _looks = 0;
    }

    [Test]
    public void It_looks_only_behind_a_wait_that_was_short()
    {
        Assert.That(LooksOfOneWait(), Is.Zero, "the first sleeps");
        Assert.That(LooksOfOneWait(lasts: Window), Is.Positive);
        Assert.That(LooksOfOneWait(), Is.Zero, "the one before took as long as the window");
        Assert.That(LooksOfOneWait(timedOut: true), Is.Positive);
        Assert.That(LooksOfOneWait(), Is.Zero, "the one before found nothing");
    }

    [Test]
    public void It_looks_until_it_finds_or_the_window_ends()
    {
        LooksOfOneWait();
        Assert.That(LooksOfOneWait(findsAtLook: 3), Is.EqualTo(3));
        Assert.That(LooksOfOneWait(), Is.InRange(Window / 2, Window + 1), "the clock goes on by one to two microseconds a look");
    }

    [Test]
    public void Without_a_window_it_never_looks()
    {
        LooksOfOneWait();
        _poll.Window = 0;
        Assert.That(LooksOfOneWait(), Is.Zero);
        _poll.Window = Window;
        Assert.That(LooksOfOneWait(), Is.Zero, "it knows nothing of the waits meanwhile");
        Assert.That(LooksOfOneWait(), Is.Positive);
    }

    [Test]
    public void A_processor_that_comes_back_late_is_left_to_others_ever_longer()
    {
        LooksOfOneWait();
        foreach (int leftOut in (int[])[1, 3, 7, 15])
        {
            Assert.That(LooksOfOneWait(late: true), Is.EqualTo(1));
            for (int i = 0; i < leftOut; i++)
                Assert.That(LooksOfOneWait(), Is.Zero, $"wait {i} of {leftOut}");
        }
        Assert.That(LooksOfOneWait(findsAtLook: 1), Is.EqualTo(1));
        Assert.That(LooksOfOneWait(late: true), Is.EqualTo(1));
        for (int i = 0; i < 15; i++)
            Assert.That(LooksOfOneWait(), Is.Zero, "a look in peace halves it: 15 to 7, then 15 again");
        Assert.That(LooksOfOneWait(findsAtLook: 1), Is.EqualTo(1));
    }

    /// <param name="findsAtLook">0: none of them finds anything.</param>
    /// <param name="lasts">Microseconds behind the last look.</param>
    /// <param name="late">The processor is away after each look.</param>
    private int LooksOfOneWait(int findsAtLook = 0, int lasts = 0, bool late = false, bool timedOut = false)
    {
        int before = _looks;
        _poll.Begin(() =>
        {
            _looks++;
            if (late)
                _clock.Microseconds += 200;
            return _looks - before == findsAtLook;
        });
        _clock.Microseconds += lasts;
        _poll.End(!timedOut);
        return _looks - before;
    }

    /// <summary>Each question takes a microsecond.</summary>
    private sealed class Clock : TimeProvider
    {
        public long Microseconds { get; set; }

        public override long TimestampFrequency => 1_000_000;

        public override long GetTimestamp() => Microseconds++;
    }
}
