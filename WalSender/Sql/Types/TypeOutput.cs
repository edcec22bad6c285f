using System.Buffers;
using System.Globalization;
using Pgrepl.Shared.Protocol;

namespace Pgrepl.WalSender.Sql;

/// <summary>Values in PostgreSQL's text form.</summary>
/// <remarks>Source of truth: the type output functions of PostgreSQL 15, src/backend/utils/adt. DateStyle ISO, IntervalStyle postgres.</remarks>
internal static class TypeOutput
{
    public static void Write(ByteBuffer target, SqlType type, SqlValue value, TextStyle style = default)
    {
        switch (type.Kind)
        {
            case TypeKind.Bool:
                target.WriteByte(value.Bool ? (byte)'t' : (byte)'f');
                break;
            case TypeKind.Int2 or TypeKind.Int4 or TypeKind.Int8:
                target.WriteFormatted(value.Int64);
                break;
            case TypeKind.Oid or TypeKind.Xid:
                target.WriteFormatted((uint)value.Int64);
                break;
            case TypeKind.Numeric:
                target.WriteFormatted(value.Decimal);
                break;
            case TypeKind.Float8:
                target.WriteText(FloatText(value.Double, style.FewerDigits));
                break;
            case TypeKind.Lsn:
                target.WriteFormatted((uint)(value.Lsn.Value >> 32), "X");
                target.WriteByte((byte)'/');
                target.WriteFormatted((uint)value.Lsn.Value, "X");
                break;
            case TypeKind.Timestamptz:
                SqlTimestamp.Write(target, value.Int64, style.Zone ?? SqlTimeZone.Utc);
                break;
            case TypeKind.Interval:
                target.WriteText(value.Interval.ToString());
                break;
            case TypeKind.Inet:
                target.WriteText(value.Inet.ToString());
                break;
            case TypeKind.TextArray:
                WriteArray(target, value.TextArray);
                break;
            case TypeKind.Record:
                value.Record.Write(target);
                break;
            case TypeKind.Bytea when style.EscapeBytea:
                WriteEscaped(target, value.Bytes);
                break;
            case TypeKind.Bytea:
                WriteHex(target, value.Bytes);
                break;
            case TypeKind.Void:
                break;
            default:
                target.Write(value.Bytes);
                break;
        }
    }

    /// <summary>The text form as a value of type text.</summary>
    public static SqlValue ToText(SqlType type, SqlValue value, TextStyle style = default)
    {
        if (type.IsTextLike)
            return value;
        var buffer = new ByteBuffer(64) { Limit = SqlLimits.MaxValueBytes };
        Write(buffer, type, value, style);
        return SqlValue.FromBytes(buffer.Span.ToArray());
    }

    /// <summary>Its text depends on the session's settings.</summary>
    public static bool DependsOnStyle(SqlType type) => type.Kind is TypeKind.Timestamptz or TypeKind.Bytea or TypeKind.Float8;

    /// <summary>Shortest digits that read back as the same number, in C's %g layout; or 15 digits less <paramref name="fewerDigits"/> - 1, rounded.</summary>
    private static string FloatText(double value, int fewerDigits)
    {
        if (double.IsNaN(value))
            return "NaN";
        if (double.IsInfinity(value))
            return value > 0 ? "Infinity" : "-Infinity";
        if (value == 0)
            return double.IsNegative(value) ? "-0" : "0";
        if (fewerDigits > 0)
            return Rounded(value, Math.Max(16 - fewerDigits, 1));
        string shortest = value.ToString("E16", CultureInfo.InvariantCulture);
        string round = value.ToString("R", CultureInfo.InvariantCulture);
        int exponent = int.Parse(shortest.AsSpan(shortest.IndexOf('E', StringComparison.Ordinal) + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (exponent is >= -4 and < 15)
            return round.Contains('E', StringComparison.Ordinal) ? ((decimal)value).ToString(CultureInfo.InvariantCulture) : round;
        // d.ddde+XX with at least two digits of exponent
        string sign = value < 0 ? "-" : "";
        string digits = round.Split('E')[0].Replace("-", "", StringComparison.Ordinal).Replace(".", "", StringComparison.Ordinal).TrimStart('0').TrimEnd('0');
        string fraction = digits.Length > 1 ? "." + digits[1..] : "";
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
    }

    /// <summary>C's %.*g.</summary>
    private static string Rounded(double value, int digits)
    {
        string text = value.ToString($"E{digits - 1}", CultureInfo.InvariantCulture);
        int e = text.IndexOf('E', StringComparison.Ordinal);
        int exponent = int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (exponent >= -4 && exponent < digits)
            return WithoutZeros(decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture).ToString($"F{digits - 1 - exponent}", CultureInfo.InvariantCulture));
        return string.Create(CultureInfo.InvariantCulture, $"{WithoutZeros(text[..e])}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
    }

    private static string WithoutZeros(string digits) => digits.Contains('.', StringComparison.Ordinal) ? digits.TrimEnd('0').TrimEnd('.') : digits;

    private static void WriteHex(ByteBuffer target, ReadOnlySpan<byte> bytes)
    {
        Span<byte> room = target.GetSpan(2 + bytes.Length * 2);
        "\\x"u8.CopyTo(room);
        Convert.TryToHexStringLower(bytes, room[2..], out int written);
        target.Advance(2 + written);
    }

    private static void WriteEscaped(ByteBuffer target, ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            if (value == (byte)'\\')
                target.Write("\\\\"u8);
            else if (value is >= 0x20 and <= 0x7E)
                target.WriteByte(value);
            else
                target.Write([(byte)'\\', (byte)('0' + (value >> 6)), (byte)('0' + (value >> 3 & 7)), (byte)('0' + (value & 7))]);
        }
    }

    private static readonly SearchValues<char> NeedsQuotes = SearchValues.Create("\"\\{}, \t\n\r\v\f");

    private static void WriteArray(ByteBuffer target, string?[] elements)
    {
        target.WriteByte((byte)'{');
        for (int i = 0; i < elements.Length; i++)
        {
            if (i > 0)
                target.WriteByte((byte)',');
            string? element = elements[i];
            if (element is null)
                target.Write("NULL"u8);
            else if (element.Length == 0 || element.AsSpan().ContainsAny(NeedsQuotes) || element.Equals("NULL", StringComparison.OrdinalIgnoreCase))
                target.WriteText("\"" + element.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"");
            else
                target.WriteText(element);
        }
        target.WriteByte((byte)'}');
    }
}
