using System.Text;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Ipc;

/// <summary>A slot as it was at one moment.</summary>
public readonly record struct ReplicationSlotView(
    string Name, ReplicationSlotPersistency Persistency, int ActivePid, Lsn RestartLsn, Lsn InvalidatedAt, Lsn SavedRestartLsn, HeldXid Xmin = default, HeldXid CatalogXmin = default)
{
    /// <summary>Both xmins as the file will have them.</summary>
    internal long Xmins => (long)((ulong)CatalogXmin.Xid << 32 | Xmin.Xid);
}

/// <summary>All replication slots of a node.</summary>
/// <remarks>Everything here is a short section under Lock; files are the caller's business (Shared/Node/ReplicationSlotStore.cs). Names come as UTF-8.
/// Answers to ReplicationSlotCtlData and slot.c's work on it, PostgreSQL 15, and to XLogCtl's replicationSlotMinLSN and lastRemovedSegNo.</remarks>
public sealed partial class ReplicationSlots
{
    private readonly ReplicationSlot[] _all;

    internal ReplicationSlots(SharedMemory memory, SegmentLayout layout, int count, SharedInt32 doomed)
    {
        layout.NewCacheLine();
        Lock = new(memory, layout.Int32("replslots.lock"), doomed);
        LastRemovedSegment = new(memory, layout.Int64("replslots.last_removed_segment"));
        RelayKeepsFrom = new(memory, layout.Int64("replslots.relay_keeps_from"));
        _all = new ReplicationSlot[count];
        for (int i = 0; i < count; i++)
            _all[i] = new(memory, layout, doomed);
    }

    /// <summary>Guards the array. Under it: no I/O, no allocation, no latch set.</summary>
    public SharedSpinLock Lock { get; }

    /// <summary>Walwriter: the last segment number that may be gone; 0: none since the start.</summary>
    public SharedInt64 LastRemovedSegment { get; }

    /// <summary>Walwriter of a relay: pgrepl.relay_keep keeps segments from this number on, slots or not; 0: none.</summary>
    public SharedInt64 RelayKeepsFrom { get; }

    /// <summary>max_replication_slots of them.</summary>
    public IReadOnlyList<ReplicationSlot> All => _all;

    /// <summary>Takes a place and the name, for whoever makes the files next; <see cref="Publish"/> or <see cref="Free"/> follows.</summary>
    /// <param name="exists">The name is taken.</param>
    /// <returns>Null: it exists, or all places are taken.</returns>
    public ReplicationSlot? Reserve(ReadOnlySpan<byte> name, ReplicationSlotPersistency persistency, out bool exists)
    {
        ReplicationSlot? free = null;
        exists = false;
        Lock.Enter();
        foreach (ReplicationSlot slot in _all)
        {
            if (slot.State.Value == (int)ReplicationSlotState.Free)
                free ??= slot;
            else
                exists |= slot.HasName(name);
        }
        if (exists)
            free = null;
        if (free is not null)
        {
            free.NameBytes.Clear();
            name.CopyTo(free.NameBytes);
            free.Persistency.Value = (int)persistency;
            free.ActivePid.Value = free.EndingPid.Value = 0;
            free.RestartLsn.Value = free.InvalidatedAt.Value = free.SavedRestartLsn.Value = free.SavedInvalidatedAt.Value = Lsn.Invalid;
            free.Xmin.Value = free.CatalogXmin.Value = free.SavedXmins.Value = 0;
            free.State.Value = (int)ReplicationSlotState.Reserved;
        }
        Lock.Leave();
        return free;
    }

    /// <summary>The files are durable: there is a slot now.</summary>
    /// <param name="pid">Who uses it at once; 0: nobody.</param>
    public void Publish(ReplicationSlot slot, int pid)
    {
        Lock.Enter();
        slot.ActivePid.Value = pid;
        slot.State.Value = (int)ReplicationSlotState.InUse;
        Lock.Leave();
    }

