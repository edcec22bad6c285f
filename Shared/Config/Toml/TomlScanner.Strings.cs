using System.Globalization;
using System.Text;

namespace Pgrepl.Shared.Config.Toml;

internal sealed partial class TomlScanner
{
    private const string BasicQuotes = "\"\"\"";
    private const string LiteralQuotes = "'''";

    /// <summary>Any of the four kinds of string; it starts here.</summary>
    /// <param name="asKey">Only the two kinds that fit on one line.</param>
    public string TakeString(bool asKey = false)
    {
        char quote = _text[_at];
        if (!StartsWith(quote == '"' ? BasicQuotes : LiteralQuotes))
            return OneLine(quote);
        return asKey ? throw Expected("a key on one line") : ManyLines(quote);
    }

    private string OneLine(char quote)
    {
        _at++;
        var result = new StringBuilder();
        while (Peek != quote)
        {
            if (AtEnd || Peek is '\n' or '\r')
                throw Expected($"a closing {quote} before the end of the line");
            TakeCharacter(quote, result);
        }
        _at++;
        return result.ToString();
    }

    private string ManyLines(char quote)
    {
        string quotes = quote == '"' ? BasicQuotes : LiteralQuotes;
        _at += quotes.Length;
        TakeNewline(); // one right after the quotes does not count
        var result = new StringBuilder();
        while (!StartsWith(quotes))
        {
            if (AtEnd)
                throw Expected($"a closing {quotes}");
            if (NewlineLength() is > 0 and int length)
            {
                result.Append(_text, _at, length);
                _at += length;
            }
            else if (quote == '\'' || !SkipEscapedNewline())
                TakeCharacter(quote, result);
        }
        _at += quotes.Length;
        for (int more = 0; more < 2 && Take(quote); more++) // up to two quotes may stand before the closing ones
            result.Append(quote);
        return result.ToString();
    }

    private void TakeCharacter(char quote, StringBuilder result)
    {
        if (IsControl(_text[_at]))
            throw Expected("no control character in a string");
        if (quote == '"' && _text[_at] == '\\')
            TakeEscape(result);
        else
            result.Append(_text[_at++]);
    }

    /// <summary>A backslash that ends its line: all white space up to the next character goes.</summary>
    private bool SkipEscapedNewline()
    {
        if (Peek != '\\')
            return false;
        int start = _at++;
        SkipBlanks();
        if (!TakeNewline())
        {
            _at = start;
            return false;
        }
        do
            SkipBlanks();
        while (TakeNewline());
        return true;
    }

    private void TakeEscape(StringBuilder result)
    {
        _at++;
        int digits = 0;
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

    private bool StartsWith(string quotes) => _text.AsSpan(_at).StartsWith(quotes, StringComparison.Ordinal);
}
