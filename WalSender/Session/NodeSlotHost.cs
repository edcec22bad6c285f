using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;
using Pgrepl.WalSender.Auth;
using Pgrepl.WalSender.Sql;

namespace Pgrepl.WalSender.Session;

/// <summary>Replication slots of this node for SQL.</summary>
/// <remarks>Source of truth: pg_get_replication_slots, pg_create_physical_replication_slot, pg_drop_replication_slot, PostgreSQL 15,
/// src/backend/replication/slotfuncs.c. One difference: on a standby the end of WAL is what was received, where PostgreSQL has nothing to compare with.</remarks>
internal sealed class NodeSlotHost(ClientSession session, SessionRole role) : ISlotHost
{
    private readonly SharedSegment _segment = session.Process.Segment;

    public IReadOnlyList<SlotRow> All()
    {
        WalRetention retention = Retention();
        Lsn end = _segment.Recovery.RecoveryDone.Value != 0
            ? _segment.Wal.Written.Value
            : Lsn.Max(_segment.Receiver.Written.Value, _segment.Recovery.Replayed.Value);
        Lsn required = _segment.ReplicationSlots.RequiredLsn();
        ulong lastRemoved = (ulong)_segment.ReplicationSlots.LastRemovedSegment.Value;
        return [.. session.Slots.All.Select(slot =>
        {
            WalAvailability wal = !slot.RestartLsn.IsValid && slot.InvalidatedAt.IsValid ? WalAvailability.Lost : retention.Availability(slot.RestartLsn, end, required, lastRemoved);
            if (wal == WalAvailability.Lost && slot.RestartLsn.IsValid && slot.ActivePid != 0)
                wal = WalAvailability.Unreserved; // its user may still have the file open
            return new SlotRow(slot.Name, slot.Persistency == ReplicationSlotPersistency.Temporary, slot.ActivePid != 0 ? slot.ActivePid : null, slot.RestartLsn,
                wal == WalAvailability.None ? null : wal.ToString().ToLowerInvariant(), wal == WalAvailability.Lost ? null : retention.SafeBytes(slot.RestartLsn, end), Xid(slot.Xmin), Xid(slot.CatalogXmin));
        })];
    }

    /// <summary>As walwriter sees it: on a relay with what pgrepl.relay_keep keeps.</summary>
    private WalRetention Retention()
    {
        WalRetention retention = WalRetention.Of(session.Process.Settings, _segment.Recovery.SegmentSize.Value);
        ulong relay = (ulong)_segment.ReplicationSlots.RelayKeepsFrom.Value;
        return relay == 0 ? retention : retention with { KeepFrom = relay };
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
