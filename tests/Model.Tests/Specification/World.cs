using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pgrepl.Model.Tests.Specification;

/// <summary>The variables: three nodes, the records that exist, what clients were told, and how much may still go wrong.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct World : IEquatable<World>
{
    /// <summary>Records are numbers from 1; a number that nobody holds any more is taken again.</summary>
    public const int MaxRecord = 7;

    public Three Nodes;
    public Records Records;
    public byte Acknowledged;   // a bit for each record: its client was told
    public byte PutAside;       // records that a rejoin took out of a node's WAL
    public byte TakenTwice;     // timelines that two promotions took
    public byte CutLines;       // Peers.Line
    public byte WritesLeft;
    public byte PromotionsLeft;
    public byte CrashesLeft;
    public byte CutsLeft;
    public byte RejoinsLeft;

    public readonly bool IsCut(Peer one, Peer other) => (CutLines & Peers.Line(one, other)) != 0;

    /// <summary>An answer would come, and in time.</summary>
    public readonly bool Reaches(Peer one, Peer other) => one != other && Nodes[(int)other - 1].Up && !IsCut(one, other);

    /// <summary>Forgets the records that nobody has, so that states which differ in nothing else are one.</summary>
    public void Sweep()
    {
        int held = 0;
        for (byte record = 1; record <= MaxRecord; record++)
            for (byte from = (Acknowledged & (1 << record)) != 0 ? record : (byte)0; from != 0; from = Records.Parent(from))
                held |= 1 << from;
        foreach (Peer peer in Peers.All)
        {
            Wal wal = Nodes[(int)peer - 1].Wal;
            for (int position = 1; position <= wal.Length; position++)
                held |= 1 << wal[position];
        }
        PutAside &= (byte)held;
        Records = Records.Keep(held);
    }

    public readonly bool Equals(World other) => Bytes(this).SequenceEqual(Bytes(other));
    public override readonly bool Equals(object? obj) => obj is World other && Equals(other);

    public override readonly int GetHashCode()
    {
        ulong hash = 17;
        ReadOnlySpan<byte> bytes = Bytes(this);
        foreach (ulong part in MemoryMarshal.Cast<byte, ulong>(bytes))
            hash = (hash ^ part) * 0x9E3779B97F4A7C15 ^ (hash >> 29);
        foreach (byte part in bytes[(bytes.Length & ~7)..])
            hash = (hash ^ part) * 0x9E3779B97F4A7C15;
        return (int)(hash >> 32);
    }

    private static ReadOnlySpan<byte> Bytes(in World world) => MemoryMarshal.AsBytes(new ReadOnlySpan<World>(in world));

    [InlineArray(3)]
    internal struct Three
    {
        private Node _first;
    }
}
