using System.Runtime.Versioning;
using System.Text;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Tests.Ipc;

[SupportedOSPlatform("linux")]
public sealed class ReplicationSlotsTests
{
    private const int SegmentSize = 1 << 20;

    private static ReplicationSlots New(int count = 3) => SharedSegment.Create(processSlots: 4, walBufferPages: 8, generation: 1, count).ReplicationSlots;

    private static ReplicationSlot Made(ReplicationSlots slots, string name, int pid = 0)
    {
        ReplicationSlot slot = slots.Reserve(Encoding.UTF8.GetBytes(name), ReplicationSlotPersistency.Persistent, out _)!;
        slots.Publish(slot, pid);
        return slot;
    }

    [Test]
    public void A_peek_without_the_lock_sees_what_a_view_sees()
    {
        ReplicationSlots slots = SharedSegment.Create(4, 8, 1, replicationSlots: 3).ReplicationSlots;
        ReplicationSlot slot = slots.Reserve("first"u8, ReplicationSlotPersistency.Persistent, out _)!;
        slot.RestartLsn.Value = slot.SavedRestartLsn.Value = new Lsn(0x5000);
        slots.Publish(slot, pid: 77);
        _ = slots.Reserve("half"u8, ReplicationSlotPersistency.Persistent, out _);
        slots.Lock.Enter(); // somebody died with it
        Assert.That(slots.Peek(out Lsn required), Is.EqualTo(new[] { new ReplicationSlotView("first", ReplicationSlotPersistency.Persistent, 77, new Lsn(0x5000), Lsn.Invalid, new Lsn(0x5000)) }));
        Assert.That(required, Is.EqualTo(new Lsn(0x5000)));
    }

    [Test]
    public void A_name_is_taken_from_the_first_step_of_making_to_the_last_of_dropping()
    {
        ReplicationSlots slots = New();
        ReplicationSlot slot = slots.Reserve("a"u8, ReplicationSlotPersistency.Temporary, out bool exists)!;
        Assert.That((exists, slots.Find("a"), slots.Acquire("a"u8, 1, out _)), Is.EqualTo((false, (ReplicationSlotView?)null, (ReplicationSlot?)null)), "not there yet");
        Assert.That(slots.Reserve("a"u8, default, out exists), Is.Null);
        Assert.That(exists);
        slots.Publish(slot, pid: 7);
        Assert.That(slots.Find("a"), Is.EqualTo(new ReplicationSlotView("a", ReplicationSlotPersistency.Temporary, 7, default, default, default)));
        slots.Withdraw(slot);
        Assert.That(slots.Find("a"), Is.Null);
        _ = slots.Reserve("a"u8, default, out exists);
        Assert.That(exists);
        slots.Free(slot);
        Assert.That(slots.Reserve("a"u8, default, out exists), Is.SameAs(slot));
    }

    [Test]
    public void Names_are_compared_whole_and_the_array_has_an_end()
    {
        ReplicationSlots slots = New(2);
        ReplicationSlot longer = Made(slots, new string('n', 63));
        Assert.That(slots.Acquire(Encoding.UTF8.GetBytes(new string('n', 62)), 1, out _), Is.Null);
        Assert.That(slots.Acquire(Encoding.UTF8.GetBytes(new string('n', 64)), 1, out _), Is.Null);
        Assert.That(slots.Acquire(Encoding.UTF8.GetBytes(new string('n', 63)), 1, out _), Is.SameAs(longer));
        Made(slots, "b");
        Assert.That(slots.Reserve("c"u8, default, out bool exists), Is.Null);
        Assert.That(exists, Is.False);
    }

    [Test]
    public void A_slot_has_one_user()
    {
        ReplicationSlots slots = New();
        ReplicationSlot slot = Made(slots, "a");
        Assert.That((slots.Acquire("a"u8, 11, out int pid), pid), Is.EqualTo((slot, 11)));
        Assert.That((slots.Acquire("a"u8, 12, out pid), pid), Is.EqualTo((slot, 11)));
        Assert.That((slots.Acquire("a"u8, 11, out pid), pid), Is.EqualTo((slot, 11)), "its own again");
        slot.Waiters.Increment();
        Assert.That(slots.Release(slot), "somebody waits");
        Assert.That((slots.Acquire("a"u8, 12, out pid), pid), Is.EqualTo((slot, 12)));
    }

