using System.Text;

namespace Pgrepl.House.Tests;

internal enum SourceTokenKind
{
    Word,
    Text,
    Mark,
}

/// <param name="Value">Of a text: as it is printed, with … for each hole.</param>
/// <param name="Line">From 1.</param>
internal readonly record struct SourceToken(SourceTokenKind Kind, string Value, int Line)
{
    public bool Is(string value) => Kind != SourceTokenKind.Text && Value == value;
}

/// <summary>Cuts C# into words, texts and marks; comments, directives and characters between single quotes fall away.</summary>
/// <remarks>Knows every kind of string: plain, verbatim, interpolated (with strings in its holes) and raw. It judges nothing else.</remarks>
internal sealed class SourceTokens
{
    private readonly string _source;
    private readonly List<SourceToken> _tokens = [];
    private int _at;
    private int _line = 1;

    private SourceTokens(string source) => _source = source;

    public static IReadOnlyList<SourceToken> Of(string source)
    {
        var tokens = new SourceTokens(source);
        while (tokens._at < source.Length)
            tokens.Next();
        return tokens._tokens;
    }

    private char Peek(int ahead = 0) => _at + ahead < _source.Length ? _source[_at + ahead] : '\0';

    private bool Sees(string text) => string.CompareOrdinal(_source, _at, text, 0, text.Length) == 0;

    private void Skip(int count)
    {
        for (; count > 0 && _at < _source.Length; count--)
            if (_source[_at++] == '\n')
                _line++;
    }

    private void SkipTo(string end)
    {
        int found = _source.IndexOf(end, _at, StringComparison.Ordinal);
        Skip(found < 0 ? _source.Length - _at : found + end.Length - _at);
    }

    private void Next()
    {
        int line = _line;
        if (char.IsWhiteSpace(Peek()))
            Skip(1);
        else if (Sees("//") || Peek() == '#')
            SkipTo("\n");
        else if (Sees("/*"))
            SkipTo("*/");
        else if (Peek() == '\'')
            SkipCharacter();
        else if (IsText())
            _tokens.Add(new(SourceTokenKind.Text, ReadText(), line));
        else if (char.IsLetterOrDigit(Peek()) || Peek() is '_' or '@')
        {
            int start = _at++;
            while (char.IsLetterOrDigit(Peek()) || Peek() == '_')
                _at++;
            _tokens.Add(new(SourceTokenKind.Word, _source[start.._at], line));
        }
        else
        {
            int length = Sees("??") || Sees("?.") || Sees("?[") || Sees("=>") || Sees("::") ? 2 : 1;
            _tokens.Add(new(SourceTokenKind.Mark, _source.Substring(_at, length), line));
            Skip(length);
        }
    }

    private void SkipCharacter() => Skip(Peek(1) == '\\' ? _source.IndexOf('\'', _at + 3) + 1 - _at : 3);

    private bool IsText()
    {
        int ahead = 0;
        while (Peek(ahead) is '$' or '@')
            ahead++;
        return Peek(ahead) == '"';
    }

    private string ReadText()
    {
        int holes = 0;
        bool verbatim = false;
        for (; Peek() != '"'; Skip(1))
        {
            holes += Peek() == '$' ? 1 : 0;
            verbatim |= Peek() == '@';
        }
        int quotes = 0;
        while (Peek(quotes) == '"')
            quotes++;
        bool raw = quotes >= 3 && !verbatim;
        string end = raw ? new string('"', quotes) : "\"";
        Skip(end.Length);
        var text = new StringBuilder();
        while (_at < _source.Length)
        {
            if (verbatim && Sees("\"\""))
                Append(text, '"', 2);
            else if (Sees(end))
            {
                Skip(end.Length);
                return text.ToString();
            }
            else if (!raw && !verbatim && Peek() == '\\')
                Append(text, Peek(1) switch { 'n' => '\n', 't' => '\t', 'r' => '\r', '0' => '\0', var c => c }, 2);
            else if (!raw && holes > 0 && (Sees("{{") || Sees("}}")))
                Append(text, Peek(), 2);
            else if (holes > 0 && Sees(new string('{', Math.Max(1, raw ? holes : 1))))
            {
                SkipHole();
                text.Append('…');
            }
            else
                Append(text, Peek(), 1);
        }
        return text.ToString();
    }

    private void Append(StringBuilder text, char c, int length)
    {
        text.Append(c);
        Skip(length);
    }

    /// <summary>Braces nest, and a string in a hole may hold braces and quotes of its own.</summary>
    private void SkipHole()
    {
        int depth = 0;
        do
        {
            if (IsText())
            {
                _ = ReadText();
                continue;
            }
            if (Peek() == '\'')
            {
                SkipCharacter();
                continue;
            }
            depth += Peek() switch { '{' => 1, '}' => -1, _ => 0 };
            Skip(1);
        }
        while (depth > 0 && _at < _source.Length);
    }
}
