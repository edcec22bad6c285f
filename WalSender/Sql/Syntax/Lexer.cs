using System.Buffers;
using System.Text;
using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>Cuts SQL into tokens, with standard_conforming_strings on.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/parser/scan.l. Bit strings and U&amp;'' literals are not known.</remarks>
internal sealed class Lexer(string text, int start = 0)
{
    private const string OperatorCharacters = "~!@#^&|`?+-*/%<>=";
    private static readonly SearchValues<char> LicensesTrailingSign = SearchValues.Create("~!@#^&|`?%");

    private int _tokens;
    private int _position = start;

    public string Text => text;

    /// <exception cref="PgException">42601 with the text of the token it is near to; 22025 for a bad escape.</exception>
    public Token Next()
    {
        if (++_tokens > SqlLimits.MaxTokens)
            throw new PgException(SqlErrors.StatementTooComplex, $"a query cannot have more than {SqlLimits.MaxTokens} words and signs");
        SkipBlanks();
        int start = _position;
        if (start >= text.Length)
            return new Token(TokenKind.End, "", start, 0);
        char c = text[start];
        if (c is 'e' or 'E' && At(start + 1) == '\'')
        {
            _position++;
            return Literal(start, escapes: true);
        }
        if (IsWordStart(c))
            return Word();
        if (char.IsAsciiDigit(c) || (c == '.' && char.IsAsciiDigit(At(start + 1))))
            return Number();
        switch (c)
        {
            case '\'':
                return Literal(start, escapes: false);
            case '"':
                return QuotedName();
            case '$':
                return Dollar();
            case '(' or ')' or '[' or ']' or ',' or ';':
                return Sign(1);
            case '.':
                return Sign(1);
            case ':':
                return Sign(At(start + 1) is ':' or '=' ? 2 : 1);
        }
        if (OperatorCharacters.Contains(c, StringComparison.Ordinal))
            return Sign(OperatorLength());
        return Sign(1); // no token of SQL: the parser says so
    }

    /// <summary>The error for a token that does not fit, in PostgreSQL's words.</summary>
    public PgException SyntaxError(Token token, string message = "syntax error") => token.Kind == TokenKind.End
        ? new PgException(SqlStates.SyntaxError, $"{message} at end of input").At(text.Length)
        : new PgException(SqlStates.SyntaxError, $"{message} at or near \"{Excerpt(token.Start, token.Length)}\"").At(token.Start);

    private string Excerpt(int start, int length) => text.Substring(start, Math.Min(length, text.Length - start));

    private PgException ErrorFrom(int start, string message, string sqlState = SqlStates.SyntaxError) =>
        new PgException(sqlState, $"{message} at or near \"{Excerpt(start, text.Length - start)}\"").At(start);

    private char At(int position) => position < text.Length ? text[position] : '\0';

    private static bool IsWordStart(char c) => char.IsAsciiLetter(c) || c == '_' || c > 127;