    [Test]
    public void What_the_file_has_counts_until_the_new_position_is_saved()
    {
        ReplicationSlots slots = New();
        ReplicationSlot a = Made(slots, "a"), b = Made(slots, "b");
        Made(slots, "c"); // needs nothing
        Assert.That(slots.RequiredLsn(), Is.EqualTo(Lsn.Invalid));
        b.RestartLsn.Value = b.SavedRestartLsn.Value = new Lsn(900);
        a.SavedRestartLsn.Value = new Lsn(500);
        a.RestartLsn.Value = new Lsn(800);
        Assert.That(slots.RequiredLsn(), Is.EqualTo(new Lsn(500)));
        a.SavedRestartLsn.Value = new Lsn(800);
        Assert.That(slots.RequiredLsn(), Is.EqualTo(new Lsn(800)));
        Assert.That(slots.Confirm(a, new Lsn(300)), "a peer may go back");
        Assert.That(slots.RequiredLsn(), Is.EqualTo(new Lsn(300)));
        slots.Withdraw(a);
        Assert.That(slots.RequiredLsn(), Is.EqualTo(new Lsn(900)));
    }

    [Test]
    public void A_slot_that_lost_its_wal_tells_its_user_and_takes_no_more_from_it()
    {
        ReplicationSlots slots = New();
        ReplicationSlot slot = Made(slots, "a", pid: 11);
        slots.Confirm(slot, new Lsn(500));
        Assert.That(slots.Invalidate(slot, new Lsn(500), out _, out _), Is.False, "not behind");
        Assert.That(slots.Invalidate(slot, new Lsn(501), out Lsn restart, out int pid));
        Assert.That((restart, pid, slot.EndingPid.Value), Is.EqualTo((new Lsn(500), 11, 11)));
        Assert.That(slots.Confirm(slot, new Lsn(900)), Is.False);
        Assert.That(slots.Find("a"), Is.EqualTo(new ReplicationSlotView("a", default, 11, Lsn.Invalid, new Lsn(500), default)));
        Assert.That(slots.Invalidate(slot, new Lsn(501), out _, out _), Is.False, "once");
        slots.Release(slot);
        _ = slots.Acquire("a"u8, 12, out _);
        Assert.That(slots.Confirm(slot, new Lsn(900)), "the next one that has its WAL elsewhere may use it, as in PostgreSQL 15");
    }

    [Test]
    public void What_is_reserved_is_not_removed()
    {
        ReplicationSlots slots = New(8);
        long redo = SegmentSize;
        int broken = 0, refused = 0, kept = 0;
        bool ended = false;
        Thread remover = new(() =>
        {
            long deadline = Environment.TickCount64 + 10_000;
            for (int i = 0; i < 20_000 || (Volatile.Read(ref kept) == 0 && Environment.TickCount64 < deadline); i++)
            {
                if (i % 64 == 0)
                    Thread.Yield(); // on one busy processor the others come too
                Lsn now = new((ulong)Interlocked.Add(ref redo, SegmentSize));
                slots.AnnounceRemoval(required => Math.Min(now.Value, required.IsValid ? required.Value : ulong.MaxValue) / SegmentSize);
            }
            Volatile.Write(ref ended, true);
        });
        Thread[] reservers = [.. Enumerable.Range(0, 2).Select(i => new Thread(() =>
        {
            ReplicationSlot slot = Made(slots, "s" + i);
            while (!Volatile.Read(ref ended))
            {
                Lsn wanted = new((ulong)Volatile.Read(ref redo));
                if (!slots.TryReserveWal(slot, wanted, SegmentSize))
                {
                    Interlocked.Increment(ref refused);
                    continue;
                }
                Thread.Yield();
                if ((ulong)slots.LastRemovedSegment.Value >= wanted.Value / SegmentSize)
                    Interlocked.Increment(ref broken);
                Interlocked.Increment(ref kept);
                slots.Lock.Enter();
                slot.RestartLsn.Value = Lsn.Invalid;
                slots.Lock.Leave();
            }
        }))];
        foreach (Thread thread in (Thread[])[remover, .. reservers])
            thread.Start();
        foreach (Thread thread in (Thread[])[remover, .. reservers])
            thread.Join();
        TestContext.Out.WriteLine($"{kept} kept, {refused} refused");
        Assert.That(broken, Is.Zero);
        Assert.That(kept, Is.Positive);
    }
}
