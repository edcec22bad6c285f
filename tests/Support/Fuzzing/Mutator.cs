using System.Buffers.Binary;

namespace Pgrepl.TestSupport;

/// <summary>Makes inputs that are almost right out of inputs that are: what a parser is most likely to fall over.</summary>
public sealed class Mutator(IReadOnlyList<byte[]> corpus)
{
    private const int MaxEdits = 6;
    private const int LongestRun = 32;
    private const int TimesDuplicated = 200;

    /// <summary>Values that counters, lengths and their signs trip over.</summary>
    private static readonly long[] Odd = [0, 1, 2, 3, 4, 5, 7, 8, 9, -1, -2, 127, 128, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x10000, int.MaxValue, int.MinValue, 0x3FFFFFFF, 0x40000000, uint.MaxValue, long.MaxValue, long.MinValue];

    /// <summary>An item of the corpus after one to six edits; equal generators make equal inputs.</summary>
    public byte[] Next(Random random)
    {
        List<byte> bytes = [.. Pick(random)];
        for (int edits = random.Next(1, MaxEdits + 1); edits > 0; edits--)
            Edit(bytes, random);
        return [.. bytes];
    }

    private byte[] Pick(Random random) => corpus[random.Next(corpus.Count)];

    private void Edit(List<byte> bytes, Random random)
    {
        int at = random.Next(bytes.Count + 1), run = Math.Min(random.Next(1, LongestRun), bytes.Count - at);
        switch (random.Next(10))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                byte[] fresh = new byte[random.Next(1, LongestRun)];
                random.NextBytes(fresh);
                bytes.InsertRange(at, fresh);
                break;
            case 3:
                bytes.RemoveRange(at, run);
                break;
            case 4:
                bytes.RemoveRange(at, random.Next(8) == 0 ? bytes.Count - at : 0); // cut off
                break;
            case 5:
                List<byte> again = bytes.GetRange(at, run);
                for (int times = random.Next(10) == 0 ? random.Next(TimesDuplicated) : 1; times > 0; times--)
                    bytes.InsertRange(at, again);
                break;
            case 6:
                int other = random.Next(bytes.Count + 1), both = Math.Min(run, bytes.Count - other);
                for (int i = 0; i < both; i++)
                    (bytes[at + i], bytes[other + i]) = (bytes[other + i], bytes[at + i]);
                break;
            case 7:
                byte[] spliced = Pick(random);
                int from = random.Next(spliced.Length + 1);
                bytes.InsertRange(at, spliced.AsSpan(from, random.Next(spliced.Length - from + 1)).ToArray());
                break;
            default:
                PutOddNumber(bytes, at, random);
                break;
        }
    }

    /// <summary>Writes a number over what may be a length, in either byte order; or changes what is there by a little.</summary>
    private static void PutOddNumber(List<byte> bytes, int at, Random random)
    {
        int size = 1 << random.Next(4);
        if (bytes.Count - at < size)
            return;
        Span<byte> big = stackalloc byte[8];
        bytes.GetRange(at, size).ToArray().CopyTo(big[(8 - size)..]);
        bool little = random.Next(2) == 0;
        if (little)
            big[(8 - size)..].Reverse();
        BinaryPrimitives.WriteInt64BigEndian(big, random.Next(2) == 0 ? Odd[random.Next(Odd.Length)] : BinaryPrimitives.ReadInt64BigEndian(big) + random.Next(-4, 5));
        if (little)
            big[(8 - size)..].Reverse();
        for (int i = 0; i < size; i++)
            bytes[at + i] = big[8 - size + i];
    }
}
