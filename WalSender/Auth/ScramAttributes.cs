using System.Globalization;
using Pgrepl.Shared;

namespace Pgrepl.WalSender.Auth;

/// <summary>Walks over the comma-separated <c>x=value</c> attributes of one SCRAM message.</summary>
/// <remarks>Source of truth: read_attr_value, read_any_attr, PostgreSQL 15, src/backend/libpq/auth-scram.c.</remarks>
internal sealed class ScramAttributes(string text)
{
    private bool _commaDue;

    /// <summary>Of the next character. Behind the last attribute: the length.</summary>
    public int Position { get; private set; }

    public bool AtEnd => Position >= text.Length && !_commaDue;

    /// <summary>The next character; NUL at the end.</summary>
    public char Peek => Position < text.Length ? text[Position] : '\0';

    public static PgException Malformed(string detail) => new(SqlStates.ProtocolViolation, "malformed SCRAM message", detail);

    /// <summary>A character in words that can be printed.</summary>
    public static string Shown(char c) => c is >= '!' and <= '~' ? c.ToString() : string.Create(CultureInfo.InvariantCulture, $"0x{(int)c:x2}");

    /// <returns><see langword="null"/>: not base64.</returns>
    public static byte[]? FromBase64(string value)
    {
        byte[] bytes = new byte[value.Length];
        return Convert.TryFromBase64String(value, bytes, out int length) ? bytes[..length] : null;
    }

    public char Take() => Position < text.Length ? text[Position++] : '\0';

    public void Expect(char wanted, string detail)
    {
        if (Peek != wanted)
            throw Malformed(detail);
        Position++;
    }

    /// <summary>The value of the attribute that must come now.</summary>
    /// <exception cref="PgException">08P01.</exception>
    public string Read(char name)
    {
        (char found, string value) = ReadAny();
        return found == name ? value : throw Malformed($"Expected attribute \"{name}\" but found \"{Shown(found)}\".");
    }

    /// <summary>Name and value of the next attribute, whichever it is.</summary>
    /// <exception cref="PgException">08P01.</exception>
    public (char Name, string Value) ReadAny()
    {
        char name = Peek;
        if (Position >= text.Length)
            throw Malformed("Attribute expected, but found end of string.");
        if (!char.IsAsciiLetter(name))
            throw Malformed($"Attribute expected, but found invalid character \"{Shown(name)}\".");
        Position++;
        Expect('=', $"Expected character \"=\" for attribute \"{name}\".");
        int comma = text.IndexOf(',', Position);
        int end = comma < 0 ? text.Length : comma;
        string value = text[Position..end];
        _commaDue = comma >= 0 && comma == text.Length - 1; // a comma promises another attribute
        Position = comma < 0 ? end : comma + 1;
        return (name, value);
    }
}
