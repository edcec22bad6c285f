using Pgrepl.Wal;

namespace Pgrepl.Model.Tests.Specification;

/// <summary>What must never be, each named by its number in the design. They look at the records themselves and who wrote them after what, which no node sees.</summary>
internal sealed class Invariants(Setup setup, Product product)
{
    /// <returns>The first that does not hold after this step; <see langword="null"/>: all hold.</returns>
    public string? Broken(in World before, in World after, bool isRejoin) =>
        OnePen(after) ?? (IsSameWal(before, after) ? null : OneWriter(after) ?? NotMerged(after))
        ?? (isRejoin ? null : DurableStays(before, after) ?? HistoriesStay(before, after))
        ?? AcknowledgementIsTrue(before, after) ?? OneLineAcknowledged(after) ?? PromotedHasAll(before, after)
        ?? CanBeFollowed(after) ?? TimelineIsNew(before, after) ?? NumbersStay(before, after) ?? SuccessorWins(before, after);

    /// <summary>A node has a timeline on its disk: a record of it, its history, or its number in promoting.signal.</summary>
    public static bool Knows(in World w, Peer n, int timeline)
    {
        ref readonly Node node = ref w.Nodes[(int)n - 1];
        if (node.Histories.Has(timeline) || node.PromotionTimeline == timeline)
            return true;
        for (int position = 1; position <= node.Written; position++)
            if (w.Records.Timeline(node.Wal[position]) == timeline)
                return true;
        return false;
    }

    /// <summary>Most steps write nothing: then what is said of the WAL alone holds as before.</summary>
    private static bool IsSameWal(in World before, in World after)
    {
        foreach (Peer n in Peers.All)
            if (before.Nodes[(int)n - 1].Wal != after.Nodes[(int)n - 1].Wal)
                return false;
        return true;
    }

    /// <summary>1: walreceiver exits before startup writes, startup is done before walwriter writes.</summary>
    private static string? OnePen(in World w)
    {
        foreach (Peer n in Peers.All)
        {
            ref readonly Node node = ref w.Nodes[(int)n - 1];
            int pens = (node.Upstream != Peer.None ? 1 : 0) + (node.Up && node.IsPromoting ? 1 : 0) + (node.Writes ? 1 : 0);
            if (pens > 1)
                return $"invariant 1: two processes of {n.Name()} write WAL";
        }
        return null;
    }

    /// <summary>1: at one position of a timeline there is one record, unless two promotions took that timeline.</summary>
    private static string? OneWriter(in World w)
    {
        foreach (Peer n in Peers.All)
            foreach (Peer m in Peers.All)
                for (int position = 1; n < m && position <= Wal.MaxLength; position++)
                {
                    byte one = w.Nodes[(int)n - 1].Wal[position], other = w.Nodes[(int)m - 1].Wal[position];
                    byte timeline = w.Records.Timeline(one);
                    if (one != other && one != 0 && other != 0 && timeline == w.Records.Timeline(other) && (w.TakenTwice & (1 << timeline)) == 0)
                        return $"invariant 1: timeline {timeline} was written twice, {n.Name()} and {m.Name()} have other records at {position}";
                }
        return null;
    }

    /// <summary>7: two lines are found, not merged: every record follows the one that it was written after.</summary>
    private static string? NotMerged(in World w)
    {
        foreach (Peer n in Peers.All)
        {
            Wal wal = w.Nodes[(int)n - 1].Wal;
            for (int position = 1; position <= wal.Length; position++)
                if (w.Records.Parent(wal[position]) != wal[position - 1])
                    return $"invariant 7: two lines are merged on {n.Name()}, record {wal[position]} was not written after {wal[position - 1]}";
        }
        return null;
    }

