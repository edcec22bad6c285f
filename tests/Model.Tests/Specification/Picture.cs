using System.Text;

namespace Pgrepl.Model.Tests.Specification;

/// <summary>A state in one line: <c>a primary t1 [1 2*|3]</c> writes on timeline 1, has records 1 and 2 durable and 3 not; 2 is acknowledged.</summary>
internal static class Picture
{
    public static string Of(in World w)
    {
        var text = new StringBuilder();
        foreach (Peer n in Peers.All)
        {
            ref readonly Node node = ref w.Nodes[(int)n - 1];
            text.Append($"{n.Name()} {Role(node)} t{node.Timeline} {Records(w, node)}");
            if (node.Upstream != Peer.None)
                text.Append($"<{node.Upstream.Name()}@{node.Received}");
            text.Append("  ");
        }
        foreach ((Peer one, Peer other) in new[] { (Peer.A, Peer.B), (Peer.A, Peer.W), (Peer.B, Peer.W) })
            if (w.IsCut(one, other))
                text.Append($"{one.Name()}/{other.Name()} ");
        return text.ToString().TrimEnd();
    }

    private static string Role(in Node node) =>
        node.IsPromoting ? $"{(node.Up ? "" : "down, ")}promoting {node.Step}"
        : !node.Up ? "down"
        : node.Writes ? "primary" : "standby";

    /// <summary>A timeline's first record is shown with its number: <c>t2:4</c>.</summary>
    private static string Records(in World w, in Node node)
    {
        var text = new StringBuilder("[");
        for (int position = 1; position <= node.Written; position++)
        {
            byte record = node.Wal[position];
            if (position > 1)
                text.Append(position - 1 == node.Durable ? '|' : ' ');
            if (position > 1 && w.Records.IsFirstOfTimeline(record))
                text.Append($"t{w.Records.Timeline(record)}:");
            text.Append(record);
            if ((w.Acknowledged & (1 << record)) != 0)
                text.Append('*');
        }
        return text.Append(']').ToString();
    }
}
