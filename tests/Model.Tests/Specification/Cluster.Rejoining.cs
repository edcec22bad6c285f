using Pgrepl.Wal;

namespace Pgrepl.Model.Tests.Specification;

// pgrepl rejoin. Cli/Rejoin: LogClusterRewind, RelayRewind, SharedWal, DivergedWal.
internal sealed partial class Cluster
{
    /// <summary>The node is stopped if it runs, goes back to where the other's WAL and its own part, and takes over the other's history files. It is started later.</summary>
    private bool Rejoin(ref World w, Peer n, Peer m)
    {
        ref Node node = ref w.Nodes[(int)n - 1];
        ref Node upstream = ref w.Nodes[(int)m - 1];
        if (w.RejoinsLeft == 0 || !w.Reaches(n, m) || (_setup.RejoinsPrimaryOnly && !upstream.Writes))
            return false;
        TimelineHistory theirs = ServedHistory(w, upstream);
        if (_product.Fork(_product.History(node.Histories, LocalTimeline(w, node)), theirs) is not { } fork)
            return false; // could not find common ancestor
        w.RejoinsLeft--;
        Disconnect(ref w, n);
        ForgetPromotion(ref node);
        (node.Up, node.Writes, node.StandbySignal, node.Refused) = (false, false, true, false);

        int last = Math.Min(Math.Min(node.Written, upstream.ServedEnd), fork), same = Math.Min(Wal.Common(node.Wal, upstream.Wal), last);
        if (same < last)
            fork = same; // the histories say nothing, the bytes do: SharedWal.Narrow
        int end = Math.Min(fork, node.Written);
        for (int position = end + 1; position <= node.Written; position++)
            w.PutAside |= (byte)(1 << node.Wal[position]);
        node.Wal = node.Wal.UpTo(end);
        node.Durable = node.Applied = node.Written;
        node.Timeline = w.Records.Timeline(node.Wal.Last);
        AdoptHistory(ref node, upstream, theirs);
        return true;
    }

    /// <summary>LocalWal.History: of the newest timeline that there is a segment of.</summary>
    private static byte LocalTimeline(in World w, in Node node) =>
        node.Step >= PromotionStep.HistoryStored ? node.PromotionTimeline : w.Records.Timeline(node.Wal.Last);

    /// <summary>DivergedWal.AdoptHistory: files that say something else, or tell of newer timelines, go aside.</summary>
    private static void AdoptHistory(ref Node node, in Node upstream, TimelineHistory theirs)
    {
        for (int timeline = 2; timeline <= HistoryFiles.Newest; timeline++)
        {
            bool isTheirs = theirs.Contains(new TimelineId((uint)timeline));
            if (isTheirs)
                node.Histories = node.Histories.With(timeline, upstream.Histories.Read(timeline));
            else if (timeline > theirs.Target.Value)
                node.Histories = node.Histories.With(timeline, 0);
        }
    }
}
