using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.WalWriter.Tests;

public sealed class CheckpointTests
{
    private readonly WalRecordBuilder _builder = new();
    private TestNode _node = null!;
    private WalFlusher _flusher = null!;
    private WalInserter _session = null!;
    private Checkpointer _checkpointer = null!;
    private SegmentSupply _supply = null!;

    [SetUp]
    public void Start()
    {
        _node = new TestNode(64, 4);
        _node.StartUp(nextXid: 100);
        _flusher = _node.Flusher();
        _supply = _node.Supply();
        _session = _node.Inserter(0);
        ProcessSlot self = _node.Segment.Slots[SharedSegment.SlotOf(ProcessKind.WalWriter)];
        _checkpointer = new Checkpointer(_node.Segment, _node.Data, _node.Log, new WalInserter(_node.Segment, self, new WalWriterWaits(_flusher)), _flusher.FlushUpTo, _node.Kept(), removed: _ => { });
        _supply.Ensure(wait: true);
    }

    [TearDown]
    public void Stop()
    {
        _flusher.Dispose();
        _supply.Dispose();
        _node.Dispose();
    }

    [Test]
    public void An_online_checkpoint_is_in_wal_and_in_pg_control()
    {
        Assert.That(_checkpointer.IsIdle);
        Lsn last = Fill(10_000);
        Assert.That(_checkpointer.IsIdle, Is.False);
        ulong xid = _session.AssignXid();
        _session.AssignXid();
        _node.Segment.Slots[SharedSegment.FirstWalSenderSlot].BackendXid.Value = (long)xid;
        _checkpointer.Write(shutdown: false, "time", SettingValues.Defaults, 0);

        ControlFileData control = ControlFile.Read(_node.Data);
        Assert.That(control.State, Is.EqualTo(DatabaseState.InProduction));
        Assert.That(control.Checkpoint.Redo, Is.EqualTo(last).And.EqualTo(control.CheckpointLocation), "nobody inserted meanwhile");
        Assert.That((control.Checkpoint.NextXid, control.Checkpoint.OldestXid, control.Checkpoint.OldestActiveXid), Is.EqualTo((102UL, 100U, 100U)));
        Assert.That(_node.ReadAll()[^1].Start, Is.EqualTo(control.CheckpointLocation));
        Assert.That(_node.Wal.Flushed.Value, Is.EqualTo(_node.ReadAll()[^1].End));
        Assert.That(_node.Wal.Redo.Value, Is.EqualTo(last));
        Assert.That(_checkpointer.IsIdle);
    }

    [Test]
    public void A_shutdown_checkpoint_is_its_own_redo_point()
    {
        Fill(500);
        _checkpointer.Write(shutdown: true, "shutdown immediate", SettingValues.Defaults, 0);
        ControlFileData control = ControlFile.Read(_node.Data);
        Assert.That(control.State, Is.EqualTo(DatabaseState.ShutDown));
        Assert.That(control.Checkpoint.Redo, Is.EqualTo(control.CheckpointLocation));
        Assert.That(control.Checkpoint.OldestActiveXid, Is.Zero);
    }

    [Test]
    public void Redo_at_a_page_boundary_lies_behind_the_header()
    {
        Lsn insert = _node.Wal.Flushed.Value;
        Assert.That(Fill(WalFormat.PageSize - insert.PageOffset - WalFormat.RecordHeaderSize - 5).PageOffset, Is.Zero);
        _checkpointer.Write(shutdown: true, "shutdown immediate", SettingValues.Defaults, 0);
        ControlFileData control = ControlFile.Read(_node.Data);
        Assert.That(control.Checkpoint.Redo.PageOffset, Is.EqualTo(WalFormat.ShortPageHeaderSize));
        Assert.That(_node.ReadAll()[^1].Start, Is.EqualTo(control.CheckpointLocation));
    }

    [Test]
    public void Old_segments_become_future_ones_or_go()
    {
        SettingValues settings = SettingValues.Defaults.With("min_wal_size", "4MB", SettingSource.CommandLine);
        FillSegments(7); // 1..8 exist, 9 is ready
        _checkpointer.Write(shutdown: false, "wal", settings, 0);
        Lsn redo = ControlFile.Read(_node.Data).Checkpoint.Redo;
        Assert.That(Numbers()[0], Is.EqualTo(redo.Value / TestNode.SegmentSize));
        Assert.That(Numbers(), Has.Count.GreaterThanOrEqualTo(4).And.Count.LessThan(20));
        FillSegments(12); // the recycled ones hold old bytes
        Assert.That(_node.ReadAll(from: redo), Has.Count.GreaterThan(12));
        Assert.That(_node.WaldumpStarts(redo, _node.Wal.Flushed.Value), Is.EqualTo(_node.ReadAll(from: redo).ConvertAll(r => r.Start)));
    }

    [Test]
    public void Wal_keep_size_keeps_segments()
    {
        SettingValues settings = SettingValues.Defaults.With("wal_keep_size", "3MB", SettingSource.CommandLine).With("min_wal_size", "2MB", SettingSource.CommandLine);
        FillSegments(7);
        _checkpointer.Write(shutdown: false, "wal", settings, 0);
        ulong current = ControlFile.Read(_node.Data).Checkpoint.Redo.Value / TestNode.SegmentSize;
        Assert.That(Numbers()[0], Is.EqualTo(current - 3));
    }

