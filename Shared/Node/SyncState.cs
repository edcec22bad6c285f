using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;

namespace Pgrepl.Shared.Node;

/// <summary>sync_priority and sync_state of pg_stat_replication.</summary>
/// <remarks>Source of truth: pg_stat_get_wal_senders, PostgreSQL 15, src/backend/replication/walsender.c.</remarks>
public static class SyncState
{
    /// <param name="rule"><see langword="null"/>: synchronous_standby_names is empty.</param>
    /// <param name="slot">Of a sender of WAL.</param>
    /// <returns>0 and async; else sync or potential (FIRST), quorum (ANY). A standby that has reported no flush shows priority 0.</returns>
    public static (int Priority, string State) Of(SharedSegment segment, SynchronousStandbyNames? rule, ProcessSlot slot)
    {
        if (rule is null || !slot.PeerFlushed.Value.IsValid || slot.SyncPriority.Value == 0)
            return (0, "async");
        int priority = slot.SyncPriority.Value;
        if (!SyncGrant.Choose(rule, SyncGrant.Candidates(segment, rule)).Exists(c => c.Slot == slot.Index))
            return (priority, "potential");
        return (priority, rule.Method == SynchronousMethod.Quorum ? "quorum" : "sync");
    }
}
