using System.Globalization;
using System.Text;

namespace Pgrepl.Shared.Config;

/// <summary>What a TOML value was.</summary>
internal enum TomlKind
{
    String,
    Integer,
    Float,
    Boolean,
    StringArray,
}

/// <param name="Table">Empty: before the first table.</param>
/// <param name="Texts">One text: a string's contents, a number in decimal, true or false; of an array one for each item.</param>
/// <param name="Line">Of the key, from 1; so is <paramref name="Column"/>.</param>
internal sealed record TomlEntry(string Table, string Key, TomlKind Kind, IReadOnlyList<string> Texts, int Line, int Column, int ValueLine, int ValueColumn);

/// <summary>Reads the part of TOML 1.0 that a list of settings needs: comments, bare and quoted keys, tables of one name, one-line strings, integers, floats,
/// booleans, arrays of strings. All else is an error that says what was expected.</summary>
/// <remarks>Source of truth: https://toml.io/en/v1.0.0. Positions count characters from 1.</remarks>
internal sealed partial class TomlReader
{
    private readonly string _file;
    private readonly string _text;
    private readonly List<TomlEntry> _entries = [];
    private int _at;
    private int _line = 1;
    private int _lineStart;

    private TomlReader(string file, string text)
    {
        _file = file;
        _text = text;
    }

    /// <exception cref="ConfigurationException">Not such a file.</exception>
    public static IReadOnlyList<TomlEntry> Read(string file, ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith("\uFEFF"u8))
            bytes = bytes[3..];
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new ConfigurationException(file, 0, 0, "expected text in UTF-8");
        }
        var reader = new TomlReader(file, text);
        reader.Document();
        return reader._entries;
    }

    private void Document()
    {
        string table = "";
        var tables = new HashSet<string>();
        var keys = new HashSet<(string, string)>();
        for (; ; )
        {
            SkipBlanksAndNewlines();
            if (AtEnd)
                return;
            (int line, int column) = Here;
            if (Peek == '[')
            {
                _at++;
                if (Peek == '[')
                    throw Expected("the name of a table; arrays of tables are not supported");
                SkipBlanks();
                table = Key();
                SkipBlanks();
                Take(']', "\"]\" after the table's name");
                if (!tables.Add(table))
                    throw new ConfigurationException(_file, line, column, $"table [{table}] is defined twice");
            }
            else
            {
                string key = Key();
                SkipBlanks();
                if (Peek == '.')
                    throw Expected("\"=\" after the key; dotted keys are not supported, use a table");
                Take('=', "\"=\" after the key");
                SkipBlanks();
                (int valueLine, int valueColumn) = Here;
                (TomlKind kind, IReadOnlyList<string> texts) = Value();
                if (!keys.Add((table, key)))
                    throw new ConfigurationException(_file, line, column, $"key \"{key}\" is set twice");
                _entries.Add(new TomlEntry(table, key, kind, texts, line, column, valueLine, valueColumn));
            }
            EndOfLine();
        }
    }

    private string Key()
    {
        if (Peek is '"' or '\'')
            return String();
        int start = _at;
        while (char.IsAsciiLetterOrDigit(Peek) || Peek is '_' or '-')
            _at++;
        return _at > start ? _text[start.._at] : throw Expected("a key");
    }

    private (TomlKind Kind, IReadOnlyList<string> Texts) Value()
    {
        if (Peek is '"' or '\'')
            return (TomlKind.String, [String()]);
        if (Peek == '[')
            return (TomlKind.StringArray, Array());
        if (Peek == '{')
            throw Expected("a value; inline tables are not supported");
        int start = _at;
        while (!AtEnd && Peek is not (' ' or '\t' or '\r' or '\n' or '#' or ',' or ']'))
            _at++;
        string word = _text[start.._at];
        if (word is "true" or "false")
            return (TomlKind.Boolean, [word]);
        if (Integer(word) is { } integer)
            return (TomlKind.Integer, [integer]);
        if (IsFloat(word))
            return (TomlKind.Float, [word.Replace("_", "")]);
        _at = start;
        throw Expected(word.Length == 0 ? "a value" : "a value: a string in quotes, a number, true, false or an array of strings");
    }

    private List<string> Array()
    {
        var items = new List<string>();
        for (_at++; ;)
        {
            SkipBlanksAndNewlines();
            if (Peek == ']')
                break;
            if (Peek is not ('"' or '\''))
                throw Expected("a string or \"]\"");
            items.Add(String());
            SkipBlanksAndNewlines();
            if (Peek == ',')
                _at++;
            else if (Peek != ']')
                throw Expected("\",\" or \"]\"");
        }
        _at++;
        return items;
    }

    /// <summary>Decimal text; <see langword="null"/>: not an integer of TOML.</summary>
    private static string? Integer(string word)
    {
        if (word.Length > 2 && word[0] == '0' && word[1] is 'x' or 'o' or 'b')
        {
            int radix = word[1] switch { 'x' => 16, 'o' => 8, _ => 2 };
            UInt128 value = 0;
            for (int i = 2; i < word.Length; i++)
            {
                if (word[i] == '_' && i > 2 && i + 1 < word.Length && word[i - 1] != '_')
                    continue;
                int digit = char.IsAsciiHexDigit(word[i]) ? Convert.ToInt32(word[i].ToString(), 16) : radix;
                value = value * (uint)radix + (uint)digit;
                if (digit >= radix || value > long.MaxValue)
                    return null;
            }
            return value.ToString(CultureInfo.InvariantCulture);
        }
        int sign = word.Length > 0 && word[0] is '+' or '-' ? 1 : 0;
        string digits = word[sign..];
        if (!IsDigits(digits) || digits.Length > 1 && digits[0] == '0')
            return null;
        return long.TryParse(word.Replace("_", ""), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number.ToString(CultureInfo.InvariantCulture) : null;
    }

    private static bool IsFloat(string word)
    {
        string rest = word.Length > 0 && word[0] is '+' or '-' ? word[1..] : word;
        if (rest is "inf" or "nan")
            return true;
        int exponent = rest.AsSpan().IndexOfAny('e', 'E');
        string mantissa = exponent < 0 ? rest : rest[..exponent];
        if (exponent >= 0)
        {
            string power = rest[(exponent + 1)..];
            if (!IsDigits(power.Length > 0 && power[0] is '+' or '-' ? power[1..] : power))
                return false;
        }
        int point = mantissa.IndexOf('.');
        string whole = point < 0 ? mantissa : mantissa[..point];
        return IsDigits(whole) && (whole.Length == 1 || whole[0] != '0') && (point < 0 ? exponent >= 0 : IsDigits(mantissa[(point + 1)..]));
    }

    /// <summary>Digits with single underscores between them.</summary>
    private static bool IsDigits(string text)
    {
        for (int i = 0; i < text.Length; i++)
            if (!char.IsAsciiDigit(text[i]) && (text[i] != '_' || i == 0 || i + 1 == text.Length || text[i - 1] == '_'))
                return false;
        return text.Length > 0;
    }
}
