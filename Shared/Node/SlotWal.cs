using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Node;

/// <summary>Whether slots of this node still have their WAL: wal_status and safe_wal_size of pg_replication_slots.</summary>
/// <param name="required">The first position that some slot needs.</param>
/// <remarks>Source of truth: pg_get_replication_slots, PostgreSQL 15, src/backend/replication/slotfuncs.c. One difference: on a standby the end of WAL is what was received,
/// where PostgreSQL has nothing to compare with.</remarks>
public sealed class SlotWal(SharedSegment segment, SettingValues settings, Lsn required)
{
    private readonly WalRetention _retention = Retention(segment, settings);
    private readonly ulong _lastRemoved = (ulong)segment.ReplicationSlots.LastRemovedSegment.Value;
    private readonly Lsn _end = segment.Recovery.RecoveryDone.Value != 0
        ? segment.Wal.Written.Value
        : Lsn.Max(segment.Receiver.Written.Value, segment.Recovery.Replayed.Value);

    public WalAvailability Of(ReplicationSlotView slot)
    {
        if (!slot.RestartLsn.IsValid && slot.InvalidatedAt.IsValid)
            return WalAvailability.Lost;
        WalAvailability wal = _retention.Availability(slot.RestartLsn, _end, required, _lastRemoved);
        return wal == WalAvailability.Lost && slot.RestartLsn.IsValid && slot.ActivePid != 0
            ? WalAvailability.Unreserved // its user may still have the file open
            : wal;
    }

    /// <summary>Bytes of WAL that may still be written before the slot is in danger; null: no limit.</summary>
    public long? SafeBytes(ReplicationSlotView slot) => _retention.SafeBytes(slot.RestartLsn, _end);

    /// <summary>As walwriter sees it: on a relay with what pgrepl.relay_keep keeps.</summary>
    private static WalRetention Retention(SharedSegment segment, SettingValues settings)
    {
        WalRetention retention = WalRetention.Of(settings, segment.Recovery.SegmentSize.Value);
        ulong relay = (ulong)segment.ReplicationSlots.RelayKeepsFrom.Value;
        return relay == 0 ? retention : retention with { KeepFrom = relay };
    }
}
