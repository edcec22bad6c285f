namespace Pgrepl.Shared.Config.Toml;

/// <summary>Reads a TOML 1.0 file: all of the grammar, nothing beyond it.</summary>
/// <remarks>Source of truth: https://toml.io/en/v1.0.0.</remarks>
internal sealed class TomlReader
{
    /// <summary>A configuration file that is longer is a mistake.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>Of arrays and tables in each other, and of the parts of one key.</summary>
    public const int MaxDepth = 64;

    private const string AnyValue = "a value: a string in quotes, a number, true, false, a date, an array or a table in braces";

    private readonly TomlScanner _scanner;
    private readonly TomlTables _tables;

    private TomlReader(TomlScanner scanner)
    {
        _scanner = scanner;
        _tables = new TomlTables(scanner);
    }

    /// <param name="file">For messages.</param>
    /// <exception cref="ConfigurationException">Not TOML, or beyond a limit.</exception>
    public static TomlTable Read(string file, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
            throw new ConfigurationException(file, 0, 0, $"expected at most {MaxBytes} bytes");
        var reader = new TomlReader(new TomlScanner(file, bytes));
        reader.Document();
        return reader._tables.Root;
    }

    private void Document()
    {
        for (; ; )
        {
            _scanner.SkipBlanksAndLines();
            if (_scanner.AtEnd)
                return;
            if (_scanner.Peek == '[')
                Header();
            else
                Member(_tables.Current, depth: 0);
            _scanner.EndOfLine();
        }
    }

    private void Header()
    {
        _scanner.Require('[', "a header");
        bool isItem = _scanner.Take('[');
        List<TomlKey> path = Path();
        _scanner.Require(']', "\"]\" after the table's name");
        if (isItem)
        {
            _scanner.Require(']', "\"]]\" after the name of an array of tables");
            _tables.OpenItem(path);
        }
        else
            _tables.Open(path);
    }

    private void Member(TomlTable table, int depth)
    {
        List<TomlKey> path = Path();
        _scanner.Require('=', "\"=\" after the key");
        _scanner.SkipBlanks();
        _tables.Add(table, path, Value(depth));
    }

    /// <summary>A dotted key and the blanks around it.</summary>
    private List<TomlKey> Path()
    {
        var path = new List<TomlKey>();
        do
        {
            _scanner.SkipBlanks();
            TomlPosition at = _scanner.Here();
            if (path.Count == MaxDepth)
                throw _scanner.Expected($"at most {MaxDepth} parts of a key");
            bool isQuoted = _scanner.Peek is '"' or '\'';
            string name = isQuoted ? _scanner.TakeString(asKey: true) : _scanner.TakeBareKey();
            if (name.Length == 0 && !isQuoted)
                throw _scanner.Expected("a key");
            path.Add(new TomlKey(name, at));
            _scanner.SkipBlanks();
        }
        while (_scanner.Take('.'));
        return path;
    }

    private TomlValue Value(int depth)
    {
        TomlPosition at = _scanner.Here();
        if (depth == MaxDepth)
            throw _scanner.Expected($"values at most {MaxDepth} deep in each other");
        switch (_scanner.Peek)
        {
            case '"' or '\'':
                return new TomlString(at, _scanner.TakeString());
            case '[':
                return Array(at, depth);
            case '{':
                return InlineTable(at, depth);
            default:
                return Scalar(_scanner.TakeWord(), at);
        }
    }

    private TomlValue Scalar(string word, TomlPosition at) => word switch
    {
        "true" or "false" => new TomlBoolean(at, word == "true"),
        _ => TomlNumbers.ReadInteger(word, at) ?? TomlNumbers.ReadFloat(word, at) ?? TomlDateTimes.Read(word, at) as TomlValue ?? throw _scanner.Expected(AnyValue, at),
    };

    private TomlArray Array(TomlPosition at, int depth)
    {
        var array = new TomlArray(at);
        _scanner.Require('[', "an array");
        for (; ; )
        {
            _scanner.SkipBlanksAndLines();
            if (_scanner.Take(']'))
                return array;
            array.Items.Add(Value(depth + 1));
            _scanner.SkipBlanksAndLines();
            if (_scanner.Take(']'))
                return array;
            _scanner.Require(',', "\",\" or \"]\"");
        }
    }

    /// <summary>On one line, and without a comma at the end.</summary>
    private TomlTable InlineTable(TomlPosition at, int depth)
    {
        var table = new TomlTable(at, TomlTableOrigin.Inline);
        _scanner.Require('{', "a table in braces");
        _scanner.SkipBlanks();
        if (_scanner.Take('}'))
            return table;
        for (; ; )
        {
            Member(table, depth + 1);
            _scanner.SkipBlanks();
            if (_scanner.Take('}'))
                return table;
            _scanner.Require(',', "\",\" or \"}\"");
        }
    }
}
