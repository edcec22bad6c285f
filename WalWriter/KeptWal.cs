using Pgrepl.Shared;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.WalWriter;

/// <summary>What slots keep of old WAL, by their positions on disk, since a crash brings those back; and which slots have kept too much.</summary>
/// <remarks>Source of truth: CheckPointReplicationSlots, InvalidateObsoleteReplicationSlots, PostgreSQL 15, src/backend/replication/slot.c, and their callers in xlog.c.
/// Unlike there, a slot in use loses its WAL at once, and its walsender is told by a flag and its latch: nothing waits for it to end.</remarks>
/// <param name="archiveNeeds">WAL from here on is still to be archived; <see cref="Lsn.MaxValue"/>: none.</param>
internal sealed class KeptWal(SharedSegment segment, DataDirectory data, ServerLog log, Func<int, Latch> latchOf, Func<Lsn> archiveNeeds)
{
    private readonly ReplicationSlots _slots = segment.ReplicationSlots;
    private readonly ReplicationSlotStore _store = new(segment, data);

    /// <summary>Stores every slot whose file is behind. A failure is logged: that slot goes on keeping what it kept.</summary>
    public void SaveSlots()
    {
        foreach (ReplicationSlot slot in _slots.All)
            _ = TrySave(slot);
    }

    /// <summary>Takes the WAL from slots beyond max_slot_wal_keep_size, then says what must stay; nobody can reserve anything older afterwards.</summary>
    /// <param name="redo">Of the durable control file.</param>
    /// <param name="end">End of WAL.</param>
    public ulong FirstToKeep(Lsn redo, Lsn end, WalRetention retention)
    {
        redo = Lsn.Min(redo, archiveNeeds());
        ulong keep = retention.FirstToKeep(redo, end, _slots.RequiredLsn());
        if (!Invalidate(new Lsn(keep * (ulong)retention.SegmentSize)))
            return 0; // a slot that a crash would bring back goes on keeping its WAL
        return _slots.AnnounceRemoval(required => retention.FirstToKeep(redo, end, required));
    }

    /// <returns>False: that a slot has lost its WAL could not be stored.</returns>
    private bool Invalidate(Lsn oldest)
    {
        bool stored = true;
        foreach (ReplicationSlot slot in _slots.All)
        {
            if (!_slots.Invalidate(slot, oldest, out Lsn restart, out int activePid))
                continue;
            string name = _slots.View(slot)?.Name ?? "";
            if (activePid != 0)
            {
                log.Log($"terminating process {activePid} to release replication slot \"{name}\"");
                foreach (ProcessSlot process in segment.Slots)
                    if (process.Pid.Value == activePid)
                        latchOf(process.Index).Set();
            }
            stored &= TrySave(slot);
            log.Log($"invalidating slot \"{name}\" because its restart_lsn {restart} exceeds max_slot_wal_keep_size");
        }
        return stored;
    }

    private bool TrySave(ReplicationSlot slot)
    {
        try
        {
            _store.Save(slot);
            return true;
        }
        catch (PgException error)
        {
            log.Error(error);
            return false;
        }
    }
}
