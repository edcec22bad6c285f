using System.Globalization;
using System.Text;
using Pgrepl.Shared;
using Pgrepl.Shared.Protocol;
using Pgrepl.Wal;

namespace Pgrepl.WalSender.Sql;

/// <summary>Values out of PostgreSQL's text form.</summary>
/// <remarks>Source of truth: the type input functions of PostgreSQL 15, src/backend/utils/adt, with their errors.</remarks>
internal static class TypeInput
{
    /// <param name="text">A value of a text type.</param>
    /// <param name="now">The transaction's start, for the timestamp <c>now</c>.</param>
    /// <param name="zone">Of timestamps that do not name one; null: UTC.</param>
    /// <exception cref="PgException">22P02, 22003, 22007 and others: not a value of that type.</exception>
    public static SqlValue Read(SqlType type, SqlValue text, long now = 0, SqlTimeZone? zone = null) => type.Kind switch
    {
        TypeKind.Text or TypeKind.Varchar or TypeKind.Unknown => text,
        TypeKind.Name => CutName(text),
        TypeKind.Void => SqlValue.EmptyText,
        _ => Read(type, text.Text, now, zone ?? SqlTimeZone.Utc),
    };

    private static SqlValue Read(SqlType type, string text, long now, SqlTimeZone zone)
    {
        switch (type.Kind)
        {
            case TypeKind.Bool:
                return BooleanWord.TryParse(text.AsSpan().Trim(), out bool truth) ? SqlValue.From(truth) : throw SqlErrors.InvalidInput(type, text);
            case TypeKind.Int2:
                return SqlValue.From(Integer(type, text, short.MinValue, short.MaxValue));
            case TypeKind.Int4:
                return SqlValue.From(Integer(type, text, int.MinValue, int.MaxValue));
            case TypeKind.Int8:
                return SqlValue.From(Integer(type, text, long.MinValue, long.MaxValue));
            case TypeKind.Oid or TypeKind.Xid:
                return SqlValue.From((long)(uint)Integer(type, text, int.MinValue, uint.MaxValue));
            case TypeKind.Numeric:
                return SqlValue.From(Numeric(text));
            case TypeKind.Float8:
                return SqlValue.From(Float(text));
            case TypeKind.Lsn:
                return Lsn.TryParse(text.AsSpan().Trim(), out Lsn lsn) ? SqlValue.From(lsn) : throw SqlErrors.InvalidInput(type, text);
            case TypeKind.Timestamptz:
                return SqlTimestampParser.TryParse(text, now, zone, out long instant) ? SqlValue.From(instant) : throw SqlErrors.InvalidInput(type, text);
            case TypeKind.Interval:
                return SqlIntervalParser.TryParse(text) is { } interval ? SqlValue.From(interval) : throw SqlErrors.InvalidInput(type, text);
            case TypeKind.Inet:
                return SqlInet.TryParse(text) is { } inet ? SqlValue.From(inet) : throw SqlErrors.InvalidInput(type, text);
            case TypeKind.Bytea:
                return Bytea(text);
            default:
                throw SqlErrors.NotSupported($"cannot read a value of type {type.DisplayName}", "This node gives values of that type out, but takes none in.");
        }
    }

