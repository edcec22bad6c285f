namespace Pgrepl.Model.Tests.Specification;

// What a primary does: it writes, flushes, and tells clients. WalWriter, WalSender/SyncRep.
internal sealed partial class Cluster
{
    /// <summary>A client's record comes into the WAL buffers, and out to the kernel: WalInserter, walwriter.</summary>
    private bool Write(ref World w, Peer n)
    {
        ref Node node = ref w.Nodes[(int)n - 1];
        if (!node.Up || !node.Writes || w.WritesLeft == 0)
            return false;
        w.WritesLeft--;
        if (!Insert(ref w, ref node, node.Timeline))
            return false;
        if (!Has(Rule.LocalFlushFirst))
            Acknowledge(ref w, n);
        return true;
    }

    /// <returns>False: the bounds are reached.</returns>
    private static bool Insert(ref World w, ref Node node, byte timeline)
    {
        byte record = w.Records.Free();
        if (record == 0 || node.Written == Wal.MaxLength)
            return false;
        w.Records = w.Records.With(record, node.Wal.Last, timeline);
        node.Wal = node.Wal.Append(record);
        return true;
    }

    /// <summary>fdatasync, by walwriter or walreceiver.</summary>
    private bool Flush(ref World w, Peer n)
    {
        ref Node node = ref w.Nodes[(int)n - 1];
        if (!node.Up || node.IsPromoting || node.Durable == node.Written)
            return false;
        node.Durable = node.Written;
        Applied(ref node);
        Acknowledge(ref w, n);
        return true;
    }

    /// <summary>A reply has come: PhysicalStream.Replied, SyncRepSender.ReleaseWaiters.</summary>
    private bool Hear(ref World w, Peer n, Peer standby)
    {
        ref Node node = ref w.Nodes[(int)n - 1];
        if (node.OnTheWay[standby] == 0)
            return false;
        node.Confirmed = node.Confirmed.With(standby, node.OnTheWay[standby]);
        node.OnTheWay = node.OnTheWay.With(standby, 0);
        Acknowledge(ref w, n);
        return true;
    }

    /// <summary>SynchronousReplication.Wait: durable here, and granted by the standbys. Records that an earlier life of the node wrote count too: a client may ask
    /// whether its record is there.</summary>
    private void Acknowledge(ref World w, Peer n)
    {
        ref Node node = ref w.Nodes[(int)n - 1];
        if (!node.Up || !node.Writes)
            return;
        int granted = Has(Rule.WaitsForStandbys) ? _product.Granted(n, node.Confirmed) : int.MaxValue;
        int end = Math.Min(granted, Has(Rule.LocalFlushFirst) ? node.Durable : node.Written);
        for (int position = 1; position <= end; position++)
            if (!w.Records.IsFirstOfTimeline(node.Wal[position]))
                w.Acknowledged |= (byte)(1 << node.Wal[position]);
    }

    /// <summary>Where nobody waits for replay, it is not a variable of its own.</summary>
    private void Applied(ref Node node)
    {
        if (!_setup.RemoteApply || node.Writes)
            node.Applied = node.Durable;
    }

    /// <summary>Replay.Apply: what walreceiver has validated.</summary>
    private bool Apply(ref World w, Peer n)
    {
        ref Node node = ref w.Nodes[(int)n - 1];
        if (!node.IsStandby || node.Applied == node.Durable)
            return false;
        node.Applied = node.Durable;
        return true;
    }
}
