using System.Globalization;

namespace Pgrepl.Wal;

public sealed partial class WalText
{
    private const int SignificantDigits = 6;

    /// <summary>%u:%u of a full transaction id: its epoch, then the 32 bits that rows carry.</summary>
    public WalText AppendFullXid(ulong fullXid) => AppendUnsigned(fullXid >> 32).Append((byte)':').AppendUnsigned((uint)fullXid);

    /// <summary>T or F.</summary>
    public WalText AppendFlag(bool flag) => Append(flag ? (byte)'T' : (byte)'F');

    /// <summary>%g of C: six significant digits, half to even, without trailing zeros; an exponent of at least two digits below 1e-4 and from 1e6 on.</summary>
    /// <remarks>Source of truth: C11, 7.21.6.1; nan and inf with their signs, as glibc prints them.</remarks>
    public WalText AppendDouble(double value)
    {
        if (AppendSign(ref value))
            return this;
        Span<byte> digits = stackalloc byte[SignificantDigits];
        int exponent = Round(value, digits);
        int used = Math.Max(1, digits.TrimEnd((byte)'0').Length);
        if (exponent is < -4 or >= SignificantDigits)
        {
            AppendPoint(digits[..used], 1).Append((byte)'e').Append(exponent < 0 ? (byte)'-' : (byte)'+');
            if (Math.Abs(exponent) < 10)
                Append((byte)'0');
            return AppendUnsigned((ulong)Math.Abs(exponent));
        }
        if (exponent >= 0)
            return AppendPoint(digits[..Math.Max(used, exponent + 1)], exponent + 1);
        Append("0."u8);
        for (int zeros = -exponent - 1; zeros > 0; zeros--)
            Append((byte)'0');
        return Append(digits[..used]);
    }

    /// <summary>%f of C: six digits behind the point, half to even.</summary>
    /// <remarks>As <see cref="AppendDouble"/>.</remarks>
    public WalText AppendFixed(double value)
    {
        if (AppendSign(ref value))
            return this;
        const int exactDecimals = 40; // a double that is close to a half of the sixth is seen to be no half long before
        Span<byte> exact = stackalloc byte[360]; // 309 digits, the point, the decimals
        _ = value.TryFormat(exact, out int length, "F40", CultureInfo.InvariantCulture);
        int end = length - exactDecimals + SignificantDigits;
        bool up = RoundsUp(exact[end - 1], exact[end..length]);
        for (int i = end - 1; up && i >= 0; i--)
        {
            if (exact[i] == '.')
                continue;
            up = exact[i] == '9';
            exact[i] = up ? (byte)'0' : (byte)(exact[i] + 1);
        }
        return (up ? Append((byte)'1') : this).Append(exact[..end]);
    }

    /// <summary>The sign, which the value then has no more.</summary>
    /// <returns>True: nan or inf, nothing is left to append.</returns>
    private bool AppendSign(ref double value)
    {
        if (double.IsNegative(value))
            Append((byte)'-');
        value = Math.Abs(value);
        if (double.IsFinite(value))
            return false;
        Append(double.IsNaN(value) ? "nan"u8 : "inf"u8);
        return true;
    }

    /// <summary>Half to even: .NET alone would round a half up.</summary>
    /// <param name="last">The last digit that stays; '0' is even.</param>
    /// <param name="rest">The digits behind it.</param>
    private static bool RoundsUp(byte last, ReadOnlySpan<byte> rest) =>
        rest[0] == '5' && !rest[1..].ContainsAnyExcept((byte)'0') ? last % 2 != 0 : rest[0] >= '5';

    /// <summary>Digits with a point behind the first few, unless that is the end.</summary>
    private WalText AppendPoint(ReadOnlySpan<byte> digits, int before)
    {
        Append(digits[..before]);
        return digits.Length == before ? this : Append((byte)'.').Append(digits[before..]);
    }

    /// <summary>The first digits of a number, the first of them before the point.</summary>
    /// <param name="value">Finite, not negative.</param>
    /// <param name="digits">All are written.</param>
    /// <returns>The power of ten.</returns>
    private static int Round(double value, Span<byte> digits)
    {
        Span<byte> exact = stackalloc byte[64]; // of d.ddd…e+ddd
        _ = value.TryFormat(exact, out int length, "e40", CultureInfo.InvariantCulture);
        exact = exact[..length];
        int end = exact.IndexOf((byte)'e');
        int exponent = int.Parse(exact[(end + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        digits[0] = exact[0];
        exact[2..(1 + digits.Length)].CopyTo(digits[1..]);
        if (!RoundsUp(digits[^1], exact[(1 + digits.Length)..end]))
            return exponent;
        for (int i = digits.Length - 1; i >= 0; i--)
        {
            if (digits[i]++ != '9')
                return exponent;
            digits[i] = (byte)'0';
        }
        digits[0] = (byte)'1';
        return exponent + 1;
    }
}
