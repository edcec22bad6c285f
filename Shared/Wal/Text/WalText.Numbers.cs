using System.Buffers.Binary;
using System.Buffers.Text;
using System.Numerics;

namespace Pgrepl.Wal;

// printf's formats, each named for the conversion that it answers to.
public sealed partial class WalText
{
    private const int LongestNumber = 20;

    /// <summary>%u</summary>
    public WalText AppendUnsigned(ulong value)
    {
        if (value > uint.MaxValue)
            return AppendLong(value);
        int digits = CountDigits((uint)value);
        WriteDigits((uint)value, Room(digits)[..digits]);
        _length += digits;
        return this;
    }

    private WalText AppendLong(ulong value)
    {
        Utf8Formatter.TryFormat(value, Room(LongestNumber), out int written);
        _length += written;
        return this;
    }

    /// <summary>%d</summary>
    public WalText AppendSigned(long value)
    {
        Utf8Formatter.TryFormat(value, Room(LongestNumber), out int written);
        _length += written;
        return this;
    }

    /// <summary>%6u: blanks in front, up to a width.</summary>
    public WalText AppendPadded(ulong value, int width)
    {
        if (value > uint.MaxValue)
        {
            Span<byte> text = stackalloc byte[LongestNumber];
            Utf8Formatter.TryFormat(value, text, out int written);
            return AppendRight(text[..written], width);
        }
        int digits = CountDigits((uint)value);
        int length = Math.Max(width, digits);
        Span<byte> room = Room(length)[..length];
        room[..^digits].Fill((byte)' ');
        WriteDigits((uint)value, room[^digits..]);
        _length += length;
        return this;
    }

    /// <summary>%20s: blanks in front, up to a width.</summary>
    public WalText AppendRight(ReadOnlySpan<byte> text, int width)
    {
        AppendBlanks(width - text.Length);
        return Append(text);
    }

    /// <summary>%-11s: blanks behind, up to a width.</summary>
    public WalText AppendLeft(ReadOnlySpan<byte> text, int width)
    {
        Append(text);
        AppendBlanks(width - text.Length);
        return this;
    }

    /// <summary>%X, and %08X with a width; upper case.</summary>
    public WalText AppendHex(uint value, int width = 1) => AppendHex(value, width, "0123456789ABCDEF"u8);

    /// <summary>%x, lower case.</summary>
    public WalText AppendLowerHex(uint value) => AppendHex(value, 1, "0123456789abcdef"u8);

    /// <summary>Every byte as %02X, a blank between two.</summary>
    public WalText AppendHexBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return this;
        ReadOnlySpan<byte> alphabet = "0123456789ABCDEF"u8;
        int length = checked(3 * bytes.Length - 1);
        Span<byte> room = Room(length)[..length];
        for (int i = 0; i < bytes.Length; i++)
        {
            if (i > 0)
                room[3 * i - 1] = (byte)' ';
            room[3 * i] = alphabet[bytes[i] >> 4];
            room[3 * i + 1] = alphabet[bytes[i] & 15];
        }
        _length += length;
        return this;
    }

    private WalText AppendHex(uint value, int width, ReadOnlySpan<byte> alphabet)
    {
        int digits = Math.Max(width, (35 - BitOperations.LeadingZeroCount(value)) / 4);
        Span<byte> room = Room(digits)[..digits];
        for (int i = room.Length - 1; i >= 0; i--, value >>= 4)
            room[i] = alphabet[(int)(value & 15)];
        _length += digits;
        return this;
    }

    private void AppendBlanks(int count)
    {
        if (count <= 0)
            return;
        Room(count)[..count].Fill((byte)' ');
        _length += count;
    }

    private static int CountDigits(uint value) => value < 100_000
        ? value < 100 ? value < 10 ? 1 : 2 : value < 1_000 ? 3 : value < 10_000 ? 4 : 5
        : value < 10_000_000 ? value < 1_000_000 ? 6 : 7 : value < 100_000_000 ? 8 : value < 1_000_000_000 ? 9 : 10;

    /// <param name="target">As long as the number.</param>
    private static void WriteDigits(uint value, Span<byte> target)
    {
        int at = target.Length;
        for (; value >= 10; value /= 100)
            BinaryPrimitives.WriteUInt16LittleEndian(target[(at -= 2)..], Pairs[value % 100]);
        if (at > 0)
            target[0] = (byte)('0' + value);
    }

    /// <summary>"00" to "99", as two bytes each.</summary>
    private static readonly ushort[] Pairs = [.. Enumerable.Range(0, 100).Select(number => (ushort)('0' + number / 10 | '0' + number % 10 << 8))];
}