    [Test]
    public void A_slot_keeps_wal_from_the_position_on_disk()
    {
        ReplicationSlot slot = MakeSlot("s", _node.Wal.Redo.Value);
        FillSegments(4);
        _checkpointer.Write(shutdown: false, "wal", SettingValues.Defaults, 0);
        Assert.That(Numbers()[0], Is.EqualTo(1UL));
        Lsn confirmed = _node.Wal.Flushed.Value;
        _node.Segment.ReplicationSlots.Confirm(slot, confirmed);
        string state = Path.Combine(_node.Data.ReplicationSlots, "s");
        DurableFile.RenameNew(state, state + ".away");
        FillSegments(2);
        _checkpointer.Write(shutdown: false, "wal", SettingValues.Defaults, 0);
        Assert.That(Numbers()[0], Is.EqualTo(1UL), "the confirmed position could not be saved");
        DurableFile.RenameNew(state + ".away", state);
        _checkpointer.Write(shutdown: false, "wal", SettingValues.Defaults, 0);
        Assert.That(Numbers()[0], Is.EqualTo(confirmed.Value / TestNode.SegmentSize));
        Assert.That(ReplicationSlotFile.Restore(_node.Data, "s", PostgresMajor.LogCluster).RestartLsn, Is.EqualTo(confirmed));
    }

    [Test]
    public void A_slot_beyond_its_limit_loses_its_wal_and_its_user_is_told()
    {
        SettingValues settings = SettingValues.Defaults.With("max_slot_wal_keep_size", "3MB", SettingSource.CommandLine);
        Lsn redo = _node.Wal.Redo.Value;
        ReplicationSlot slot = MakeSlot("s", redo);
        int user = SharedSegment.FirstWalSenderSlot + 2;
        _node.Segment.Slots[user].Pid.Value = 4711;
        _ = _node.Segment.ReplicationSlots.Acquire("s"u8, 4711, out _);
        FillSegments(2);
        _checkpointer.Write(shutdown: false, "wal", settings, 0);
        Assert.That(Numbers()[0], Is.EqualTo(1UL), "within the limit");
        _node.LatchOf(user).Reset();
        FillSegments(4);
        _checkpointer.Write(shutdown: false, "wal", settings, 0);
        Assert.That(Numbers()[0], Is.EqualTo(_node.Wal.Redo.Value.Value / TestNode.SegmentSize), "nothing is kept for it any more");
        Assert.That((slot.EndingPid.Value, _node.LatchOf(user).IsSet), Is.EqualTo((4711, true)));
        Assert.That(ReplicationSlotFile.Restore(_node.Data, "s", PostgresMajor.LogCluster), Is.EqualTo(new ReplicationSlotData("s", 0, ReplicationSlotPersistency.Persistent, Lsn.Invalid, redo)));
    }

    [Test]
    public void A_segment_that_may_be_in_a_socket_is_not_recycled()
    {
        ProcessSlot stream = _node.Segment.Slots[SharedSegment.FirstWalSenderSlot + 1];
        stream.SenderState.Value = (int)WalSenderState.Streaming;
        SettingValues settings = SettingValues.Defaults;
        FillSegments(7);
        List<ulong> before = Numbers();
        _checkpointer.Write(shutdown: false, "wal", settings, 0);
        Assert.That(Numbers(), Is.EqualTo(before.Where(n => n >= ControlFile.Read(_node.Data).Checkpoint.Redo.Value / TestNode.SegmentSize)));
    }

    [Test]
    public void A_checkpoint_fits_when_inserters_find_the_disk_full()
    {
        _node.Wal.DiskFull.Value = 1;
        _session.DiskFullPatience = TimeSpan.Zero;
        Assert.That(() =>
        {
            while (true)
                Fill(3000);
        }, Throws.TypeOf<PgException>().With.Property("SqlState").EqualTo(SqlStates.DiskFull));
        Assert.That(_checkpointer.HasRoom);
        Lsn allocated = _node.Wal.AllocatedUpTo.Value;
        _checkpointer.Write(shutdown: false, "time", SettingValues.Defaults, 0);
        Assert.That(_node.Wal.Flushed.Value, Is.LessThan(allocated));
    }

    [Test]
    public void Checkpoint_distance_follows_max_wal_size()
    {
        Assert.That(OldSegments.CheckpointSegments(1L << 30, 1 << 24), Is.EqualTo(33), "PostgreSQL's default: 64 segments by 1.9");
        Assert.That(OldSegments.CheckpointSegments(1 << 21, 1 << 24), Is.EqualTo(1));
        var old = new OldSegments(_node.Data, 1 << 24, _node.Log);
        Assert.That(old.LastWorthHaving(new Lsn(10UL << 24), 80L << 20, 1L << 30), Is.EqualTo(14), "min_wal_size");
        old.SawCheckpointDistance(1L << 40);
        Assert.That(old.LastWorthHaving(new Lsn(10UL << 24), 80L << 20, 1L << 30), Is.EqualTo(73), "max_wal_size");
    }

    private ReplicationSlot MakeSlot(string name, Lsn restart)
    {
        var store = new ReplicationSlotStore(_node.Segment, _node.Data);
        ReplicationSlot slot = store.Create(name, ReplicationSlotPersistency.Persistent, pid: 0);
        Assert.That(_node.Segment.ReplicationSlots.TryReserveWal(slot, restart, TestNode.SegmentSize));
        store.Save(slot);
        return slot;
    }

    private Lsn Fill(int size)
    {
        _builder.Begin(ResourceManagerId.Xlog, XlogInfo.Noop, 0);
        _builder.Append(new byte[size]);
        (_, Lsn end) = _session.Insert(_builder);
        _flusher.FlushUpTo(end);
        return end;
    }

    private void FillSegments(int count)
    {
        Lsn until = _node.Wal.Flushed.Value + (ulong)count * TestNode.SegmentSize;
        while (Fill(100_000) < until)
            _supply.Ensure(wait: true);
    }

    private List<ulong> Numbers() => [.. WalDirectory.List(_node.Data, TestNode.SegmentSize).Select(s => s.Number)];
}