    /// <summary>4: "flush" is durable: nothing but a rejoin takes it away.</summary>
    private static string? DurableStays(in World before, in World after)
    {
        foreach (Peer n in Peers.All)
        {
            ref readonly Node node = ref before.Nodes[(int)n - 1];
            int durable = node.IsPromoting ? node.PromotionEnd : node.Durable; // what startup writes in a promotion is nobody's until it is done
            if (!after.Nodes[(int)n - 1].Wal.StartsWith(node.Wal.UpTo(durable)))
                return $"invariant 4: {n.Name()} has lost what was flushed";
        }
        return null;
    }

    /// <summary>7: a stored history file never changes.</summary>
    private static string? HistoriesStay(in World before, in World after)
    {
        foreach (Peer n in Peers.All)
            for (int timeline = 2; timeline <= HistoryFiles.Newest; timeline++)
                if (before.Nodes[(int)n - 1].Histories.Read(timeline) is > 0 and var stored && after.Nodes[(int)n - 1].Histories.Read(timeline) != stored)
                    return $"invariant 7: the history of timeline {timeline} has changed on {n.Name()}";
        return null;
    }

    /// <summary>4: an acknowledgement means what synchronous_commit promised: durable on the primary, and on a standby of the rule (with remote_apply: applied).</summary>
    private string? AcknowledgementIsTrue(in World before, in World after)
    {
        int fresh = after.Acknowledged & ~before.Acknowledged;
        for (byte record = 1; fresh != 0 && record <= World.MaxRecord; record++)
        {
            if ((fresh & (1 << record)) == 0)
                continue;
            bool durable = false, confirmed = (after.PutAside & (1 << record)) != 0;
            foreach (Peer n in Peers.All)
            {
                ref readonly Node primary = ref after.Nodes[(int)n - 1];
                if (!primary.Writes || !primary.Wal.Contains(record, primary.Durable))
                    continue;
                durable = true;
                confirmed |= setup.Names.Length == 0 || Peers.All.Any(IsConfirmedBy(after, n, record));
            }
            if (!durable)
                return $"invariant 4: record {record} is acknowledged and not durable on its primary";
            if (!confirmed)
                return $"invariant 4: record {record} is acknowledged and no synchronous standby has it";
        }
        return null;
    }

    /// <summary>What was put aside by a rejoin had been confirmed before.</summary>
    private Func<Peer, bool> IsConfirmedBy(World w, Peer primary, byte record) => n =>
    {
        ref readonly Node node = ref w.Nodes[(int)n - 1];
        return n != primary && product.IsNamed(primary, n) && node.Wal.Contains(record, setup.RemoteApply ? node.Applied : node.Durable);
    };

    /// <summary>4: with synchronous replication all that is acknowledged is on one line: two primaries cannot both go on.</summary>
    private string? OneLineAcknowledged(in World w)
    {
        if (!setup.LosesNothing)
            return null;
        for (byte one = 1; one <= World.MaxRecord; one++)
            for (byte other = (byte)(one + 1); other <= World.MaxRecord; other++)
                if ((w.Acknowledged & (1 << one)) != 0 && (w.Acknowledged & (1 << other)) != 0 && !IsBefore(w.Records, one, other) && !IsBefore(w.Records, other, one))
                    return $"invariant 4: records {one} and {other} are acknowledged, and no line has both";
        return null;
    }

    private static bool IsBefore(Records records, byte one, byte other)
    {
        while (other != 0 && other != one)
            other = records.Parent(other);
        return other == one;
    }

    /// <summary>4: with synchronous replication a promotion loses nothing that is acknowledged.</summary>
    private string? PromotedHasAll(in World before, in World after)
    {
        if (!setup.LosesNothing)
            return null;
        foreach (Peer n in Peers.All)
        {
            ref readonly Node node = ref after.Nodes[(int)n - 1];
            if (!node.IsPromoting || before.Nodes[(int)n - 1].IsPromoting)
                continue;
            for (byte record = 1; record <= World.MaxRecord; record++)
                if ((after.Acknowledged & (1 << record)) != 0 && !node.Wal.Contains(record, node.PromotionEnd))
                    return $"invariant 4: {n.Name()} is promoted without record {record}, which is acknowledged";
        }
        return null;
    }