    private static long Integer(SqlType type, string text, long least, long most)
    {
        ReadOnlySpan<char> digits = text.AsSpan().Trim();
        ReadOnlySpan<char> unsigned = !digits.IsEmpty && digits[0] is '-' or '+' ? digits[1..] : digits;
        if (unsigned.IsEmpty || unsigned.ContainsAnyExceptInRange('0', '9'))
            throw SqlErrors.InvalidInput(type, text);
        if (!long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) || value < least || value > most)
            throw new PgException(SqlErrors.NumericValueOutOfRange, $"value \"{text}\" is out of range for type {type.DisplayName}");
        return value;
    }

    /// <summary>A number of at most 28 significant digits; PostgreSQL has no such bound, but no WAL position needs more than 20.</summary>
    public static decimal Numeric(string text)
    {
        ReadOnlySpan<char> digits = text.AsSpan().Trim();
        if (digits.Equals("NaN", StringComparison.OrdinalIgnoreCase) || digits.TrimStart("+-").StartsWith("inf", StringComparison.OrdinalIgnoreCase))
            throw SqlErrors.NotSupported("NaN and infinity are not supported for type numeric", "Use double precision.");
        if (!double.TryParse(digits, NumberStyles.Float & ~NumberStyles.AllowLeadingWhite & ~NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out double rough) || !double.IsFinite(rough))
            throw double.IsInfinity(rough) ? SqlNumeric.Overflow() : SqlErrors.InvalidInput(SqlType.Numeric, text);
        int exponent = digits.IndexOfAny('e', 'E');
        ReadOnlySpan<char> mantissa = exponent < 0 ? digits : digits[..exponent];
        int significant = mantissa.TrimStart("+-0.").Length - (mantissa.TrimStart("+-0").StartsWith('.') ? 0 : mantissa.Contains('.') ? 1 : 0);
        if (significant > 28 || !decimal.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal value))
            throw SqlNumeric.Overflow();
        return SqlNumeric.Normalise(value);
    }

    private static double Float(string text)
    {
        string word = text.Trim();
        switch (word.ToLowerInvariant())
        {
            case "nan":
                return double.NaN;
            case "infinity" or "+infinity" or "inf" or "+inf":
                return double.PositiveInfinity;
            case "-infinity" or "-inf":
                return double.NegativeInfinity;
        }
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (!double.TryParse(word, Style, CultureInfo.InvariantCulture, out double value) || double.IsNaN(value))
            throw SqlErrors.InvalidInput(SqlType.Float8, text);
        return double.IsInfinity(value)
            ? throw new PgException(SqlErrors.NumericValueOutOfRange, $"\"{text}\" is out of range for type double precision")
            : value;
    }

    /// <summary>Hex form \x…, or the older one with octal escapes.</summary>
    private static SqlValue Bytea(string text)
    {
        if (text.StartsWith("\\x", StringComparison.Ordinal))
            return SqlValue.FromBytes(Hex(text.AsSpan(2)));
        byte[] source = Encoding.UTF8.GetBytes(text);
        byte[] target = new byte[source.Length];
        int length = 0;
        for (int i = 0; i < source.Length; i++)
        {
            if (source[i] != (byte)'\\')
                target[length++] = source[i];
            else if (i + 1 < source.Length && source[i + 1] == (byte)'\\')
                target[length++] = source[++i];
            else if (i + 3 < source.Length && source[i + 1] is >= (byte)'0' and <= (byte)'3' && source[i + 2] is >= (byte)'0' and <= (byte)'7' && source[i + 3] is >= (byte)'0' and <= (byte)'7')
            {
                target[length++] = (byte)((source[i + 1] - '0') << 6 | (source[i + 2] - '0') << 3 | (source[i + 3] - '0'));
                i += 3;
            }
            else
                throw SqlErrors.InvalidInput(SqlType.Bytea, text);
        }
        return SqlValue.FromBytes(target, 0, length);
    }

    private static byte[] Hex(ReadOnlySpan<char> digits)
    {
        var bytes = new List<byte>(digits.Length / 2);
        for (int i = 0; i < digits.Length; i++)
        {
            if (digits[i] is ' ' or '\t' or '\n' or '\r')
                continue;
            if (!char.IsAsciiHexDigit(digits[i]))
                throw new PgException(SqlStates.InvalidParameterValue, $"invalid hexadecimal digit: \"{digits[i]}\"");
            if (i + 1 >= digits.Length)
                throw new PgException(SqlStates.InvalidParameterValue, "invalid hexadecimal data: odd number of digits");
            if (!char.IsAsciiHexDigit(digits[i + 1]))
                throw new PgException(SqlStates.InvalidParameterValue, $"invalid hexadecimal digit: \"{digits[i + 1]}\"");
            bytes.Add((byte)(Convert.ToInt32(digits.Slice(i, 2).ToString(), 16)));
            i++;
        }
        return [.. bytes];
    }

    /// <summary>name holds 63 bytes; the rest is cut off between characters.</summary>
    private static SqlValue CutName(SqlValue text)
    {
        ReadOnlySpan<byte> bytes = text.Bytes;
        if (bytes.Length <= 63)
            return text;
        int length = 63;
        while (length > 0 && (bytes[length] & 0xC0) == 0x80)
            length--;
        return SqlValue.FromBytes(bytes[..length].ToArray());
    }
}
