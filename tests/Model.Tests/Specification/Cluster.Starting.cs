using Pgrepl.Startup.Recovery;
using Pgrepl.Wal;

namespace Pgrepl.Model.Tests.Specification;

// A node that is down starts: what it becomes is on its disk. Startup/StartupProcess, PeerQuestion; Relay/RelayStartup.
internal sealed partial class Cluster
{
    private bool Start(ref World w, Peer n)
    {
        ref Node node = ref w.Nodes[(int)n - 1];
        if (node.Up)
            return false;
        if (node.IsPromoting && Has(Rule.ResumesPromotion))
            return Resume(ref w, n);
        if (node.IsPromoting)
            ForgetPromotion(ref node);
        return node.StandbySignal ? StartStandby(ref w, n) : StartPrimary(ref w, n);
    }

    /// <summary>promoting.signal is there: the same numbers again, and what lies beyond the switch point belongs to nobody.</summary>
    private bool Resume(ref World w, Peer n)
    {
        ref Node node = ref w.Nodes[(int)n - 1];
        node.Wal = node.Wal.UpTo(node.PromotionEnd);
        node.Step = PromotionStep.Chosen;
        return Begin(ref node);
    }

    /// <summary>StartupProcess.ChooseHistory, OwnLine.Choose; RelayStartup.CheckNewest.</summary>
    private bool StartStandby(ref World w, Peer n)
    {
        ref Node node = ref w.Nodes[(int)n - 1];
        byte now = w.Records.Timeline(node.Wal.Last), newest = node.Histories.FindNewest(now);
        TimelineHistory line = _product.History(node.Histories, newest);
        if (Has(Rule.StartsOnItsLine) && !_product.MayFollow(_product.History(node.Histories, now), now, line, node.Written))
            return false; // requested timeline is not a child of this server's history
        CutToLine(w, ref node, line);
        node.Timeline = newest;
        return Begin(ref node);
    }

    /// <summary>PeerQuestion.MayStartAsPrimary, then crash recovery to the end of WAL.</summary>
    private bool StartPrimary(ref World w, Peer n)
    {
        ref Node node = ref w.Nodes[(int)n - 1];
        if (_setup.OperatorFences && Peers.All.Any(AnotherWasPromoted(w, n)))
            return false;
        TimelineHistory ours = _product.History(node.Histories, node.Timeline);
        if (Has(Rule.AsksBeforeStart))
        {
            int newest = NewestTimeline(w, node);
            if (newest > node.Timeline && _product.IsSuccessor(ours, _product.History(node.Histories, newest)))
                return false;
            List<PeerAnswer> answers = Answers(w, n);
            if (answers.Count == 0 && _setup.RequirePeer)
                return false;
            foreach (PeerAnswer peer in answers)
                if (!_product.MayBePrimary(ours, peer))
                    return Refuse(ref node, ours, newest, peer);
        }
        node.Writes = true;
        return Begin(ref node);
    }

    /// <returns>False: nothing that was not known has been learnt.</returns>
    private bool Refuse(ref Node node, TimelineHistory ours, int newest, PeerAnswer peer)
    {
        if (peer.Timeline <= ours.Target || !peer.History.Contains(ours.Target))
            return false;
        bool first = !node.Refused;
        node.Refused = true;
        if (Has(Rule.RemembersRefusal) && _product.IsRemembered(ours, newest, peer))
            node.Histories = node.Histories.With((int)peer.Timeline.Value, _product.HistoryOf((int)peer.Timeline.Value, [peer]));
        return first;
    }

    /// <summary>LocalWal.MakeDurable: everything that is here counts from now on.</summary>
    private bool Begin(ref Node node)
    {
        node.Up = true;
        node.Durable = node.Written;
        if (!_setup.RemoteApply || !node.StandbySignal)
            node.Applied = node.Durable;
        return true;
    }

    private static Func<Peer, bool> AnotherWasPromoted(World w, Peer n) =>
        m => m != n && (w.Nodes[(int)m - 1].IsPromoting || w.Nodes[(int)m - 1].Timeline > w.Nodes[(int)n - 1].Timeline);
}
