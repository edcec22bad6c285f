namespace Pgrepl.Model.Tests.Specification;

/// <summary>The WAL of a node: a row of at most seven records, four bits each.</summary>
internal readonly record struct Wal(uint Bits)
{
    public const int MaxLength = 7;

    public byte Length => (byte)((35 - uint.LeadingZeroCount(Bits)) / 4);

    /// <summary>The record that ends at a position, from 1 on; 0: none does.</summary>
    public byte this[int position] => (byte)(position == 0 ? 0 : (Bits >> (4 * (position - 1))) & 15);

    public byte Last => this[Length];

    public Wal Append(byte record) => new(Bits | ((uint)record << (4 * Length)));

    public Wal UpTo(int position) => new(Bits & ((1u << (4 * position)) - 1));

    public bool Contains(byte record, int upTo)
    {
        for (int position = 1; position <= upTo; position++)
            if (this[position] == record)
                return true;
        return false;
    }

    /// <summary>Length of what two rows have in common.</summary>
    public static int Common(Wal one, Wal other) => (int)uint.TrailingZeroCount(one.Bits ^ other.Bits) / 4 is var same && same > MaxLength ? Math.Min(one.Length, other.Length) : same;

    public bool StartsWith(Wal other) => UpTo(other.Length) == other;
}
