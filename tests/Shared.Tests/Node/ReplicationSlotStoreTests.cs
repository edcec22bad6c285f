using System.Runtime.Versioning;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Storage;
using Pgrepl.Shared.Tests.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Tests.Node;

[SupportedOSPlatform("linux")]
public sealed class ReplicationSlotStoreTests
{
    private TestDirectory _directory = null!;
    private ReplicationSlots _slots = null!;
    private ReplicationSlotStore _store = null!;

    [SetUp]
    public void Start()
    {
        _directory = new TestDirectory();
        SharedSegment segment = SharedSegment.Create(processSlots: 4, walBufferPages: 8, generation: 1, replicationSlots: 2);
        _slots = segment.ReplicationSlots;
        _store = new ReplicationSlotStore(segment, _directory.Data);
    }

    [TearDown]
    public void Stop() => _directory.Dispose();

    [Test]
    public void A_slot_is_made_saved_and_dropped()
    {
        ReplicationSlot slot = _store.Create("a", ReplicationSlotPersistency.Persistent, pid: 5);
        Assert.That(_slots.Find("a")?.ActivePid, Is.EqualTo(5));
        Assert.That(OnDisk("a").RestartLsn, Is.EqualTo(Lsn.Invalid));
        _slots.Confirm(slot, new Lsn(0x300));
        Assert.That(OnDisk("a").RestartLsn, Is.EqualTo(Lsn.Invalid), "a confirmation alone writes nothing");
        _store.Save(slot);
        Assert.That((OnDisk("a").RestartLsn, slot.SavedRestartLsn.Value), Is.EqualTo((new Lsn(0x300), new Lsn(0x300))));
        Assert.That(_store.Drop(slot), Is.Null);
        Assert.That(ReplicationSlotFile.List(_directory.Data), Is.Empty);
        Assert.That(_slots.Find("a"), Is.Null);
        Assert.DoesNotThrow(() => _store.Create("a", ReplicationSlotPersistency.Persistent, pid: 5));
    }

    [Test]
    public void A_save_with_nothing_new_writes_nothing()
    {
        ReplicationSlot slot = _store.Create("a", ReplicationSlotPersistency.Persistent, pid: 5);
        File.Delete(Path.Combine(_directory.Data.ReplicationSlots, "a", "state"));
        _store.Save(slot);
        Assert.That(Path.Combine(_directory.Data.ReplicationSlots, "a", "state"), Does.Not.Exist);
    }

    [Test]
    public void A_failed_save_leaves_what_is_needed_as_it_was()
    {
        ReplicationSlot slot = _store.Create("a", ReplicationSlotPersistency.Persistent, pid: 5);
        _slots.Confirm(slot, new Lsn(0x300));
        _store.Save(slot);
        _slots.Confirm(slot, new Lsn(0x900));
        Directory.Delete(Path.Combine(_directory.Data.ReplicationSlots, "a"), recursive: true);
        Assert.That(() => _store.Save(slot), Throws.TypeOf<PgException>());
        Assert.That(_slots.RequiredLsn(), Is.EqualTo(new Lsn(0x300)));
        Assert.That(() => _store.Drop(slot), Throws.TypeOf<PgException>(), "its files cannot be renamed");
        Assert.That(_slots.Find("a")?.ActivePid, Is.EqualTo(5), "so it is still there");
    }

    [Test]
    public void Refusals_have_PostgreSQLs_words_and_leave_no_trace()
    {
        _store.Create("a", ReplicationSlotPersistency.Persistent, pid: 5);
        Refused("a", SqlStates.DuplicateObject, "replication slot \"a\" already exists");
        Refused("A", SqlStates.InvalidName, "replication slot name \"A\" contains invalid character");
        Directory.CreateDirectory(Path.Combine(_directory.Data.ReplicationSlots, "b"));
        Refused("b", SqlStates.DuplicateFile, null);
        _store.Create("c", ReplicationSlotPersistency.Temporary, pid: 5);
        Refused("d", SqlStates.ConfigurationLimitExceeded, "all replication slots are in use");
        Assert.That(_slots.All.Count(s => s.State.Value != 0), Is.EqualTo(2));

        void Refused(string name, string state, string? message)
        {
            PgException error = Assert.Throws<PgException>(() => _store.Create(name, ReplicationSlotPersistency.Persistent, pid: 6))!;
            Assert.That((error.SqlState, message is null ? null : error.Message), Is.EqualTo((state, message)));
        }
    }

    [Test]
    public void A_start_takes_over_as_many_as_there_are_places()
    {
        Assert.That(_store.Adopt(new("a", 0, ReplicationSlotPersistency.Persistent, new Lsn(0x300), Lsn.Invalid)));
        Assert.That(_store.Adopt(new("b", 0, ReplicationSlotPersistency.Persistent, Lsn.Invalid, new Lsn(0x100))));
        Assert.That(_store.Adopt(new("c", 0, ReplicationSlotPersistency.Persistent, Lsn.Invalid, Lsn.Invalid)), Is.False);
        Assert.That(_slots.RequiredLsn(), Is.EqualTo(new Lsn(0x300)));
        Assert.That(_slots.Find("b")?.InvalidatedAt, Is.EqualTo(new Lsn(0x100)));
    }

    private ReplicationSlotData OnDisk(string name) => ReplicationSlotFile.Restore(_directory.Data, name, PostgresMajor.LogCluster);
}
