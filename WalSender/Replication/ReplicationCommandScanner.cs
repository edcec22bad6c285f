using System.Text;
using Pgrepl.Shared;

namespace Pgrepl.WalSender.Replication;

internal enum ReplicationTokenKind
{
    End,
    Word,
    Number,

    /// <summary>X/X</summary>
    Position,
    Literal,
    Sign,
}

internal readonly record struct ReplicationToken(ReplicationTokenKind Kind, string Text, bool Quoted = false)
{
    /// <summary>A bare word is folded, a quoted one is not.</summary>
    public string ToLowerIfBare() => Quoted ? Text : Text.ToLowerInvariant();
}

/// <summary>Cuts a replication command into tokens. It reads one token ahead only: what follows the first word may be SQL it does not know.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/replication/repl_scanner.l.</remarks>
internal ref struct ReplicationScanner(string text)
{
    private int _position;

    /// <exception cref="PgException">42601 unterminated quoted string.</exception>
    public ReplicationToken Next()
    {
        while (_position < text.Length && text[_position] is ' ' or '\t' or '\n' or '\r' or '\f')
            _position++;
        if (_position >= text.Length || text[_position] == '\0')
            return new ReplicationToken(ReplicationTokenKind.End, "");
        char first = text[_position];
        if (first is '\'' or '"')
            return new ReplicationToken(first == '"' ? ReplicationTokenKind.Word : ReplicationTokenKind.Literal, Quoted(first), Quoted: true);

        // The longest match wins, as in flex: 0/3000000 and A/B are positions, 12 a number, abc a word.
        int hex = RunOf(_position, char.IsAsciiHexDigit);
        if (hex > 0 && At(_position + hex) == '/')
        {
            int low = RunOf(_position + hex + 1, char.IsAsciiHexDigit);
            if (low > 0)
                return Take(ReplicationTokenKind.Position, hex + 1 + low);
        }
        int digits = RunOf(_position, char.IsAsciiDigit);
        if (digits > 0)
            return Take(ReplicationTokenKind.Number, digits);
        if (char.IsAsciiLetter(first) || first == '_' || first > 127)
            return Take(ReplicationTokenKind.Word, RunOf(_position, c => char.IsAsciiLetterOrDigit(c) || c is '_' or '$' || c > 127));
        return Take(ReplicationTokenKind.Sign, 1);
    }

    private readonly char At(int position) => position < text.Length ? text[position] : '\0';

    private readonly int RunOf(int from, Func<char, bool> member)
    {
        int end = from;
        while (end < text.Length && member(text[end]))
            end++;
        return end - from;
    }

    private ReplicationToken Take(ReplicationTokenKind kind, int length)
    {
        string token = text.Substring(_position, length);
        _position += length;
        return new ReplicationToken(kind, token);
    }

    private string Quoted(char quote)
    {
        var value = new StringBuilder();
        for (_position++; _position < text.Length; _position++)
        {
            if (text[_position] != quote)
            {
                value.Append(text[_position]);
                continue;
            }
            if (At(++_position) != quote)
                return value.ToString();
            value.Append(quote);
        }
        throw new PgException(SqlStates.SyntaxError, "unterminated quoted string");
    }
}
