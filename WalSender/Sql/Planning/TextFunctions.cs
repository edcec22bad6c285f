using System.Text;
using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>Functions over text and bytes. Text is UTF-8; a character is a code point.</summary>
internal static class TextFunctions
{
    public static readonly SqlFunction[] All =
    [
        new("repeat", [SqlType.Text, SqlType.Int4], SqlType.Text, static (_, values) => Repeat(values[0], values[1].Int32)) { IsImmutable = true },
        new("length", [SqlType.Text], SqlType.Int4, static (_, values) => SqlValue.From(Characters(values[0].Bytes))) { IsImmutable = true },
        new("length", [SqlType.Bytea], SqlType.Int4, static (_, values) => SqlValue.From((long)values[0].Bytes.Length)) { IsImmutable = true },
        new("char_length", [SqlType.Text], SqlType.Int4, static (_, values) => SqlValue.From(Characters(values[0].Bytes))) { IsImmutable = true },
        new("octet_length", [SqlType.Text], SqlType.Int4, static (_, values) => SqlValue.From((long)values[0].Bytes.Length)) { IsImmutable = true },
        new("octet_length", [SqlType.Bytea], SqlType.Int4, static (_, values) => SqlValue.From((long)values[0].Bytes.Length)) { IsImmutable = true },
        new("lower", [SqlType.Text], SqlType.Text, static (_, values) => SqlValue.From(values[0].Text.ToLowerInvariant())) { IsImmutable = true },
        new("upper", [SqlType.Text], SqlType.Text, static (_, values) => SqlValue.From(values[0].Text.ToUpperInvariant())) { IsImmutable = true },
        new("format_type", [SqlType.Oid, SqlType.Int4], SqlType.Text, static (_, values) => values[0].IsNull
            ? SqlValue.Null
            : SqlValue.From(SqlType.Find((uint)values[0].Int64)?.DisplayName ?? "???")) { IsStrict = false },
        new("host", [SqlType.Inet], SqlType.Text, static (_, values) => SqlValue.From(values[0].Inet.Address.ToString())) { IsImmutable = true },
    ];

    public static SqlValue Concatenate(SqlValue left, SqlValue right)
    {
        ReadOnlySpan<byte> first = left.Bytes, second = right.Bytes;
        if (first.Length + second.Length > SqlLimits.MaxValueBytes)
            throw SqlErrors.ValueTooLong();
        byte[] both = new byte[first.Length + second.Length];
        first.CopyTo(both);
        second.CopyTo(both.AsSpan(first.Length));
        return SqlValue.FromBytes(both);
    }

    /// <summary>The first <paramref name="length"/> characters.</summary>
    public static SqlValue CutCharacters(SqlValue text, int length)
    {
        ReadOnlySpan<byte> bytes = text.Bytes;
        if (bytes.Length <= length)
            return text;
        int end = 0;
        for (int seen = 0; end < bytes.Length; end++)
            if ((bytes[end] & 0xC0) != 0x80 && ++seen > length)
                break;
        return end == bytes.Length ? text : SqlValue.FromBytes(bytes[..end].ToArray());
    }

    /// <summary>LIKE: % is any run of characters, _ one character, \ takes the next one as it is.</summary>
    /// <remarks>Goes back to the last % only, so the time is at most the product of the lengths.</remarks>
    /// <exception cref="PgException">22025: the pattern ends in its escape character.</exception>
    public static bool IsLike(SqlValue text, SqlValue pattern, bool foldCase)
    {
        string value = text.Text, like = pattern.Text;
        if (foldCase)
            (value, like) = (value.ToLowerInvariant(), like.ToLowerInvariant());
        Rune[] runes = [.. value.EnumerateRunes()], wanted = [.. like.EnumerateRunes()];
        int at = 0, p = 0, afterPercent = -1, resume = 0;
        while (true)
        {
            if (p < wanted.Length && wanted[p].Value == '%')
            {
                afterPercent = ++p;
                resume = at;
                continue;
            }
            bool escaped = p < wanted.Length && wanted[p].Value == '\\';
            if (escaped && p + 1 == wanted.Length && at < runes.Length)
                throw new PgException(SqlErrors.InvalidEscapeSequence, "LIKE pattern must not end with escape character");
            if (at < runes.Length && p < wanted.Length && ((!escaped && wanted[p].Value == '_') || wanted[escaped ? p + 1 : p] == runes[at]))
            {
                p += escaped ? 2 : 1;
                at++;
            }
            else if (at == runes.Length && p == wanted.Length)
                return true;
            else if (afterPercent >= 0 && resume < runes.Length)
            {
                p = afterPercent;
                at = ++resume;
            }
            else
                return false;
        }
    }

    private static long Characters(ReadOnlySpan<byte> text)
    {
        long characters = 0;
        foreach (byte unit in text)
            characters += (unit & 0xC0) != 0x80 ? 1 : 0;
        return characters;
    }

    private static SqlValue Repeat(SqlValue text, int times)
    {
        ReadOnlySpan<byte> bytes = text.Bytes;
        long length = (long)bytes.Length * Math.Max(times, 0);
        if (length > SqlLimits.MaxValueBytes)
            throw SqlErrors.ValueTooLong();
        byte[] repeated = new byte[length];
        if (bytes.Length == 1)
            repeated.AsSpan().Fill(bytes[0]);
        else
            for (int i = 0; i < repeated.Length; i += bytes.Length)
                bytes.CopyTo(repeated.AsSpan(i));
        return SqlValue.FromBytes(repeated);
    }
}
