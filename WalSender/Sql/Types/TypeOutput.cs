using System.Buffers;
using System.Globalization;
using Pgrepl.Shared.Protocol;

namespace Pgrepl.WalSender.Sql;

/// <summary>Values in PostgreSQL's text form.</summary>
/// <remarks>Source of truth: the type output functions of PostgreSQL 15, src/backend/utils/adt. DateStyle ISO, IntervalStyle postgres, extra_float_digits 1.</remarks>
internal static class TypeOutput
{
    /// <param name="escapeBytea">bytea_output is escape, not hex.</param>
    public static void Write(ByteBuffer target, SqlType type, SqlValue value, bool escapeBytea = false)
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
                target.WriteText(FloatText(value.Double));
                break;
            case TypeKind.Lsn:
                target.WriteFormatted((uint)(value.Lsn.Value >> 32), "X");
                target.WriteByte((byte)'/');
                target.WriteFormatted((uint)value.Lsn.Value, "X");
                break;
            case TypeKind.Timestamptz:
                SqlTimestamp.Write(target, value.Int64);
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
            case TypeKind.Bytea when escapeBytea:
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
    public static SqlValue ToText(SqlType type, SqlValue value)
    {
        if (type.IsTextLike)
            return value;
        var buffer = new ByteBuffer(64) { Limit = SqlLimits.MaxValueBytes };
        Write(buffer, type, value);
        return SqlValue.FromBytes(buffer.Span.ToArray());
    }

    /// <summary>Shortest digits that read back as the same number, in C's %g layout.</summary>
    private static string FloatText(double value)
    {
        if (double.IsNaN(value))
            return "NaN";
        if (double.IsInfinity(value))
            return value > 0 ? "Infinity" : "-Infinity";
        if (value == 0)
            return double.IsNegative(value) ? "-0" : "0";
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
