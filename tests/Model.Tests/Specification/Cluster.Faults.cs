namespace Pgrepl.Model.Tests.Specification;

// What goes wrong, at every moment.
internal sealed partial class Cluster
{
    /// <param name="power">What no fdatasync has covered is lost; else the kernel still has it.</param>
    private static bool Crash(ref World w, Peer n, bool power)
    {
        ref Node node = ref w.Nodes[(int)n - 1];
        if (!node.Up || w.CrashesLeft == 0 || (power && node.Durable == node.Written))
            return false;
        w.CrashesLeft--;
        Disconnect(ref w, n);
        if (node.Step == PromotionStep.Finished)
            ForgetPromotion(ref node); // promoting.signal is gone, the node is a primary that crashed
        (node.Up, node.Writes) = (false, false);
        if (!power)
            return true;
        node.Wal = node.Wal.UpTo(node.Durable);
        node.Applied = Math.Min(node.Applied, node.Durable);
        return true;
    }

    /// <summary>Nothing goes over the line any more: what was on the way is lost, and so are the connections.</summary>
    private static bool Cut(ref World w, Peer n, Peer m)
    {
        if (w.CutsLeft == 0 || w.IsCut(n, m))
            return false;
        w.CutsLeft--;
        w.CutLines |= Peers.Line(n, m);
        Part(ref w, n, m);
        Part(ref w, m, n);
        return true;
    }

    private static void Part(ref World w, Peer n, Peer m)
    {
        ref Node node = ref w.Nodes[(int)n - 1];
        node.OnTheWay = node.OnTheWay.With(m, 0);
        if (node.Upstream == m)
            EndStream(ref node);
    }

    private static bool Heal(ref World w, Peer n, Peer m)
    {
        if (!w.IsCut(n, m))
            return false;
        w.CutLines &= (byte)~Peers.Line(n, m);
        return true;
    }
}
