using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Node;

/// <summary>A standby that synchronous_standby_names may count: it streams, has reported a flush, and is named.</summary>
/// <param name="Slot">Index in the process table.</param>
/// <param name="Number">SenderNumber: decides between standbys of equal priority.</param>
/// <param name="Priority">From 1; with ANY 1 for all.</param>
public readonly record struct SyncCandidate(int Slot, int Number, int Priority, Lsn Write, Lsn Flush, Lsn Apply);

/// <summary>What the standbys together have confirmed: commits up to there need not wait any longer.</summary>
public readonly record struct SyncGrant(Lsn Write, Lsn Flush, Lsn Apply)
{
    /// <summary>Standbys that count now: with ANY all candidates, with FIRST the ones of the lowest numbers.</summary>
    /// <remarks>Source of truth: SyncRepGetCandidateStandbys, PostgreSQL 15, src/backend/replication/syncrep.c.</remarks>
    public static List<SyncCandidate> Choose(SynchronousStandbyNames rule, IEnumerable<SyncCandidate> candidates)
    {
        List<SyncCandidate> chosen = [.. candidates];
        if (rule.Method != SynchronousMethod.Priority || chosen.Count <= rule.NumSync)
            return chosen;
        chosen.Sort(static (a, b) => a.Priority != b.Priority ? a.Priority.CompareTo(b.Priority) : a.Number.CompareTo(b.Number));
        chosen.RemoveRange(rule.NumSync, chosen.Count - rule.NumSync);
        return chosen;
    }

    /// <summary>With FIRST the oldest position of the chosen, with ANY n the n-th latest, each kind of position for itself.</summary>
    /// <param name="chosen">From <see cref="Choose"/>.</param>
    /// <returns><see langword="null"/>: there are fewer standbys than the rule wants, nothing is granted.</returns>
    /// <remarks>Source of truth: SyncRepGetSyncRecPtr, PostgreSQL 15, syncrep.c.</remarks>
    public static SyncGrant? Compute(SynchronousStandbyNames rule, List<SyncCandidate> chosen)
    {
        if (chosen.Count < rule.NumSync)
            return null;
        // FIRST has chosen exactly NumSync: their NumSync-th latest is their oldest.
        return new SyncGrant(
            NthLatest(chosen.ConvertAll(static c => c.Write), rule.NumSync),
            NthLatest(chosen.ConvertAll(static c => c.Flush), rule.NumSync),
            NthLatest(chosen.ConvertAll(static c => c.Apply), rule.NumSync));
    }

    /// <summary>The candidates in the process table.</summary>
    public static List<SyncCandidate> Candidates(SharedSegment segment, SynchronousStandbyNames rule)
    {
        var candidates = new List<SyncCandidate>();
        for (int i = SharedSegment.FirstWalSenderSlot; i < segment.Slots.Length; i++)
        {
            ProcessSlot slot = segment.Slots[i];
            if (slot.SenderState.Value is not ((int)WalSenderState.Streaming or (int)WalSenderState.Stopping))
                continue;
            Lsn flush = slot.PeerFlushed.Value;
            int priority = PriorityOf(rule, slot);
            if (flush.IsValid && priority > 0)
                candidates.Add(new SyncCandidate(i, slot.SenderNumber.Value, priority, slot.PeerWritten.Value, flush, slot.PeerApplied.Value));
        }
        return candidates;
    }

    /// <summary>SyncRepGetStandbyPriority: by the rule as it is now, not by what the standby's walsender last made of it.</summary>
    /// <returns>0: asynchronous.</returns>
    public static int PriorityOf(SynchronousStandbyNames rule, ProcessSlot slot)
    {
        int priority = rule.PriorityOf(slot.ApplicationName.Value);
        return rule.Method == SynchronousMethod.Quorum ? Math.Min(priority, 1) : priority;
    }

    private static Lsn NthLatest(List<Lsn> positions, int n)
    {
        positions.Sort();
        return positions[^n];
    }
}
