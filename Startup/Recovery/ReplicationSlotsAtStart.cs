using Pgrepl.Shared;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Startup.Recovery;

/// <summary>Brings replication slots back from disk, before anybody may connect and before any WAL may go.</summary>
/// <remarks>Source of truth: StartupReplicationSlots, RestoreSlotFromDisk, PostgreSQL 15, src/backend/replication/slot.c.</remarks>
internal static class ReplicationSlotsAtStart
{
    /// <exception cref="PgException">A slot's file is damaged, or there are too many: no start, lest WAL be removed that a slot needs.</exception>
    public static void Restore(ChildProcess self)
    {
        ReplicationSlotStore store = new(self.Segment, self.Data);
        foreach (string name in ReplicationSlotFile.List(self.Data))
        {
            if (ReplicationSlotFile.IsLeftover(name))
            {
                TryRemove(self, name);
                continue;
            }
            ReplicationSlotData slot = ReplicationSlotFile.Restore(self.Data, name, self.Segment.Recovery.Major);
            if (slot.Persistency != ReplicationSlotPersistency.Persistent)
            {
                TryRemove(self, name); // its session is over
                continue;
            }
            if (slot.Database != 0)
                throw new PgException(SqlStates.FeatureNotSupported, $"logical replication slot \"{slot.Name}\" exists, but this node has no logical decoding",
                    hint: $"Remove \"pg_replslot/{name}\" if nobody needs it.");
            if (slot.Name != name)
                throw new PgException(SqlStates.DataCorrupted, $"replication slot file \"pg_replslot/{name}/state\" belongs to replication slot \"{slot.Name}\"");
            if (!store.Adopt(slot))
                throw new PgException(SqlStates.InternalError, "too many replication slots active before shutdown", hint: "Increase max_replication_slots and try again.");
        }
    }

    private static void TryRemove(ChildProcess self, string name)
    {
        try
        {
            ReplicationSlotFile.Remove(self.Data, name);
        }
        catch (PgException error)
        {
            self.Log.Warning(error.Message);
        }
    }
}
