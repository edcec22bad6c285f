using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;
using Pgrepl.WalSender.Auth;
using Pgrepl.WalSender.Sql;

namespace Pgrepl.WalSender.Session;

/// <summary>Replication slots of this node for SQL.</summary>
/// <remarks>Source of truth: pg_get_replication_slots, pg_create_physical_replication_slot, pg_drop_replication_slot, PostgreSQL 15,
/// src/backend/replication/slotfuncs.c.</remarks>
internal sealed class NodeSlotHost(ClientSession session, SessionRole role) : ISlotHost
{
    private readonly SharedSegment _segment = session.Process.Segment;

    public IReadOnlyList<SlotRow> All()
    {
        SlotWal kept = new(_segment, session.Process.Settings, _segment.ReplicationSlots.RequiredLsn());
        return [.. session.Slots.All.Select(slot =>
        {
            WalAvailability wal = kept.Of(slot);
            return new SlotRow(slot.Name, slot.Persistency == ReplicationSlotPersistency.Temporary, slot.ActivePid != 0 ? slot.ActivePid : null, slot.RestartLsn,
                wal == WalAvailability.None ? null : wal.ToString().ToLowerInvariant(), wal == WalAvailability.Lost ? null : kept.SafeBytes(slot), Xid(slot.Xmin), Xid(slot.CatalogXmin));
        })];
    }

    private static uint? Xid(HeldXid xid) => xid.IsNone ? null : xid.Xid;

    public Lsn? Create(string name, bool immediatelyReserve, bool temporary)
    {
        role.RequireSlots();
        session.Slots.CheckRequirements();
        Lsn restart = session.Slots.Create(name, temporary, immediatelyReserve);
        return immediatelyReserve ? restart : null;
    }

    public void Drop(string name)
    {
        role.RequireSlots();
        session.Slots.CheckRequirements();
        session.Slots.Drop(name, checkForInterrupts: null);
    }
}
