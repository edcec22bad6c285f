using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Ipc;

/// <summary>What a place in the array of slots holds.</summary>
public enum ReplicationSlotState
{
    Free = 0,

    /// <summary>A name is taken, but there is no slot: it is being made, or what is left of it is being removed.</summary>
    Reserved = 1,
    InUse = 2,
}

/// <summary>One replication slot as its files will be, and as they are.</summary>
/// <remarks>State, Name, positions and ActivePid change under <see cref="ReplicationSlots.Lock"/>; the files and Saved… under <see cref="IoLock"/>, which comes first.
/// A slot leaves InUse under both. Answers to ReplicationSlot, PostgreSQL 15, src/include/replication/slot.h; what is dirty there is here what differs from Saved….</remarks>
public sealed class ReplicationSlot
{
    private readonly SharedMemory _memory;
    private readonly long _name;

    internal ReplicationSlot(SharedMemory memory, SegmentLayout layout, SharedInt32 doomed)
    {
        _memory = memory;
        layout.NewCacheLine();
        State = new(memory, layout.Int32("replslot.state"));
        Persistency = new(memory, layout.Int32("replslot.persistency"));
        ActivePid = new(memory, layout.Int32("replslot.active_pid"));
        EndingPid = new(memory, layout.Int32("replslot.ending_pid"));
        Waiters = new(memory, layout.Int32("replslot.waiters"));
        IoLock = new(memory, layout.Int32("replslot.io_lock"), doomed);
        RestartLsn = new(memory, layout.Int64("replslot.restart_lsn"));
        InvalidatedAt = new(memory, layout.Int64("replslot.invalidated_at"));
        Xmin = new(memory, layout.Int64("replslot.xmin"));
        CatalogXmin = new(memory, layout.Int64("replslot.catalog_xmin"));
        SavedRestartLsn = new(memory, layout.Int64("replslot.saved_restart_lsn"));
        SavedInvalidatedAt = new(memory, layout.Int64("replslot.saved_invalidated_at"));
        SavedXmins = new(memory, layout.Int64("replslot.saved_xmins"));
        _name = layout.Bytes("replslot.name", ReplicationSlotData.NameSize);
    }

    /// <summary><see cref="ReplicationSlotState"/>.</summary>
    public SharedInt32 State { get; }

    /// <summary><see cref="ReplicationSlotPersistency"/>.</summary>
    public SharedInt32 Persistency { get; }

    /// <summary>The process that uses it; 0: nobody. A temporary slot is its session's to its end.</summary>
    public SharedInt32 ActivePid { get; }

    /// <summary>The process that shall end its session, because the slot has lost its WAL.</summary>
    public SharedInt32 EndingPid { get; }

    /// <summary>How many sleep until it is released: whoever releases it sets their latches.</summary>
    public SharedInt32 Waiters { get; }

    /// <summary>Held while the slot's files change (io_in_progress_lock).</summary>
    public SharedYieldLock IoLock { get; }

    /// <summary>WAL from here on is needed; invalid: none.</summary>
    public SharedLsn RestartLsn { get; }

    /// <summary>Where RestartLsn was when the slot lost its WAL.</summary>
    public SharedLsn InvalidatedAt { get; }

    /// <summary><see cref="HeldXid"/>: row versions that the standby's queries need.</summary>
    public SharedInt64 Xmin { get; }

    /// <summary>The same for system catalogs.</summary>
    public SharedInt64 CatalogXmin { get; }

    /// <summary>RestartLsn as the file has it: what a crash brings back.</summary>
    public SharedLsn SavedRestartLsn { get; }

    public SharedLsn SavedInvalidatedAt { get; }

    /// <summary>CatalogXmin and Xmin as the file has them, 32 bits each.</summary>
    public SharedInt64 SavedXmins { get; }

    internal bool IsInUse => State.Value == (int)ReplicationSlotState.InUse;

    /// <summary>A slot that has lost its WAL holds nothing any more. Under the lock.</summary>
    internal bool HoldsXmins => IsInUse && (RestartLsn.Value.IsValid || !InvalidatedAt.Value.IsValid);

    internal Span<byte> NameBytes => _memory.Slice(_name, ReplicationSlotData.NameSize);

    internal bool HasName(ReadOnlySpan<byte> name) => name.Length < ReplicationSlotData.NameSize && NameBytes[name.Length] == 0 && NameBytes[..name.Length].SequenceEqual(name);
}
