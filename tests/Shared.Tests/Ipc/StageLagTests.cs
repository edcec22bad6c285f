using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Tests.Ipc;

/// <summary>How late a stage is: nothing while it has everything, more and more while it stands still.</summary>
public sealed class StageLagTests
{
    private SharedSegment _segment = null!;
    private StageLag _lag = null!;

    [SetUp]
    public void Make()
    {
        _segment = SharedSegment.Create(processSlots: 4, walBufferPages: 8, generation: 1);
        _lag = _segment.Statistics.Replay;
    }

    [TearDown]
    public void Close() => Descriptors.Close(_segment.Memory.Descriptor);

    [Test]
    public void A_pause_counts_for_nothing()
    {
        _lag.Moved(new Lsn(100), new Lsn(100));
        Pause(50);
        long before = MonotonicTime.Microseconds;
        _lag.Moved(new Lsn(200), new Lsn(100));
        long lag = _lag.Microseconds(new Lsn(200), new Lsn(100));
        Assert.That(lag, Is.LessThanOrEqualTo(MonotonicTime.Microseconds - before), "from when the leader went ahead");
        Assert.That(_lag.Microseconds(new Lsn(200), new Lsn(200)), Is.Zero);
    }

    [Test]
    public void A_follower_that_stands_still_is_later_and_later()
    {
        _lag.Moved(new Lsn(200), new Lsn(100));
        Pause(20);
        long first = _lag.Microseconds(new Lsn(200), new Lsn(100));
        Assert.That(first, Is.GreaterThanOrEqualTo(20_000));
        _lag.Moved(new Lsn(900), new Lsn(100)); // the leader goes on: the mark stays where the follower stands
        Pause(20);
        Assert.That(_lag.Microseconds(new Lsn(900), new Lsn(100)), Is.GreaterThanOrEqualTo(first + 20_000));
    }

    [Test]
    public void A_follower_that_keeps_a_distance_is_as_late_as_its_last_mark_took_and_grows_again_when_it_stops()
    {
        _lag.Moved(new Lsn(200), new Lsn(100));
        Pause(30);
        _lag.Moved(new Lsn(300), new Lsn(200)); // reached the mark, and is behind again
        Assert.That(_lag.Microseconds(new Lsn(300), new Lsn(200)), Is.GreaterThanOrEqualTo(30_000), "not 0 between two marks");
        Pause(60);
        Assert.That(_lag.Microseconds(new Lsn(300), new Lsn(200)), Is.GreaterThanOrEqualTo(60_000));
        _lag.Moved(new Lsn(300), new Lsn(300));
        long before = MonotonicTime.Microseconds;
        _lag.Moved(new Lsn(400), new Lsn(300));
        long lag = _lag.Microseconds(new Lsn(400), new Lsn(300));
        Assert.That(lag, Is.LessThanOrEqualTo(MonotonicTime.Microseconds - before), "it had everything: what was measured before is over");
    }

    [Test]
    public void A_leader_that_moved_while_the_mark_came_down_is_seen()
    {
        _lag.Moved(new Lsn(200), new Lsn(100));
        _segment.Receiver.Validated.Value = new Lsn(300); // its owner saw the mark still up and said nothing
        _lag.Moved(_segment.Receiver.Validated, new Lsn(200));
        Assert.That(_lag.IsMarked);
        Pause(20);
        Assert.That(_lag.Microseconds(new Lsn(300), new Lsn(200)), Is.GreaterThanOrEqualTo(20_000));
    }

    private static void Pause(int milliseconds)
    {
        long until = MonotonicTime.Microseconds + milliseconds * 1000L;
        SpinWait.SpinUntil(() => MonotonicTime.Microseconds >= until);
    }
}
