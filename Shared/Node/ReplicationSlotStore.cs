using System.Text;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Shared.Node;

/// <summary>Replication slots in shared memory and on disk, kept in step: memory shows a slot after it is durable, and no more before its files go.</summary>
/// <remarks>Source of truth: ReplicationSlotCreate, SaveSlotToPath, ReplicationSlotDropPtr, PostgreSQL 15, src/backend/replication/slot.c. In place of
/// ReplicationSlotAllocationLock a name is taken before its files are made and given back after they are gone: who comes meanwhile is told that it exists.</remarks>
/// <param name="panic">Takes a <see cref="NotDurableException"/> and ends the process; who makes and drops slots has one.</param>
public sealed class ReplicationSlotStore(SharedSegment segment, DataDirectory data, Action<Exception>? panic = null)
{
    private readonly ReplicationSlots _slots = segment.ReplicationSlots;

    /// <summary>Makes a slot that is this process's own.</summary>
    /// <exception cref="PgException">42602, 42622 a bad name; 42710 it exists; 53400 all are in use; or its files could not be made.</exception>
    public ReplicationSlot Create(string name, ReplicationSlotPersistency persistency, int pid)
    {
        ReplicationSlotName.Validate(name);
        ReplicationSlot? slot = _slots.Reserve(Encoding.UTF8.GetBytes(name), persistency, out bool exists);
        if (exists)
            throw new PgException(SqlStates.DuplicateObject, $"replication slot \"{name}\" already exists");
        if (slot is null)
            throw new PgException(SqlStates.ConfigurationLimitExceeded, "all replication slots are in use", hint: "Free one or increase max_replication_slots.");
        try
        {
            ReplicationSlotFile.Create(data, new(name, 0, persistency, default, default), segment.Recovery.Major);
        }
        catch (NotDurableException error)
        {
            panic?.Invoke(error);
            throw;
        }
        catch
        {
            _slots.Free(slot);
            throw;
        }
        _slots.Publish(slot, pid);
        return slot;
    }

    /// <summary>Takes a slot over that its file holds: at start, when nobody else is there.</summary>
    /// <returns>False: all places are taken.</returns>
    public bool Adopt(ReplicationSlotData stored)
    {
        if (_slots.Reserve(Encoding.UTF8.GetBytes(stored.Name), stored.Persistency, out _) is not { } slot)
            return false;
        slot.RestartLsn.Value = slot.SavedRestartLsn.Value = stored.RestartLsn;
        slot.InvalidatedAt.Value = slot.SavedInvalidatedAt.Value = stored.InvalidatedAt;
        slot.Xmin.Value = (long)HeldXid.FromFile(stored.Xmin).Bits;
        slot.CatalogXmin.Value = (long)HeldXid.FromFile(stored.CatalogXmin).Bits;
        slot.SavedXmins.Value = (long)((ulong)stored.CatalogXmin << 32 | stored.Xmin);
        _slots.Publish(slot, pid: 0);
        return true;
    }

    /// <summary>Stores the slot if its file is behind.</summary>
    /// <exception cref="PgException">It could not be stored; what it needs stays as it was.</exception>
    public void Save(ReplicationSlot slot)
    {
        slot.IoLock.Enter();
        try
        {
            if (_slots.View(slot) is not { } now || (now.RestartLsn == slot.SavedRestartLsn.Value && now.InvalidatedAt == slot.SavedInvalidatedAt.Value && now.Xmins == slot.SavedXmins.Value))
                return;
            ReplicationSlotFile.Save(data, new(now.Name, 0, now.Persistency, now.RestartLsn, now.InvalidatedAt) { Xmin = now.Xmin.Xid, CatalogXmin = now.CatalogXmin.Xid }, segment.Recovery.Major);
            slot.SavedInvalidatedAt.Value = now.InvalidatedAt;
            slot.SavedRestartLsn.Value = now.RestartLsn;
            slot.SavedXmins.Value = now.Xmins;
        }
        finally
        {
            slot.IoLock.Leave();
        }
    }

    /// <summary>Ends a slot that this process has acquired.</summary>
    /// <returns>What could not be removed, and is only in the way of nobody: to be logged as a WARNING. Null: all is gone.</returns>
    /// <exception cref="PgException">A persistent slot's files could not be renamed: it is still there, and still this process's.</exception>
    public PgException? Drop(ReplicationSlot slot)
    {
        ReplicationSlotView view = _slots.View(slot) ?? throw new InvalidOperationException("the slot is not there");
        PgException? failed = null;
        slot.IoLock.Enter();
        try
        {
            try
            {
                ReplicationSlotFile.Drop(data, view.Name);
            }
            catch (PgException error) when (view.Persistency != ReplicationSlotPersistency.Persistent)
            {
                failed = error; // the next start removes it
            }
            catch (NotDurableException error)
            {
                panic?.Invoke(error);
                throw;
            }
            _slots.Withdraw(slot);
        }
        finally
        {
            slot.IoLock.Leave();
        }
        try
        {
            if (failed is null)
                ReplicationSlotFile.RemoveDropped(data, view.Name);
        }
        catch (PgException error)
        {
            failed = error;
        }
        _slots.Free(slot);
        return failed;
    }
}
