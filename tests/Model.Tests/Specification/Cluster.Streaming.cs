using Pgrepl.Wal;

namespace Pgrepl.Model.Tests.Specification;

// How WAL and replies go from node to node. WalReceiver, WalSender/Replication, Startup/Recovery/WalFollower.
internal sealed partial class Cluster
{
    /// <summary>RequestXLogStreaming, Receiver.CheckUpstream, PhysicalStream.ChooseTimeline. History files that were fetched stay, whatever comes of it.</summary>
    private bool Connect(ref World w, Peer n, Peer m)
    {
        ref Node node = ref w.Nodes[(int)n - 1];
        ref Node upstream = ref w.Nodes[(int)m - 1];
        if (!node.IsStandby || node.Upstream != Peer.None || !w.Reaches(n, m) || upstream.Upstream == n)
            return false;
        int timeline = _product.TimelineOf(_product.History(node.Histories, node.Timeline), node.Written);
        byte served = ServedTimeline(w, upstream);
        if (served < timeline)
            return false; // highest timeline of the primary is behind recovery timeline
        HistoryFiles before = node.Histories;
        if (!FetchHistories(ref node, upstream, timeline, served))
            return node.Histories != before;
        int start = node.Written / _setup.Bounds.SegmentRecords * _setup.Bounds.SegmentRecords;
        if (StreamEnd(w, upstream, timeline) is not { } end || end.End < start || (end.IsSwitch && end.End == start))
            return node.Histories != before; // not in this server's history; ahead of its flush position; no more WAL on that timeline
        (node.Upstream, node.Received, node.StreamTimeline) = (m, (byte)start, (byte)timeline);
        upstream.Confirmed = upstream.Confirmed.With(n, 0);
        upstream.OnTheWay = upstream.OnTheWay.With(n, 0);
        return true;
    }

    /// <summary>Receiver.FetchTimelineHistories.</summary>
    /// <returns>False: upstream does not have one, or has another one than we.</returns>
    private bool FetchHistories(ref Node node, in Node upstream, int first, int last)
    {
        for (int timeline = Math.Max(first, 2); timeline <= last; timeline++)
        {
            if (!upstream.Histories.Has(timeline))
            {
                if (node.Histories.Has(timeline))
                    continue;
                return false;
            }
            uint theirs = upstream.Histories.Read(timeline);
            if (node.Histories.Has(timeline) && node.Histories.Read(timeline) != theirs && Has(Rule.KeepsHistoryFiles))
                return false; // history of timeline N from upstream differs from our own
            node.Histories = node.Histories.With(timeline, theirs);
        }
        return true;
    }

    /// <summary>PhysicalStream.FindEnd: how far upstream sends a timeline.</summary>
    /// <returns><see langword="null"/>: it is not in its history.</returns>
    private (int End, bool IsSwitch)? StreamEnd(in World w, in Node upstream, int timeline)
    {
        byte served = ServedTimeline(w, upstream);
        if (served == timeline)
            return (Has(Rule.SendsFlushedOnly) || upstream.IsPromoting ? upstream.ServedEnd : upstream.Written, false);
        return _product.SwitchPoint(_product.History(upstream.Histories, served), timeline) is { } end ? (end, true) : null;
    }

    /// <summary>The next record of the stream: ReceivedWal.Receive. What is here already is compared, what is not is written.</summary>
    private bool Receive(ref World w, Peer n)
    {
        ref Node node = ref w.Nodes[(int)n - 1];
        if (node.Upstream == Peer.None || !node.Up)
            return false;
        ref Node upstream = ref w.Nodes[(int)node.Upstream - 1];
        if (StreamEnd(w, upstream, node.StreamTimeline) is not { } end)
        {
            EndStream(ref node);
            return true;
        }
        if (node.Received >= end.End)
        {
            if (!end.IsSwitch)
                return false; // nothing more yet
            FetchHistories(ref node, upstream, node.StreamTimeline, ServedTimeline(w, upstream));
            EndStream(ref node);
            return true;
        }
        byte record = upstream.Wal[node.Received + 1];
        if (node.Received == node.Written)
            node.Wal = node.Wal.Append(record);
        else if (Has(Rule.ComparesWhatItHas) && node.Wal[node.Received + 1] != record)
        {
            EndStream(ref node); // WAL from upstream differs from our own
            return true;
        }
        node.Received++;
        if (!Has(Rule.ConfirmsAfterSync))
            Reply(ref w, n, node.Upstream);
        return true;
    }

    /// <summary>Receiver.CheckInterrupts: primary_conninfo has changed.</summary>
    private static bool Leave(ref World w, Peer n)
    {
        ref Node node = ref w.Nodes[(int)n - 1];
        if (!node.IsStandby || node.Upstream == Peer.None)
            return false;
        EndStream(ref node);
        return true;
    }

    /// <summary>Receiver.SendReply. Only what a rule counts is sent here, and only news.</summary>
    private bool Reply(ref World w, Peer n, Peer m)
    {
        ref Node node = ref w.Nodes[(int)n - 1];
        ref Node upstream = ref w.Nodes[(int)m - 1];
        if (!node.Up || node.Upstream != m || !_product.IsNamed(m, n))
            return false;
        Node said = node;
        if (!Has(Rule.ConfirmsAfterSync))
            said.Durable = said.Written;
        if (!Has(Rule.ConfirmsReceivedOnly))
            said.Received = said.Written;
        byte confirmed = (byte)_product.Confirmed(said);
        if (confirmed == Math.Max(upstream.OnTheWay[n], upstream.Confirmed[n]))
            return false;
        upstream.OnTheWay = upstream.OnTheWay.With(n, confirmed);
        return true;
    }

    /// <summary>WalFollower.RescanLatestTimeline, between two streams.</summary>
    private bool Follow(ref World w, Peer n)
    {
        ref Node node = ref w.Nodes[(int)n - 1];
        byte newest = node.Histories.FindNewest(node.Timeline);
        if (!node.IsStandby || node.Upstream != Peer.None || newest == node.Timeline)
            return false;
        TimelineHistory candidate = _product.History(node.Histories, newest);
        byte now = w.Records.Timeline(node.Wal.Last);
        if (Has(Rule.RefusesForkBehind) && !_product.MayFollow(_product.History(node.Histories, node.Timeline), now, candidate, node.Written))
            return false;
        CutToLine(w, ref node, candidate); // of what may be followed nothing is cut
        node.Timeline = newest;
        return true;
    }

    /// <summary>SegmentPageSource: of a timeline nothing is read from its switch point on.</summary>
    private void CutToLine(in World w, ref Node node, TimelineHistory line)
    {
        int end = 0;
        while (end < node.Written && _product.TimelineOf(line, end) == w.Records.Timeline(node.Wal[end + 1]))
            end++;
        node.Wal = node.Wal.UpTo(end);
        node.Durable = (byte)Math.Min(node.Durable, end);
        node.Applied = (byte)Math.Min(node.Applied, end);
    }
}
