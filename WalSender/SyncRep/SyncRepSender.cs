using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Processes;
using Pgrepl.Wal;

namespace Pgrepl.WalSender.SyncRep;

/// <summary>The granting side, in the walsender of a standby: after each reply it computes what is confirmed and wakes whom that concerns.</summary>
/// <remarks>There is no queue and no lock: a granted position only rises, and a waiter publishes what it waits for before it looks at what is granted, while we
/// grant before we look at who waits. Source of truth: SyncRepInitConfig, SyncRepReleaseWaiters, PostgreSQL 15, src/backend/replication/syncrep.c.</remarks>
internal sealed class SyncRepSender(ChildProcess process)
{
    private SynchronousStandbyNames? _rule;
    private bool _announce = true; // say it when this standby becomes a synchronous one

    /// <summary>At the stream's start, at every reload, and at promotion.</summary>
    public void Configure(bool cascading)
    {
        // What a cascading standby confirms concerns nobody who commits.
        _rule = cascading ? null : SynchronousStandbyNames.Parse(process.Settings["synchronous_standby_names"]);
        process.Slot.SyncPriority.Value = _rule is null ? 0 : SyncGrant.PriorityOf(_rule, process.Slot);
    }

    public void ReleaseWaiters()
    {
        ProcessSlot self = process.Slot;
        if (_rule is not { } rule || self.SyncPriority.Value == 0)
        {
            _announce = true;
            return;
        }
        List<SyncCandidate> chosen = SyncGrant.Choose(rule, SyncGrant.Candidates(process.Segment, rule));
        bool isSynchronous = chosen.Exists(c => c.Slot == self.Index);
        if (isSynchronous && _announce)
        {
            process.Log.Log(rule.Method == SynchronousMethod.Priority
                ? $"standby \"{self.ApplicationName.Value}\" is now a synchronous standby with priority {self.SyncPriority.Value}"
                : $"standby \"{self.ApplicationName.Value}\" is now a candidate for quorum synchronous standby");
        }
        _announce = !isSynchronous;
        if (!isSynchronous || SyncGrant.Compute(rule, chosen) is not { } grant)
            return;
        Grant(SyncWaitMode.Write, grant.Write);
        Grant(SyncWaitMode.Flush, grant.Flush);
        Grant(SyncWaitMode.Apply, grant.Apply);
    }

    private void Grant(SyncWaitMode mode, Lsn position)
    {
        if (!process.Segment.Wal.SyncLsn[(int)mode].Raise(position))
            return;
        for (int i = SharedSegment.FirstWalSenderSlot; i < process.Segment.Slots.Length; i++)
        {
            ProcessSlot slot = process.Segment.Slots[i];
            Lsn wanted = slot.WaitSync.Value;
            if (wanted.IsValid && wanted <= position && slot.WaitMode.Value == (int)mode)
                process.LatchOf(i).Set();
        }
    }
}