    /// <summary>There is no such slot any more, but its name and place are still taken. Under its IoLock.</summary>
    public void Withdraw(ReplicationSlot slot)
    {
        Lock.Enter();
        slot.ActivePid.Value = 0;
        slot.State.Value = (int)ReplicationSlotState.Reserved;
        Lock.Leave();
    }

    public void Free(ReplicationSlot slot)
    {
        Lock.Enter();
        slot.State.Value = (int)ReplicationSlotState.Free;
        Lock.Leave();
    }

    /// <summary>Makes a slot one's own, unless it is another process's.</summary>
    /// <param name="activePid">Whose it is now.</param>
    /// <returns>Null: there is no such slot.</returns>
    public ReplicationSlot? Acquire(ReadOnlySpan<byte> name, int pid, out int activePid)
    {
        ReplicationSlot? found = null;
        activePid = 0;
        Lock.Enter();
        foreach (ReplicationSlot slot in _all)
        {
            if (!slot.IsInUse || !slot.HasName(name))
                continue;
            found = slot;
            if (slot.ActivePid.Value == 0)
            {
                slot.ActivePid.Value = pid;
                slot.EndingPid.Value = 0;
            }
            activePid = slot.ActivePid.Value;
            break;
        }
        Lock.Leave();
        return found;
    }

    /// <summary>Lets go of a slot. Full fence: a waiter that this call does not see finds it free.</summary>
    /// <returns>True: somebody waits for it, and its latch is to be set.</returns>
    public bool Release(ReplicationSlot slot)
    {
        Lock.Enter();
        slot.ActivePid.Exchange(0);
        Lock.Leave();
        return slot.Waiters.Value != 0;
    }

    /// <summary>PhysicalConfirmReceivedLocation: what the peer has flushed is no longer needed. It may go back.</summary>
    /// <returns>False: the slot has lost its WAL meanwhile, and its user shall end.</returns>
    public bool Confirm(ReplicationSlot slot, Lsn flushed)
    {
        Lock.Enter();
        bool ours = slot.EndingPid.Value == 0;
        if (ours)
            slot.RestartLsn.Value = flushed;
        Lock.Leave();
        return ours;
    }

    /// <summary>PhysicalReplicationSlotNewXmin: what the peer's queries need.</summary>
    /// <returns>True: something changed.</returns>
    public bool Hold(ReplicationSlot slot, ulong xmin, ulong catalogXmin)
    {
        Lock.Enter();
        ulong before = (ulong)slot.Xmin.Value, catalogBefore = (ulong)slot.CatalogXmin.Value;
        ulong after = new HeldXid(before).After(xmin).Bits, catalogAfter = new HeldXid(catalogBefore).After(catalogXmin).Bits;
        slot.Xmin.Value = (long)after;
        slot.CatalogXmin.Value = (long)catalogAfter;
        Lock.Leave();
        return after != before || catalogAfter != catalogBefore;
    }

    /// <summary>ReplicationSlotsComputeRequiredXmin: the oldest that a slot holds, of those that have not lost their WAL.</summary>
    /// <param name="known">Some id of 64 bits; 0: none is known. A slot's own will do.</param>
    /// <returns>False: a slot holds one whose epoch cannot be told.</returns>
    public bool TryRequiredXmins(ulong known, out ulong xmin, out ulong catalogXmin)
    {
        xmin = catalogXmin = 0;
        bool all = true;
        Lock.Enter();
        foreach (ReplicationSlot slot in _all)
        {
            HeldXid held = new((ulong)slot.Xmin.Value), catalog = new((ulong)slot.CatalogXmin.Value);
            if (slot.HoldsXmins)
                known = Math.Max(known, Math.Max(held.IsFull ? held.Bits : 0, catalog.IsFull ? catalog.Bits : 0));
        }
        foreach (ReplicationSlot slot in _all)
        {
            if (!slot.HoldsXmins)
                continue;
            HeldXid held = new((ulong)slot.Xmin.Value), catalog = new((ulong)slot.CatalogXmin.Value);
            all &= known != 0 || (held.IsFull && catalog.IsFull);
            xmin = FullXid.Older(xmin, held.Full(known));
            catalogXmin = FullXid.Older(catalogXmin, catalog.Full(known));
        }
        Lock.Leave();
        return all;
    }

