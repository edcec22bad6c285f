using System.Globalization;

namespace Pgrepl.Shared.Config.Toml;

/// <summary>Integers (decimal, 0x, 0o, 0b) and floats, underscores between digits.</summary>
internal static class TomlNumbers
{
    /// <returns><see langword="null"/>: not an integer, or outside of 64 bits.</returns>
    public static TomlInteger? ReadInteger(string word, TomlPosition at)
    {
        if (word.Length > 2 && word[0] == '0' && word[1] is 'x' or 'o' or 'b')
            return ReadPrefixed(word.AsSpan(2), word[1] switch { 'x' => 16, 'o' => 8, _ => 2 }) is { } number ? new TomlInteger(at, number) : null;
        ReadOnlySpan<char> digits = WithoutSign(word);
        if (!IsDigits(digits) || digits.Length > 1 && digits[0] == '0')
            return null;
        return long.TryParse(word.Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? new TomlInteger(at, value) : null;
    }

    /// <returns><see langword="null"/>: not a float.</returns>
    public static TomlFloat? ReadFloat(string word, TomlPosition at)
    {
        ReadOnlySpan<char> rest = WithoutSign(word);
        if (rest is "inf")
            return new TomlFloat(at, word[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity, word);
        if (rest is "nan")
            return new TomlFloat(at, double.NaN, word);
        if (!IsFloat(rest))
            return null;
        string text = word.Replace("_", "", StringComparison.Ordinal);
        return new TomlFloat(at, double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture), text);
    }

    private static long? ReadPrefixed(ReadOnlySpan<char> digits, int radix)
    {
        if (!HasSingleUnderscores(digits))
            return null;
        UInt128 value = 0;
        foreach (char c in digits)
        {
            if (c == '_')
                continue;
            int digit = char.IsAsciiHexDigit(c) ? HexValue(c) : radix;
            value = value * (uint)radix + (uint)digit;
            if (digit >= radix || value > long.MaxValue)
                return null;
        }
        return (long)value;
    }

    private static bool IsFloat(ReadOnlySpan<char> rest)
    {
        int exponent = rest.IndexOfAny('e', 'E');
        ReadOnlySpan<char> mantissa = exponent < 0 ? rest : rest[..exponent];
        if (exponent >= 0 && !IsDigits(WithoutSign(rest[(exponent + 1)..])))
            return false;
        int point = mantissa.IndexOf('.');
        ReadOnlySpan<char> whole = point < 0 ? mantissa : mantissa[..point];
        return IsDigits(whole) && (whole.Length == 1 || whole[0] != '0') && (point < 0 ? exponent >= 0 : IsDigits(mantissa[(point + 1)..]));
    }

    /// <summary>Decimal digits with single underscores between them.</summary>
    private static bool IsDigits(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
            if (!char.IsAsciiDigit(c) && c != '_')
                return false;
        return HasSingleUnderscores(text);
    }

    /// <summary>Not empty, and every underscore has something else on both sides.</summary>
    private static bool HasSingleUnderscores(ReadOnlySpan<char> text)
    {
        for (int i = 0; i < text.Length; i++)
            if (text[i] == '_' && (i == 0 || i + 1 == text.Length || text[i - 1] == '_'))
                return false;
        return text.Length > 0;
    }

    private static ReadOnlySpan<char> WithoutSign(ReadOnlySpan<char> text) => text.Length > 0 && text[0] is '+' or '-' ? text[1..] : text;

    private static int HexValue(char c) => char.IsAsciiDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}
