namespace Pgrepl.Model.Tests.Specification;

/// <summary>One of the three nodes; zero is none.</summary>
internal enum Peer : byte
{
    None,
    A,
    B,

    /// <summary>The witness: a relay, which is never promoted, or a second standby (<see cref="Setup.WitnessIsStandby"/>).</summary>
    W,
}

/// <summary>A position for each node, four bits each.</summary>
internal readonly record struct PeerPositions(ushort Bits)
{
    public byte this[Peer peer] => (byte)((Bits >> (4 * (int)peer)) & 15);

    public PeerPositions With(Peer peer, int position) => new((ushort)((Bits & ~(15 << (4 * (int)peer))) | (position << (4 * (int)peer))));
}

internal static class Peers
{
    public static readonly Peer[] All = [Peer.A, Peer.B, Peer.W];

    public static string Name(this Peer peer) => peer switch { Peer.A => "a", Peer.B => "b", Peer.W => "w", _ => "-" };

    /// <summary>The bit of the line between two nodes.</summary>
    public static byte Line(Peer one, Peer other) => (byte)(1 << ((int)one + (int)other)); // a-b 3, a-w 4, b-w 5
}
