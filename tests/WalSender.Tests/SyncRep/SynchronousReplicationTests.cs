using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Processes;
using Pgrepl.Tests;
using Pgrepl.Wal;
using Pgrepl.WalSender.SyncRep;
using Pgrepl.WalSender.Tests.Replication;

namespace Pgrepl.WalSender.Tests.SyncRep;

/// <summary>Waiters and a standby's walsender on threads, over one segment.</summary>
[CancelAfter(60_000)]
public sealed class SynchronousReplicationTests
{
    private TestNode _node = null!;
    private TestWal _wal = null!;

    [SetUp]
    public void MakePrimary()
    {
        _node = new TestNode { Settings = SettingValues.Defaults.With("synchronous_standby_names", "b", SettingSource.ConfigurationFile) };
        _node.Segment.Wal.SyncStandbysDefined.Value = 1;
        _wal = TestWal.Random(new Random(1), 30, 500);
        _node.BecomePrimary(_wal);
    }

    [TearDown]
    public void Remove() => _node.Dispose();

    [Test]
    public void A_commit_waits_until_its_standby_has_flushed_it()
    {
        ChildProcess waiter = _node.NewProcess();
        using StreamClient standby = new(_node, "b");
        standby.Stream(TestWal.Start, 1);
        standby.ReceiveWalUpTo(_wal.End);
        _node.WaitUntil(() => _node.Senders[1].Slot.SenderState.Value == (int)WalSenderState.Streaming, "streaming");
        Task<WaitOutcome> commit = Wait(waiter, SyncWaitMode.Flush);
        standby.Reply(_wal.End, _wal.Records[^2].End, Lsn.Invalid);
        _node.WaitUntil(() => _node.Segment.Wal.SyncLsn[(int)SyncWaitMode.Write].Value == _wal.End, "granted write");
        Assert.That(commit.IsCompleted, Is.False, "written is not flushed");
        Assert.That(SyncState.Of(_node.Segment, SynchronousStandbyNames.Parse("b"), _node.Senders[1].Slot), Is.EqualTo((1, "sync")));
        standby.Reply(_wal.End, _wal.End, Lsn.Invalid);
        Assert.That(commit.Wait(20_000), Is.True);
        Assert.That(commit.Result, Is.EqualTo(WaitOutcome.Granted));
        Assert.That(waiter.Slot.WaitSync.Value, Is.EqualTo(Lsn.Invalid));
    }

    [Test]
    public void Another_standby_grants_nothing()
    {
        ChildProcess waiter = _node.NewProcess();
        using StreamClient standby = new(_node, "c");
        standby.Stream(TestWal.Start, 1);
        standby.ReceiveWalUpTo(_wal.End);
        standby.Reply(_wal.End, _wal.End, _wal.End);
        ProcessSlot slot = _node.Senders[1].Slot;
        _node.WaitUntil(() => slot.PeerApplied.Value == _wal.End, "the reply");
        Assert.That(SyncState.Of(_node.Segment, SynchronousStandbyNames.Parse("b"), slot), Is.EqualTo((0, "async")));
        Task<WaitOutcome> commit = Wait(waiter, SyncWaitMode.Write);
        waiter.Loop.CancelRequested = true;
        _node.WakeAll();
        Assert.That(commit.Wait(20_000), Is.True);
        Assert.That(commit.Result, Is.EqualTo(WaitOutcome.Canceled));
        Assert.That(SynchronousReplication.WarningOf(commit.Result)!.Message, Is.EqualTo("canceling wait for synchronous replication due to user request"));
    }

    [Test]
    public void Termination_and_an_emptied_rule_end_the_wait()
    {
        ChildProcess terminated = _node.NewProcess(), released = _node.NewProcess();
        Task<WaitOutcome> first = Wait(terminated, SyncWaitMode.Apply), second = Wait(released, SyncWaitMode.Flush);
        terminated.Loop.ShutdownRequested = true;
        _node.WakeAll();
        Assert.That(first.Wait(20_000), Is.True);
        Assert.That(first.Result, Is.EqualTo(WaitOutcome.Terminated));
        Assert.That(second.IsCompleted, Is.False);
        _node.Segment.Wal.SyncStandbysDefined.Value = 0;
        _node.WakeAll();
        Assert.That(second.Wait(20_000), Is.True);
        Assert.That(second.Result, Is.EqualTo(WaitOutcome.Granted));
    }

    [TestCase("on", SyncWaitMode.Flush)]
    [TestCase("remote_write", SyncWaitMode.Write)]
    [TestCase("remote_apply", SyncWaitMode.Apply)]
    [TestCase("local", SyncWaitMode.None)]
    [TestCase("off", SyncWaitMode.None)]
    public void Modes(string setting, SyncWaitMode mode) => Assert.That(SynchronousReplication.ModeOf(setting), Is.EqualTo(mode));

    private Task<WaitOutcome> Wait(ChildProcess waiter, SyncWaitMode mode)
    {
        Task<WaitOutcome> wait = Task.Factory.StartNew(() => SynchronousReplication.Wait(waiter, _wal.End, mode),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _node.WaitUntil(() => waiter.Slot.WaitSync.Value == _wal.End || wait.IsCompleted, "waiting");
        return wait;
    }
}
