using Pgrepl.Shared.Ipc;
using Pgrepl.Wal;
using Pgrepl.WalSender.Replication;

namespace Pgrepl.WalSender.Tests.Replication;

public sealed class LagTrackerTests
{
    private LagTracker _lag = null!;

    [SetUp]
    public void Begin() => _lag = new LagTracker();

    [Test]
    public void Lag_is_the_time_since_the_local_flush_of_what_is_reached()
    {
        _lag.Flushed(new Lsn(100), 1000);
        _lag.Flushed(new Lsn(200), 2000);
        Assert.That(_lag.Reached(SyncWaitMode.Flush, new Lsn(100), 2500), Is.EqualTo(1500));
        Assert.That(_lag.Reached(SyncWaitMode.Flush, new Lsn(200), 2600), Is.EqualTo(600));
        Assert.That(_lag.Reached(SyncWaitMode.Write, new Lsn(200), 2700), Is.EqualTo(700), "each position has a reader of its own");
    }

    [Test]
    public void Nothing_new_says_nothing()
    {
        Assert.That(_lag.Reached(SyncWaitMode.Write, new Lsn(1), 5), Is.EqualTo(LagTracker.Unknown));
        _lag.Flushed(new Lsn(100), 1000);
        _lag.Reached(SyncWaitMode.Write, new Lsn(100), 1100);
        Assert.That(_lag.Reached(SyncWaitMode.Write, new Lsn(100), 9000), Is.EqualTo(LagTracker.Unknown));
    }

    [Test]
    public void A_stuck_position_shows_growing_lag()
    {
        _lag.Flushed(new Lsn(100), 1000);
        _lag.Flushed(new Lsn(200), 2000);
        _lag.Reached(SyncWaitMode.Apply, new Lsn(100), 2100);
        Assert.That(_lag.Reached(SyncWaitMode.Apply, new Lsn(150), 3000), Is.EqualTo(1500), "half way between 1000 and 2000");
        Assert.That(_lag.Reached(SyncWaitMode.Apply, new Lsn(150), 4000), Is.EqualTo(2500));
    }

    [Test]
    public void What_a_silent_peer_lacks_has_been_here_since_it_was_flushed()
    {
        Assert.That(_lag.OutstandingSince(SyncWaitMode.Apply), Is.Zero);
        _lag.Flushed(new Lsn(100), 1000);
        _lag.Flushed(new Lsn(200), 2000);
        Assert.That(_lag.OutstandingSince(SyncWaitMode.Apply), Is.EqualTo(1000));
        _lag.Reached(SyncWaitMode.Apply, new Lsn(100), 2100);
        Assert.That(_lag.OutstandingSince(SyncWaitMode.Apply), Is.EqualTo(2000));
        _lag.Reached(SyncWaitMode.Apply, new Lsn(200), 2200);
        Assert.That(_lag.OutstandingSince(SyncWaitMode.Apply), Is.Zero);
        Assert.That(_lag.OutstandingSince(SyncWaitMode.Write), Is.EqualTo(1000), "each position has a reader of its own");
    }

    [Test]
    public void A_slow_reader_does_not_stop_the_others()
    {
        for (uint i = 1; i <= 3 * LagTracker.Capacity; i++)
            _lag.Flushed(new Lsn(i), i);
        Assert.That(_lag.Reached(SyncWaitMode.Write, new Lsn(3 * LagTracker.Capacity), 3 * LagTracker.Capacity + 7), Is.EqualTo(7));
    }
}