    /// <summary>9: a timeline id is never reused: nobody who can be asked has it, and not the node itself. A promotion that is under way elsewhere has not got it yet.</summary>
    private static string? TimelineIsNew(in World before, in World after)
    {
        foreach (Peer n in Peers.All)
        {
            ref readonly Node node = ref after.Nodes[(int)n - 1];
            if (before.Nodes[(int)n - 1].IsPromoting || !node.IsPromoting)
                continue;
            foreach (Peer m in Peers.All)
                if ((m == n || before.Reaches(n, m)) && !before.Nodes[(int)m - 1].IsPromoting && Knows(before, m, node.PromotionTimeline))
                    return $"invariant 9: {n.Name()} is promoted to timeline {node.PromotionTimeline}, which {m.Name()} has already";
        }
        return null;
    }

    /// <summary>8: timeline history is checked at every connection, so a primary has the file of every timeline up to its own.</summary>
    private static string? CanBeFollowed(in World w)
    {
        foreach (Peer n in Peers.All)
        {
            ref readonly Node node = ref w.Nodes[(int)n - 1];
            if (node.Writes && node.Histories.FindNewest(1) < node.Timeline)
                return $"invariant 8: nobody can follow {n.Name()} to timeline {node.Timeline}, it has no history of timeline {node.Histories.FindNewest(1) + 1}";
        }
        return null;
    }

    /// <summary>9: a promotion that was interrupted goes on with its numbers, or is given up by a rejoin.</summary>
    private static string? NumbersStay(in World before, in World after)
    {
        foreach (Peer n in Peers.All)
        {
            ref readonly Node was = ref before.Nodes[(int)n - 1];
            ref readonly Node node = ref after.Nodes[(int)n - 1];
            if (was.IsPromoting && was.Step != PromotionStep.Finished && node.Up && (node.PromotionTimeline, node.PromotionEnd) != (was.PromotionTimeline, was.PromotionEnd))
                return $"invariant 9: the promotion of {n.Name()} to timeline {was.PromotionTimeline} at {was.PromotionEnd} was begun and did not go on";
        }
        return null;
    }

    /// <summary>7, 9 and decision 0009: no node becomes a primary beside a successor that can be asked, or beside another primary of its timeline; and not
    /// after it was once refused.</summary>
    private string? SuccessorWins(in World before, in World after)
    {
        foreach (Peer n in Peers.All)
        {
            ref readonly Node node = ref after.Nodes[(int)n - 1];
            if (!node.Writes || before.Nodes[(int)n - 1].Writes)
                continue;
            if (node.Refused)
                return $"invariant 9: {n.Name()} has become a primary although it knew of its successor";
            if (before.Nodes[(int)n - 1].Up)
                continue; // a promotion: it asks for timelines, not for leave
            TimelineHistory ours = product.History(node.Histories, node.Timeline);
            foreach (Peer m in Peers.All)
            {
                ref readonly Node other = ref after.Nodes[(int)m - 1];
                if (!before.Reaches(n, m))
                    continue;
                if (other.Writes && other.Timeline == node.Timeline)
                    return $"invariant 7: {n.Name()} and {m.Name()} are primaries on timeline {node.Timeline}, and could have asked each other";
                byte there = after.Records.Timeline(other.Wal.Last);
                if (!other.Writes && !other.IsPromoting && there > node.Timeline && product.History(other.Histories, there).Contains(ours.Target))
                    return $"invariant 9: {n.Name()} has become a primary on timeline {node.Timeline} beside {m.Name()}, which follows its successor and could have told";
                if (other.Writes && !ours.Contains(new TimelineId(other.Timeline)))
                    return $"invariant 9: {n.Name()} has become a primary on timeline {node.Timeline} beside {m.Name()} on timeline {other.Timeline}, which it could have asked";
            }
        }
        return null;
    }
}
