using System.Globalization;

namespace Pgrepl.Shared.Config;

/// <summary>Numbers with units: reads <c>16MB</c>, <c>1.5 h</c>, <c>0x10</c>; writes the largest unit that loses nothing.</summary>
/// <remarks>Source of truth: parse_int, convert_to_base_unit, convert_int_from_base_unit, PostgreSQL 15, src/backend/utils/misc/guc.c.</remarks>
internal static class SettingUnits
{
    private const string MemoryHint = "Valid units for this parameter are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\".";
    private const string TimeHint = "Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\".";

    /// <summary>Largest first; memory in bytes, time in microseconds.</summary>
    private static readonly (string Name, double Size)[] Memory = [("TB", 1099511627776), ("GB", 1073741824), ("MB", 1048576), ("kB", 1024), ("B", 1)];

    private static readonly (string Name, double Size)[] Time = [("d", 86_400_000_000), ("h", 3_600_000_000), ("min", 60_000_000), ("s", 1_000_000), ("ms", 1000), ("us", 1)];

    /// <param name="unit">Base unit of the setting, or <see langword="null"/>.</param>
    /// <param name="hint">After a failure: what PostgreSQL adds, or <see langword="null"/>.</param>
    public static bool TryParse(ReadOnlySpan<char> text, string? unit, out int value, out string? hint)
    {
        value = 0;
        hint = null;
        if (!TryReadNumber(text, out double number, out int length))
            return false;
        ReadOnlySpan<char> suffix = TrimSpace(text[length..]);
        if (suffix.Length > 0)
        {
            if (unit is null)
                return false;
            if (!TryToBaseUnit(number, suffix, unit, out number))
            {
                hint = IsTime(unit) ? TimeHint : MemoryHint;
                return false;
            }
        }
        number = Math.Round(number, MidpointRounding.ToEven);
        if (number is > int.MaxValue or < int.MinValue)
        {
            hint = "Value exceeds integer range.";
            return false;
        }
        value = (int)number;
        return true;
    }

    /// <summary><c>16777216</c> in B is <c>16MB</c>; zero and negative numbers have no unit.</summary>
    public static string Format(int value, string? unit)
    {
        if (unit is null || value <= 0)
            return value.ToString(CultureInfo.InvariantCulture);
        double baseSize = SizeOf(unit);
        foreach ((string name, double size) in IsTime(unit) ? Time : Memory)
        {
            double factor = size / baseSize;
            if (factor <= 1.0 || value % (long)factor == 0)
                return string.Create(CultureInfo.InvariantCulture, $"{(long)Math.Round(value / factor)}{name}");
        }
        throw new InvalidOperationException($"unit {unit} is not in the table");
    }

    public static TimeSpan ToDuration(int value, string unit) => TimeSpan.FromMicroseconds(value * SizeOf(unit));

    /// <summary>Bytes in one base unit of memory.</summary>
    public static long BytesIn(string unit) => (long)SizeOf(unit);

    private static bool IsTime(string unit) => unit is "us" or "ms" or "s" or "min" or "h" or "d";

    private static double SizeOf(string unit)
    {
        if (unit == "8kB")
            return 8192;
        foreach ((string name, double size) in IsTime(unit) ? Time : Memory)
            if (name == unit)
                return size;
        throw new ArgumentException($"unknown unit {unit}", nameof(unit));
    }

    private static bool TryToBaseUnit(double number, ReadOnlySpan<char> suffix, string unit, out double result)
    {
        (string Name, double Size)[] table = IsTime(unit) ? Time : Memory;
        double baseSize = SizeOf(unit);
        for (int i = 0; i < table.Length; i++)
        {
            if (!suffix.SequenceEqual(table[i].Name))
                continue;
            result = number * (table[i].Size / baseSize);
            if (i + 1 < table.Length) // a fraction such as 30.1GB is rounded to the next smaller unit
            {
                double smaller = table[i + 1].Size / baseSize;
                result = Math.Round(result / smaller, MidpointRounding.ToEven) * smaller;
            }
            return true;
        }
        result = 0;
        return false;
    }

    /// <summary>strtol with base 0, or strtod when it stops at a point or an exponent, or overflows.</summary>
    private static bool TryReadNumber(ReadOnlySpan<char> text, out double number, out int length)
    {
        number = 0;
        length = 0;
        int start = 0;
        while (start < text.Length && IsSpace(text[start]))
            start++;
        int digits = start < text.Length && text[start] is '+' or '-' ? start + 1 : start;
        int radix = 10;
        if (digits + 1 < text.Length && text[digits] == '0')
        {
            if (text[digits + 1] is 'x' or 'X' && digits + 2 < text.Length && char.IsAsciiHexDigit(text[digits + 2]))
                (radix, digits) = (16, digits + 2);
            else if (char.IsAsciiDigit(text[digits + 1]))
                radix = 8;
        }
        int end = digits;
        while (end < text.Length && DigitOf(text[end]) < radix)
            number = number * radix + DigitOf(text[end++]);
        bool isReal = end < text.Length && text[end] is '.' or 'e' or 'E' || number > long.MaxValue;
        if (isReal && radix != 16)
        {
            end = EndOfReal(text, start);
            if (!double.TryParse(text[start..end], NumberStyles.Float, CultureInfo.InvariantCulture, out number) || !double.IsFinite(number))
                return false;
        }
        else if (end == digits)
            return false;
        else if (text[start] == '-')
            number = -number;
        length = end;
        return true;
    }

    private static int EndOfReal(ReadOnlySpan<char> text, int start)
    {
        int end = text[start] is '+' or '-' ? start + 1 : start;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] == '.'))
            end++;
        if (end < text.Length && text[end] is 'e' or 'E')
        {
            int exponent = end + 1 < text.Length && text[end + 1] is '+' or '-' ? end + 2 : end + 1;
            if (exponent < text.Length && char.IsAsciiDigit(text[exponent]))
            {
                end = exponent;
                while (end < text.Length && char.IsAsciiDigit(text[end]))
                    end++;
            }
        }
        return end;
    }

    private static int DigitOf(char c) => char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : int.MaxValue;

    private static ReadOnlySpan<char> TrimSpace(ReadOnlySpan<char> text)
    {
        while (text.Length > 0 && IsSpace(text[0]))
            text = text[1..];
        while (text.Length > 0 && IsSpace(text[^1]))
            text = text[..^1];
        return text;
    }

    private static bool IsSpace(char c) => c is ' ' or '\t' or '\n' or '\r' or '\f' or '\v';
}