    /// <summary>ReplicationSlotReserveWal: WAL from <paramref name="redo"/> on is kept from now on.</summary>
    /// <returns>False: it may be gone already; a newer redo is to be tried.</returns>
    public bool TryReserveWal(ReplicationSlot slot, Lsn redo, int segmentSize)
    {
        Lock.Enter();
        bool there = redo.Value / (ulong)segmentSize > (ulong)LastRemovedSegment.Value;
        if (there)
            slot.RestartLsn.Value = redo;
        Lock.Leave();
        return there;
    }

    /// <summary>Takes the WAL away from a slot that needs some before <paramref name="oldest"/>, and tells its user to end.</summary>
    /// <param name="restart">Where it was.</param>
    /// <param name="activePid">Who is to end (its latch is the caller's to set); 0: nobody.</param>
    public bool Invalidate(ReplicationSlot slot, Lsn oldest, out Lsn restart, out int activePid)
    {
        Lock.Enter();
        restart = slot.RestartLsn.Value;
        activePid = slot.ActivePid.Value;
        bool behind = slot.IsInUse && restart.IsValid && restart < oldest;
        if (behind)
        {
            slot.InvalidatedAt.Value = restart;
            slot.RestartLsn.Value = Lsn.Invalid;
            slot.EndingPid.Value = activePid;
        }
        Lock.Leave();
        return behind;
    }

    /// <summary>The first position that some slot needs, now or after a crash; invalid: none does.</summary>
    public Lsn RequiredLsn()
    {
        Lock.Enter();
        Lsn required = RequiredLsnLocked();
        Lock.Leave();
        return required;
    }

    /// <summary>Decides what may be removed and says so in one step: a reservation comes before it and is kept, or after it and sees it.</summary>
    /// <param name="firstToKeep">From <see cref="RequiredLsn"/> to the first segment number to keep.</param>
    public ulong AnnounceRemoval(Func<Lsn, ulong> firstToKeep)
    {
        Lock.Enter();
        ulong first = firstToKeep(RequiredLsnLocked());
        if (first > 0 && (long)(first - 1) > LastRemovedSegment.Value)
            LastRemovedSegment.Value = (long)(first - 1);
        Lock.Leave();
        return first;
    }

    /// <summary>Null: there is no such slot.</summary>
    public ReplicationSlotView? Find(string name)
    {
        foreach (ReplicationSlot slot in _all)
            if (View(slot) is { } view && view.Name == name)
                return view;
        return null;
    }

    /// <summary>A copy of a slot; null: there is none at this place.</summary>
    public ReplicationSlotView? View(ReplicationSlot slot)
    {
        Span<byte> name = stackalloc byte[ReplicationSlotData.NameSize];
        Lock.Enter();
        bool there = slot.IsInUse;
        slot.NameBytes.CopyTo(name);
        var persistency = (ReplicationSlotPersistency)slot.Persistency.Value;
        int pid = slot.ActivePid.Value;
        Lsn restart = slot.RestartLsn.Value, invalidated = slot.InvalidatedAt.Value, saved = slot.SavedRestartLsn.Value;
        HeldXid xmin = new((ulong)slot.Xmin.Value), catalogXmin = new((ulong)slot.CatalogXmin.Value);
        Lock.Leave();
        int end = name.IndexOf((byte)0);
        return there ? new(Encoding.UTF8.GetString(end < 0 ? name : name[..end]), persistency, pid, restart, invalidated, saved, xmin, catalogXmin) : null;
    }

    private Lsn RequiredLsnLocked()
    {
        Lsn required = Lsn.Invalid;
        foreach (ReplicationSlot slot in _all)
        {
            if (!slot.IsInUse)
                continue;
            required = Earlier(required, slot.RestartLsn.Value);
            required = Earlier(required, slot.SavedRestartLsn.Value);
        }
        return required;
    }

    private static Lsn Earlier(Lsn one, Lsn other) => !one.IsValid ? other : !other.IsValid ? one : Lsn.Min(one, other);
}
