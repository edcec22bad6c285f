using System.Buffers;
using System.Text.Unicode;

namespace Pgrepl.Shared.Config.Toml;

/// <summary>The text of a TOML file and how far it was read: characters, blanks, comments, ends of lines; strings are in TomlScanner.Strings.cs.</summary>
internal sealed partial class TomlScanner
{
    private readonly string _file;
    private readonly string _text;
    private int _at;

    // The last place that was asked for: positions are asked for in the order of the text, so that all of them together cost one pass.
    private int _markAt;
    private int _markLine = 1;
    private int _markColumn = 1;

    /// <exception cref="ConfigurationException">Not UTF-8.</exception>
    public TomlScanner(string file, ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith("\uFEFF"u8))
            bytes = bytes[3..];
        char[] characters = new char[bytes.Length];
        OperationStatus status = Utf8.ToUtf16(bytes, characters, out _, out int length, replaceInvalidSequences: false);
        _file = file;
        _text = new string(characters, 0, length);
        if (status != OperationStatus.Done)
            throw Expected("text in UTF-8", PositionOf(length));
    }

    public bool AtEnd => _at == _text.Length;

    /// <summary>Zero at the end; a zero in the file is an error wherever it stands.</summary>
    public char Peek => AtEnd ? '\0' : _text[_at];

    public TomlPosition Here() => PositionOf(_at);

    public bool Take(char c)
    {
        if (AtEnd || _text[_at] != c)
            return false;
        _at++;
        return true;
    }

    public void Require(char c, string what)
    {
        if (!Take(c))
            throw Expected(what);
    }

    /// <summary>A bare key; empty: there is none here.</summary>
    public string TakeBareKey()
    {
        int start = _at;
        while (char.IsAsciiLetterOrDigit(Peek) || Peek is '_' or '-')
            _at++;
        return _text[start.._at];
    }

    /// <summary>Up to what ends a number, a date or a boolean. The blank between a date and a time belongs to it.</summary>
    public string TakeWord()
    {
        int start = _at;
        SkipWord();
        if (Peek == ' ' && _at + 1 < _text.Length && char.IsAsciiDigit(_text[_at + 1]) && TomlDateTimes.IsDate(_text.AsSpan(start, _at - start)))
        {
            _at++;
            SkipWord();
        }
        return _text[start.._at];
    }

    public void SkipBlanks()
    {
        while (Peek is ' ' or '\t')
            _at++;
    }

    public void SkipBlanksAndLines()
    {
        do
        {
            SkipBlanks();
            SkipComment();
        }
        while (TakeNewline());
    }

    public void EndOfLine()
    {
        SkipBlanks();
        SkipComment();
        if (!AtEnd && !TakeNewline())
            throw Expected("the end of the line");
    }

    public ConfigurationException Expected(string what) => Expected(what, Here());

    public ConfigurationException Expected(string what, TomlPosition at) => Error($"expected {what}", at);

    public ConfigurationException Error(string problem, TomlPosition at) => new(_file, at.Line, at.Column, problem);

    private void SkipWord()
    {
        while (!AtEnd && Peek is not (' ' or '\t' or '\r' or '\n' or '#' or ',' or ']' or '}'))
            _at++;
    }

    private void SkipComment()
    {
        if (Peek != '#')
            return;
        while (!AtEnd && NewlineLength() == 0)
        {
            if (IsControl(_text[_at]))
                throw Expected("no control character in a comment");
            _at++;
        }
    }

    private bool TakeNewline()
    {
        int length = NewlineLength();
        _at += length;
        return length > 0;
    }

    private int NewlineLength() => Peek == '\n' ? 1 : Peek == '\r' && _at + 1 < _text.Length && _text[_at + 1] == '\n' ? 2 : 0;

    private TomlPosition PositionOf(int offset)
    {
        if (offset < _markAt)
            (_markAt, _markLine, _markColumn) = (0, 1, 1);
        for (; _markAt < offset; _markAt++)
        {
            if (_text[_markAt] == '\n')
                (_markLine, _markColumn) = (_markLine + 1, 1);
            else if (!char.IsLowSurrogate(_text[_markAt]))
                _markColumn++;
        }
        return new TomlPosition(_markLine, _markColumn);
    }

    private static bool IsControl(char c) => c is < ' ' and not '\t' or '\x7F';
}
