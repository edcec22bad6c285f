using System.Globalization;

namespace Pgrepl.Cli.Waldump;

/// <summary>sscanf's conversions, which pg_waldump reads its options with: blanks and a sign may come first, anything may follow.</summary>
/// <remarks>Source of truth: sscanf(3), strtoul(3) of glibc: what does not fit is cut to 32 bits, what does not even fit 64 has all bits set.</remarks>
internal ref struct Scan(ReadOnlySpan<char> text)
{
    private ReadOnlySpan<char> _rest = text;

    /// <summary>%u</summary>
    internal bool Unsigned(out uint value) => Number(10, int.MaxValue, out value);

    /// <summary>%d</summary>
    internal bool Signed(out int value, int width = int.MaxValue)
    {
        bool found = Number(10, width, out uint bits);
        value = (int)bits;
        return found;
    }

    /// <summary>%X</summary>
    internal bool Hex(out uint value) => Number(16, int.MaxValue, out value);

    /// <summary>A character that must come next.</summary>
    internal bool Literal(char character)
    {
        if (_rest.IsEmpty || _rest[0] != character)
            return false;
        _rest = _rest[1..];
        return true;
    }

    internal bool Literal(ReadOnlySpan<char> characters)
    {
        if (!_rest.StartsWith(characters, StringComparison.Ordinal))
            return false;
        _rest = _rest[characters.Length..];
        return true;
    }

    private bool Number(uint radix, int width, out uint value)
    {
        value = 0;
        ReadOnlySpan<char> rest = _rest.TrimStart(" \t\n\v\f\r");
        bool negative = !rest.IsEmpty && rest[0] == '-' && width > 0;
        if (!rest.IsEmpty && rest[0] is '-' or '+')
        {
            rest = rest[1..];
            width--;
        }
        if (radix == 16 && rest.Length > 2 && rest[0] == '0' && rest[1] is 'x' or 'X' && char.IsAsciiHexDigit(rest[2]))
            rest = rest[2..];
        UInt128 number = 0;
        int digits = 0;
        for (; digits < rest.Length && digits < width && Digit(rest[digits]) is { } digit && digit < radix; digits++)
            number = UInt128.Min(number * radix + digit, (UInt128)ulong.MaxValue + 1);
        if (digits == 0)
            return false;
        ulong bits = number > ulong.MaxValue ? ulong.MaxValue : negative ? unchecked(0 - (ulong)number) : (ulong)number;
        value = (uint)bits;
        _rest = rest[digits..];
        return true;
    }

    private static uint? Digit(char character) => char.IsAsciiHexDigit(character) ? uint.Parse([character], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) : null;
}
