using Pgrepl.Startup.Recovery;

namespace Pgrepl.Model.Tests.Specification;

// From a standby to a primary, step by step. Startup/Recovery/EndOfRecovery, WalFollower, PeerQuestion.
internal sealed partial class Cluster
{
    /// <summary>The operator asks; WalFollower.StopReceiver, EndOfRecovery.NewTimeline (1) and (2): walreceiver ends, what it has written is durable, numbers are chosen.</summary>
    private bool Promote(ref World w, Peer n)
    {
        ref Node node = ref w.Nodes[(int)n - 1];
        if (!node.IsStandby || IsRelay(n) || w.PromotionsLeft == 0 || !OperatorPromotes(w, n))
            return false;
        w.PromotionsLeft--;
        if (Has(Rule.ReceiverEndsFirst))
            EndStream(ref node);
        node.Durable = node.Applied = node.Written;
        int newest = Math.Max(node.Timeline, NewestTimeline(w, node));
        List<PeerAnswer> peers = Has(Rule.AsksForTimeline) ? Answers(w, n) : [];
        int timeline = _product.TimelineAfter(newest, peers);
        if (timeline > HistoryFiles.Newest)
            return false;
        for (int older = 2; older < timeline && Has(Rule.FillsHistories); older++)
            if (!node.Histories.Has(older) && _product.HistoryOf(older, peers) is > 0 and var file)
                node.Histories = node.Histories.With(older, file);
        if (IsTaken(w, timeline))
            w.TakenTwice |= (byte)(1 << timeline);
        node.PromotionTimeline = (byte)timeline;
        node.PromotionParent = w.Records.Timeline(node.Wal.Last);
        node.PromotionEnd = node.Written;
        node.Step = PromotionStep.Chosen;
        return true;
    }

    /// <summary>EndOfRecovery.NewTimeline, the steps after promoting.signal.</summary>
    private bool GoOn(ref World w, Peer n)
    {
        ref Node node = ref w.Nodes[(int)n - 1];
        if (!node.Up || !node.IsPromoting)
            return false;
        switch (node.Step)
        {
            case PromotionStep.Chosen:
                node.StandbySignal = false;
                node.Step = PromotionStep.SignalRemoved;
                return true;
            case PromotionStep.SignalRemoved:
                node.Histories = node.Histories.With(node.PromotionTimeline, _product.Append(node.Histories, node.PromotionParent, node.PromotionEnd));
                node.Step = PromotionStep.HistoryStored;
                return true;
            case PromotionStep.HistoryStored:
                if (!Insert(ref w, ref node, node.PromotionTimeline))
                    return false;
                node.Durable = node.Applied = node.Written;
                node.Step = PromotionStep.RecordWritten;
                return true;
            case PromotionStep.RecordWritten:
                node.Timeline = node.PromotionTimeline;
                node.Step = PromotionStep.Finished;
                return true;
            default:
                ForgetPromotion(ref node);
                node.Writes = true; // RecoveryDone
                Acknowledge(ref w, n);
                return true;
        }
    }

    private static void ForgetPromotion(ref Node node) =>
        (node.Step, node.PromotionTimeline, node.PromotionParent, node.PromotionEnd) = (PromotionStep.None, 0, 0, 0);

    /// <summary>docs/guides/failover.md, as far as this operator keeps to it. Who asks everybody can do without one: the primary that was lost.</summary>
    private bool OperatorPromotes(in World w, Peer n)
    {
        int lost = 0;
        foreach (Peer m in Peers.All)
        {
            ref readonly Node other = ref w.Nodes[(int)m - 1];
            if (m == n)
                continue;
            if (_setup.OperatorFences && (other.IsPromoting || (other.Up && other.Writes)))
                return false;
            if (_setup.OperatorAsksAll && (other.Up ? w.IsCut(n, m) || other.Written > w.Nodes[(int)n - 1].Written : other.StandbySignal || lost++ > 0))
                return false;
        }
        return true;
    }

    /// <summary>PeerQuestion.AskAll: who runs and is reached answers with where it is.</summary>
    private List<PeerAnswer> Answers(in World w, Peer n)
    {
        var answers = new List<PeerAnswer>();
        foreach (Peer m in Peers.All)
            if (w.Reaches(n, m))
                answers.Add(_product.Answer(m, ServedHistory(w, w.Nodes[(int)m - 1]), w.Nodes[(int)m - 1].Writes, w.Nodes[(int)m - 1].Histories));
        return answers;
    }

    /// <summary>WalDirectory.NewestTimeline: the newest that a segment or history file speaks of.</summary>
    private static int NewestTimeline(in World w, in Node node)
    {
        int newest = 1;
        for (int timeline = 2; timeline <= HistoryFiles.Newest; timeline++)
            if (node.Histories.Has(timeline))
                newest = timeline;
        for (int position = 1; position <= node.Written; position++)
            newest = Math.Max(newest, w.Records.Timeline(node.Wal[position]));
        return newest;
    }

    /// <summary>Some node has it on its disk, reached or not.</summary>
    private static bool IsTaken(in World w, int timeline)
    {
        foreach (Peer m in Peers.All)
            if (Invariants.Knows(w, m, timeline))
                return true;
        return false;
    }
}
