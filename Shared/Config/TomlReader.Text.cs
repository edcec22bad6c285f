using System.Globalization;
using System.Text;

namespace Pgrepl.Shared.Config;

internal sealed partial class TomlReader
{
    private bool AtEnd => _at == _text.Length;

    /// <summary>Zero at the end; a zero in the file is an error wherever it stands.</summary>
    private char Peek => AtEnd ? '\0' : _text[_at];

    private (int Line, int Column) Here => (_line, _at - _lineStart + 1);

    /// <summary>A basic or a literal string on one line.</summary>
    private string String()
    {
        char quote = _text[_at];
        if (_text.AsSpan(_at).StartsWith(quote == '"' ? "\"\"\"" : "'''", StringComparison.Ordinal))
            throw Expected("a string on one line; multi-line strings are not supported");
        _at++;
        if (quote == '\'')
        {
            int start = _at;
            while (Peek != '\'')
            {
                CheckStringCharacter(quote);
                _at++;
            }
            return _text[start.._at++];
        }
        var result = new StringBuilder();
        while (Peek != '"')
        {
            CheckStringCharacter(quote);
            if (Peek == '\\')
                Escape(result);
            else
                result.Append(_text[_at++]);
        }
        _at++;
        return result.ToString();
    }

    private void CheckStringCharacter(char quote)
    {
        if (AtEnd || Peek is '\n' or '\r')
            throw Expected($"a closing {quote} before the end of the line");
        if (IsControl(Peek))
            throw Expected("no control character in a string");
    }

    private void Escape(StringBuilder result)
    {
        int digits = 0;
        _at++;
        switch (Peek)
        {
            case 'b': result.Append('\b'); break;
            case 't': result.Append('\t'); break;
            case 'n': result.Append('\n'); break;
            case 'f': result.Append('\f'); break;
            case 'r': result.Append('\r'); break;
            case '"' or '\\': result.Append(Peek); break;
            case 'u': digits = 4; break;
            case 'U': digits = 8; break;
            default: throw Expected("one of b t n f r \" \\ u U after a backslash");
        }
        _at++;
        if (digits == 0)
            return;
        if (_at + digits > _text.Length
            || !uint.TryParse(_text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint code)
            || !Rune.TryCreate(code, out Rune rune))
            throw Expected($"{digits} hexadecimal digits of a Unicode character");
        result.Append(rune.ToString());
        _at += digits;
    }

    private void SkipBlanks()
    {
        while (Peek is ' ' or '\t')
            _at++;
    }

    private void SkipBlanksAndNewlines()
    {
        for (; ; )
        {
            SkipBlanks();
            SkipComment();
            if (!TakeNewline())
                return;
        }
    }

    private void EndOfLine()
    {
        SkipBlanks();
        SkipComment();
        if (!AtEnd && !TakeNewline())
            throw Expected("the end of the line");
    }

    private void SkipComment()
    {
        if (Peek != '#')
            return;
        while (!AtEnd && Peek != '\n' && !(Peek == '\r' && _at + 1 < _text.Length && _text[_at + 1] == '\n'))
        {
            if (IsControl(Peek))
                throw Expected("no control character in a comment");
            _at++;
        }
    }

    private bool TakeNewline()
    {
        int length = Peek == '\n' ? 1 : Peek == '\r' && _at + 1 < _text.Length && _text[_at + 1] == '\n' ? 2 : 0;
        if (length == 0)
            return false;
        _at += length;
        _line++;
        _lineStart = _at;
        return true;
    }

    private void Take(char c, string what)
    {
        if (Peek != c)
            throw Expected(what);
        _at++;
    }

    private static bool IsControl(char c) => c is < ' ' and not '\t' or '\x7F';

    private ConfigurationException Expected(string what) => new(_file, Here.Line, Here.Column, $"expected {what}");
}
