using System.Buffers.Binary;
using System.Globalization;
using Pgrepl.Shared;
using Pgrepl.Shared.Protocol;

namespace Pgrepl.WalSender.Sql;

/// <summary>numeric on System.Decimal: at most 28 digits, the scale is kept as PostgreSQL keeps its display scale.</summary>
/// <remarks>Source of truth: numeric_send, numeric_recv and select_div_scale, PostgreSQL 15, src/backend/utils/adt/numeric.c. On the wire, big-endian:
/// <code>
/// offset  size  field
///      0     2  Digits          how many base-10000 digits follow
///      2     2  Weight          of the first one, as a power of 10000
///      4     2  Sign            0x0000 positive, 0x4000 negative, 0xC000 NaN
///      6     2  DisplayScale    decimals printed
///      8     …  the digits, 2 bytes each
/// </code></remarks>
internal static class SqlNumeric
{
    private const short Positive = 0;
    private const short Negative = 0x4000;
    private const int MaxScale = 28;

    /// <summary>There is no negative zero.</summary>
    public static decimal Normalise(decimal value) => value == 0 ? Math.Abs(value) : value;

    public static decimal Divide(decimal left, decimal right)
    {
        if (right == 0)
            throw SqlErrors.DivisionByZeroError();
        // At least 16 significant digits, and no fewer decimals than either side has; counted in base-10000 digits, as PostgreSQL does.
        int weight = Weight(left, out int first) - Weight(right, out int second);
        if (first <= second)
            weight--;
        int scale = Math.Max(Math.Max(16 - weight * 4, 0), Math.Max(left.Scale, right.Scale));
        decimal quotient = decimal.Round(left / right, Math.Min(scale, MaxScale), MidpointRounding.AwayFromZero);
        return Normalise(WithScale(quotient, scale));
    }

    /// <summary>Pads with zeros up to the scale, as far as 28 digits allow.</summary>
    public static decimal WithScale(decimal value, int scale)
    {
        if (value.Scale > scale)
            return decimal.Round(value, scale, MidpointRounding.AwayFromZero);
        while (value.Scale < Math.Min(scale, MaxScale) && Math.Abs(value) < 7e27m)
        {
            decimal padded = value * 1.0m;
            if (padded.Scale == value.Scale)
                break;
            value = padded;
        }
        return value;
    }

    /// <summary>Rounds half away from zero to <paramref name="digits"/> decimals; negative digits round left of the point.</summary>
    public static decimal Round(decimal value, int digits)
    {
        if (digits >= 0)
            return Normalise(WithScale(value, Math.Min(digits, MaxScale)));
        if (digits < -28)
            return 0;
        decimal unit = 1;
        for (int i = digits; i < 0; i++)
            unit *= 10;
        try
        {
            return Normalise(decimal.Round(value / unit, 0, MidpointRounding.AwayFromZero) * unit);
        }
        catch (OverflowException)
        {
            throw Overflow();
        }
    }

    public static PgException Overflow() => new(SqlErrors.NumericValueOutOfRange, "value overflows numeric format", "This node calculates with at most 28 digits.");

    public static void Send(ByteBuffer target, decimal value)
    {
        Span<short> digits = stackalloc short[20];
        string text = Math.Abs(value).ToString(CultureInfo.InvariantCulture);
        int point = text.IndexOf('.', StringComparison.Ordinal);
        string whole = point < 0 ? text : text[..point];
        string fraction = point < 0 ? "" : text[(point + 1)..];
        whole = whole.PadLeft((whole.Length + 3) / 4 * 4, '0');
        fraction = fraction.PadRight((fraction.Length + 3) / 4 * 4, '0');
        string all = whole + fraction;
        int count = all.Length / 4;
        for (int i = 0; i < count; i++)
            digits[i] = short.Parse(all.AsSpan(i * 4, 4), NumberStyles.None, CultureInfo.InvariantCulture);
        int weight = whole.Length / 4 - 1;
        int start = 0;
        while (start < count && digits[start] == 0)
        {
            start++;
            weight--;
        }
        while (count > start && digits[count - 1] == 0)
            count--;
        target.WriteInt16((short)(count - start));
        target.WriteInt16(count == start ? (short)0 : (short)weight);
        target.WriteInt16(value < 0 ? Negative : Positive);
        target.WriteInt16(value.Scale);
        foreach (short digit in digits[start..count])
            target.WriteInt16(digit);
    }

    /// <returns><see langword="null"/>: not a numeric.</returns>
    /// <exception cref="PgException">22003: more digits than we can hold; 0A000: NaN or infinity.</exception>
    public static decimal? Receive(ReadOnlySpan<byte> source)
    {
        if (source.Length < 8)
            return null;
        int count = BinaryPrimitives.ReadInt16BigEndian(source);
        int weight = BinaryPrimitives.ReadInt16BigEndian(source[2..]);
        ushort sign = BinaryPrimitives.ReadUInt16BigEndian(source[4..]);
        int scale = BinaryPrimitives.ReadInt16BigEndian(source[6..]);
        if (count < 0 || source.Length != 8 + count * 2 || scale is < 0 or > 0x3FFF)
            return null;
        if (sign is 0xC000 or 0xD000 or 0xF000)
            throw SqlErrors.NotSupported("NaN and infinity are not supported for type numeric", "Use double precision.");
        if (sign is not (0 or 0x4000))
            return null;
        decimal value = 0;
        try
        {
            for (int i = 0; i < count; i++)
            {
                short digit = BinaryPrimitives.ReadInt16BigEndian(source[(8 + i * 2)..]);
                if (digit is < 0 or > 9999)
                    return null;
                int power = weight - i;
                if (power < -7 && digit != 0)
                    throw new OverflowException();
                decimal term = digit;
                for (int p = 0; p < power && digit != 0; p++)
                    term *= 10000;
                for (int p = 0; p > power && digit != 0; p--)
                    term *= 0.0001m;
                value += term;
            }
        }
        catch (OverflowException)
        {
            throw Overflow();
        }
        return Normalise(WithScale(sign == 0x4000 ? -value : value, scale));
    }

    /// <summary>Power of 10000 of the first base-10000 digit, and that digit.</summary>
    private static int Weight(decimal value, out int first)
    {
        value = Math.Abs(value);
        first = 0;
        if (value == 0)
            return 0;
        int weight = 0;
        while (value >= 10000)
        {
            value = decimal.Truncate(value / 10000);
            weight++;
        }
        while (value < 1)
        {
            value *= 10000;
            weight--;
        }
        first = (int)value;
        return weight;
    }
}
