using System.Globalization;
using System.Text;
using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>Backslash escapes of E'…'.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/parser/scan.l, state xe. Octal and \x escapes make bytes there; here they must be ASCII.</remarks>
internal static class LexerEscapes
{
    /// <param name="position">At the backslash; afterwards behind the escape.</param>
    public static void Read(string text, ref int position, StringBuilder value, int literalStart)
    {
        int start = position++;
        if (position >= text.Length)
            throw new PgException(SqlStates.SyntaxError, $"unterminated quoted string at or near \"{text[literalStart..]}\"").At(literalStart);
        char c = text[position++];
        switch (c)
        {
            case 'b':
                value.Append('\b');
                return;
            case 'f':
                value.Append('\f');
                return;
            case 'n':
                value.Append('\n');
                return;
            case 'r':
                value.Append('\r');
                return;
            case 't':
                value.Append('\t');
                return;
            case 'x' when position < text.Length && char.IsAsciiHexDigit(text[position]):
                AppendByte(value, Digits(text, ref position, 2, 16), start);
                return;
            case >= '0' and <= '7':
                position--;
                AppendByte(value, Digits(text, ref position, 3, 8), start);
                return;
            case 'u' or 'U':
                int wanted = c == 'u' ? 4 : 8;
                int before = position;
                int scalar = Digits(text, ref position, wanted, 16);
                if (position - before != wanted)
                    throw new PgException(SqlErrors.InvalidEscapeSequence, "invalid Unicode escape", hint: "Unicode escapes must be \\uXXXX or \\UXXXXXXXX.").At(start);
                if (scalar == 0 || !Rune.IsValid(scalar))
                {
                    // A surrogate pair is written as two \u escapes.
                    if (c == 'u' && scalar is >= 0xD800 and <= 0xDFFF)
                    {
                        value.Append((char)scalar);
                        return;
                    }
                    throw new PgException(SqlStates.SyntaxError, "invalid Unicode escape value").At(start);
                }
                value.Append(new Rune(scalar).ToString());
                return;
            default:
                value.Append(c);
                return;
        }
    }

    private static void AppendByte(StringBuilder value, int number, int start)
    {
        if ((number & 0xFF) is 0 or > 127)
            throw new PgException(SqlErrors.CharacterNotInRepertoire, string.Create(CultureInfo.InvariantCulture, $"invalid byte sequence for encoding \"UTF8\": 0x{number & 0xFF:x2}")).At(start);
        value.Append((char)(number & 0xFF));
    }

    private static int Digits(string text, ref int position, int most, int radix)
    {
        long number = 0;
        for (int i = 0; i < most && position < text.Length; i++, position++)
        {
            char c = text[position];
            int digit = char.IsAsciiDigit(c) ? c - '0' : char.IsAsciiHexDigit(c) ? (c | 0x20) - 'a' + 10 : radix;
            if (digit >= radix)
                break;
            number = number * radix + digit;
        }
        return (int)Math.Min(number, int.MaxValue);
    }
}
