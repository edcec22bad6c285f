namespace Pgrepl.Shared.Config;

/// <summary>What PostgreSQL's scanner of configuration files can find.</summary>
internal enum ConfToken
{
    End,
    EndOfLine,
    Id,
    QualifiedId,
    String,
    Integer,
    Real,
    EqualSign,
    UnquotedString,

    /// <summary>A byte that begins nothing.</summary>
    Error,
}

/// <summary>Takes a configuration file of PostgreSQL's apart: of all tokens that could begin here the longest, as flex does.</summary>
/// <remarks>Source of truth: the rules of guc-file.l, PostgreSQL 15, src/backend/utils/misc. Every byte above ASCII is a letter.
/// Ours alone: a zero byte ends a string, so that the value is not cut short unnoticed.</remarks>
internal ref struct ConfScanner(ReadOnlySpan<byte> text)
{
    private readonly ReadOnlySpan<byte> _text = text;
    private int _start;
    private int _end;

    /// <summary>From 1; where the last token stands.</summary>
    public int Line { get; private set; } = 1;

    /// <summary>Where the line begins that the last token stands on.</summary>
    public int LineStart { get; private set; }

    /// <summary>Where the last token begins.</summary>
    public readonly int Start => _start;

    /// <summary>The last token as it was written.</summary>
    public readonly ReadOnlySpan<byte> Token => _text[_start.._end];

    public ConfToken Next()
    {
        if (_end > 0 && _text[_end - 1] == '\n')
            (Line, LineStart) = (Line + 1, _end);
        _start = _end;
        while (_start < _text.Length && _text[_start] is (byte)' ' or (byte)'\t' or (byte)'\r')
            _start++;
        if (_start < _text.Length && _text[_start] == '#')
            _start = EndOfLine(_start);
        _end = _start;
        if (_start == _text.Length)
            return ConfToken.End;
        byte first = _text[_start];
        _end++;
        return first switch
        {
            (byte)'\n' => ConfToken.EndOfLine,
            (byte)'=' => ConfToken.EqualSign,
            (byte)'\'' => Quoted(),
            _ when IsLetter(first) => Word(),
            _ => Number(),
        };
    }

    /// <summary>On to the end of this line, which becomes the last token.</summary>
    public void SkipLine()
    {
        _start = EndOfLine(_start);
        _end = Math.Min(_start + 1, _text.Length);
    }

    private readonly int EndOfLine(int from)
    {
        int length = _text[from..].IndexOf((byte)'\n');
        return length < 0 ? _text.Length : from + length;
    }

    private ConfToken Quoted()
    {
        int closed = 0; // the longest that is complete so far
        for (int i = _start + 1; i < _text.Length && _text[i] is not ((byte)'\n' or 0); i++)
        {
            if (_text[i] == '\'')
            {
                closed = i + 1;
                if (closed == _text.Length || _text[closed] != '\'')
                    break;
                i++;
            }
            else if (_text[i] == '\\' && (++i == _text.Length || _text[i] is (byte)'\n' or 0))
                break;
        }
        if (closed == 0)
            return ConfToken.Error;
        _end = closed;
        return ConfToken.String;
    }

    private ConfToken Word()
    {
        int dots = 0;
        bool isName = true, afterDot = false;
        for (; _end < _text.Length; _end++)
        {
            byte c = _text[_end];
            if (c == '.')
                dots++;
            else if (c is (byte)'-' or (byte)':' or (byte)'/')
                isName = false;
            else if (!IsLetter(c) && !char.IsAsciiDigit((char)c))
                break;
            isName &= !afterDot || IsLetter(c);
            afterDot = c == '.';
        }
        return !isName || afterDot || dots > 1 ? ConfToken.UnquotedString : dots == 1 ? ConfToken.QualifiedId : ConfToken.Id;
    }

    private ConfToken Number()
    {
        int digits = _text[_start] is (byte)'+' or (byte)'-' ? _start + 1 : _start;
        int whole = Digits(digits), integer = Integer(digits, whole), real = Real(whole);
        if (integer == 0 && real == 0)
            return ConfToken.Error;
        _end = Math.Max(integer, real);
        return integer >= real ? ConfToken.Integer : ConfToken.Real;
    }

    /// <summary>Digits, or 0x and hexadecimal ones, then the letters of a unit. Zero: not an integer.</summary>
    private readonly int Integer(int digits, int end)
    {
        if (end == digits)
            return 0;
        int hexadecimal = digits + 2;
        if (end == digits + 1 && _text[digits] == '0' && end < _text.Length && _text[end] == 'x')
        {
            int last = hexadecimal;
            while (last < _text.Length && char.IsAsciiHexDigit((char)_text[last]))
                last++;
            if (last > hexadecimal)
                end = last;
        }
        while (end < _text.Length && char.IsAsciiLetter((char)_text[end]))
            end++;
        return end;
    }

    /// <summary>A point, with or without digits around it, and an exponent. Zero: not a real number.</summary>
    private readonly int Real(int point)
    {
        if (point >= _text.Length || _text[point] != '.')
            return 0;
        int end = Digits(point + 1);
        if (end < _text.Length && _text[end] is (byte)'e' or (byte)'E')
        {
            int power = end + 1 < _text.Length && _text[end + 1] is (byte)'+' or (byte)'-' ? end + 2 : end + 1;
            int last = Digits(power);
            if (last > power)
                end = last;
        }
        return end;
    }

    private readonly int Digits(int from)
    {
        while (from < _text.Length && char.IsAsciiDigit((char)_text[from]))
            from++;
        return from;
    }

    private static bool IsLetter(byte c) => char.IsAsciiLetter((char)c) || c == '_' || c > 0x7F;
}