    private static bool IsWordPart(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '$' || c > 127;

    private static bool IsBlank(char c) => c is ' ' or '\t' or '\n' or '\r' or '\f';

    private void SkipBlanks()
    {
        while (_position < text.Length)
        {
            char c = text[_position];
            if (IsBlank(c))
                _position++;
            else if (c == '-' && At(_position + 1) == '-')
                SkipLine();
            else if (c == '/' && At(_position + 1) == '*')
                SkipComment();
            else
                return;
        }
    }

    private void SkipLine()
    {
        int end = text.AsSpan(_position).IndexOfAny('\n', '\r');
        _position = end < 0 ? text.Length : _position + end;
    }

    /// <summary>Comments nest.</summary>
    private void SkipComment()
    {
        int start = _position;
        int depth = 0;
        do
        {
            if (_position >= text.Length)
                throw ErrorFrom(start, "unterminated /* comment");
            if (At(_position) == '/' && At(_position + 1) == '*')
            {
                depth++;
                _position += 2;
            }
            else if (At(_position) == '*' && At(_position + 1) == '/')
            {
                depth--;
                _position += 2;
            }
            else
                _position++;
        }
        while (depth > 0);
    }

    private Token Sign(int length)
    {
        int start = _position;
        _position += length;
        string sign = text.Substring(start, length);
        return new Token(TokenKind.Sign, sign == "!=" ? "<>" : sign, start, length);
    }

    /// <summary>The longest run of operator characters, ended by a comment; + or - at its end stays out unless a character unusual in SQL is in it.</summary>
    private int OperatorLength()
    {
        int length = 0;
        while (OperatorCharacters.Contains(At(_position + length), StringComparison.Ordinal) && At(_position + length) != '\0')
        {
            char c = At(_position + length), next = At(_position + length + 1);
            if (length > 0 && ((c == '-' && next == '-') || (c == '/' && next == '*')))
                break;
            length++;
        }
        ReadOnlySpan<char> run = text.AsSpan(_position, length);
        if (run is "=>" or "<=" or ">=" or "<>" or "!=")
            return length;
        while (length > 1 && run[length - 1] is '+' or '-' && !run[..(length - 1)].ContainsAny(LicensesTrailingSign))
            length--;
        return length;
    }

    private Token Word()
    {
        int start = _position;
        while (_position < text.Length && IsWordPart(text[_position]))
            _position++;
        return new Token(TokenKind.Word, SqlNames.Fold(text.AsSpan(start, _position - start)), start, _position - start);
    }

    private Token QuotedName()
    {
        int start = _position;
        var name = new StringBuilder();
        for (_position++; ; _position++)
        {
            if (_position >= text.Length)
                throw ErrorFrom(start, "unterminated quoted identifier");
            if (text[_position] == '"')
            {
                if (At(_position + 1) != '"')
                    break;
                _position++;
            }
            name.Append(text[_position]);
        }
        _position++;
        if (name.Length == 0)
            throw SyntaxError(new Token(TokenKind.QuotedName, "", start, _position - start), "zero-length delimited identifier");
        return new Token(TokenKind.QuotedName, SqlNames.Cut(name.ToString()), start, _position - start);
    }

    /// <summary>'…', with pieces on later lines joined; E'…' with backslash escapes.</summary>
    private Token Literal(int start, bool escapes)
    {
        var value = new StringBuilder();
        while (true)
        {
            _position++; // the opening quote
            LiteralPiece(start, value, escapes);
            if (!ContinuesOnNextLine())
                break;
        }
        return new Token(TokenKind.Text, value.ToString(), start, _position - start);
    }

    private void LiteralPiece(int start, StringBuilder value, bool escapes)
    {
        while (true)
        {
            int end = escapes ? text.AsSpan(_position).IndexOfAny('\'', '\\') : text.AsSpan(_position).IndexOf('\'');
            if (end < 0)
                throw ErrorFrom(start, "unterminated quoted string");
            value.Append(text, _position, end);
            _position += end;
            if (text[_position] == '\\')
                LexerEscapes.Read(text, ref _position, value, start);
            else if (At(_position + 1) == '\'')
            {
                value.Append('\'');
                _position += 2;
            }
            else
            {
                _position++;
                return;
            }
        }
    }

    /// <summary>Blanks with a newline among them and then a quote: the literal goes on.</summary>
    private bool ContinuesOnNextLine()
    {
        int next = _position;
        bool newline = false;
        while (IsBlank(At(next)) && next < text.Length)
            newline |= text[next++] is '\n' or '\r';
        if (!newline || At(next) != '\'')
            return false;
        _position = next;
        return true;
    }

    /// <summary>$1, or $tag$…$tag$.</summary>
    private Token Dollar()
    {
        int start = _position;
        int end = start + 1;
        if (char.IsAsciiDigit(At(end)))
        {
            while (char.IsAsciiDigit(At(end)))
                end++;
            _position = end;
            return new Token(TokenKind.Parameter, text[(start + 1)..end], start, end - start);
        }
        if (IsWordStart(At(end)))
            while (IsWordPart(At(end)) && At(end) != '$' && end < text.Length)
                end++;
        if (At(end) != '$')
            return Sign(1);
        string tag = text[start..(end + 1)];
        int close = text.IndexOf(tag, end + 1, StringComparison.Ordinal);
        if (close < 0)
            throw ErrorFrom(start, "unterminated dollar-quoted string");
        _position = close + tag.Length;
        return new Token(TokenKind.Text, text[(end + 1)..close], start, _position - start);
    }

    private Token Number()
    {
        int start = _position;
        bool whole = true;
        while (char.IsAsciiDigit(At(_position)))
            _position++;
        if (At(_position) == '.' && At(_position + 1) != '.')
        {
            whole = false;
            _position++;
            while (char.IsAsciiDigit(At(_position)))
                _position++;
        }
        int exponent = At(_position + 1) is '+' or '-' ? 2 : 1;
        if (At(_position) is 'e' or 'E' && char.IsAsciiDigit(At(_position + exponent)))
        {
            whole = false;
            _position += exponent;
            while (char.IsAsciiDigit(At(_position)))
                _position++;
        }
        if (IsWordStart(At(_position)) && _position < text.Length)
        {
            int end = _position + 1;
            while (IsWordPart(At(end)))
                end++;
            throw new PgException(SqlStates.SyntaxError, $"trailing junk after numeric literal at or near \"{text[start..end]}\"").At(start);
        }
        return new Token(whole ? TokenKind.Integer : TokenKind.Number, text[start.._position], start, _position - start);
    }
}
