using System.Text;

namespace Pgrepl.Shared.Config;

/// <param name="Line">From 1.</param>
internal sealed record ConfEntry(string Name, string Value, int Line);

/// <summary>PostgreSQL's own configuration grammar, of recovery.conf and postgresql.auto.conf: <c>name = value</c>, <c>name value</c>, quotes, # comments.</summary>
/// <remarks>Source of truth: guc-file.l, PostgreSQL 15, src/backend/utils/misc. The last of several values counts; include directives are names like any other.</remarks>
internal static class ConfFile
{
    /// <returns>In the order of the file, every mention.</returns>
    /// <exception cref="ConfigurationException"><c>syntax error in file "x" line n, near token "t"</c>.</exception>
    public static IReadOnlyList<ConfEntry> Parse(string file, ReadOnlySpan<byte> bytes)
    {
        var entries = new List<ConfEntry>();
        string[] lines = Encoding.UTF8.GetString(bytes).Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i];
            int at = SkipBlanks(line, 0);
            if (AtLineEnd(line, at))
                continue;
            string name = Word(line, ref at, IsNameCharacter);
            if (name.Length == 0 || !IsLetter(name[0]))
                throw SyntaxError(file, i + 1, line, at - name.Length);
            at = SkipBlanks(line, at);
            if (at < line.Length && line[at] == '=')
                at = SkipBlanks(line, at + 1);
            if (AtLineEnd(line, at))
                throw SyntaxError(file, i + 1, line, at);
            int valueAt = at;
            string value = line[at] == '\'' ? Quoted(line, ref at) ?? throw SyntaxError(file, i + 1, line, valueAt) : Word(line, ref at, IsValueCharacter);
            if (at == valueAt)
                throw SyntaxError(file, i + 1, line, at);
            int end = SkipBlanks(line, at);
            if (!AtLineEnd(line, end))
                throw SyntaxError(file, i + 1, line, end);
            entries.Add(new ConfEntry(name, value, i + 1));
        }
        return entries;
    }

    /// <summary>Doubled quotes and backslash escapes, octal ones too; <see langword="null"/>: no closing quote.</summary>
    private static string? Quoted(string line, ref int at)
    {
        var value = new StringBuilder();
        for (int i = at + 1; i < line.Length; i++)
        {
            char c = line[i];
            if (c == '\'')
            {
                if (i + 1 < line.Length && line[i + 1] == '\'')
                    i++;
                else
                {
                    at = i + 1;
                    return value.ToString();
                }
            }
            else if (c == '\\')
            {
                if (++i == line.Length)
                    return null;
                if (line[i] is >= '0' and <= '7')
                {
                    int code = 0, digits = 0;
                    while (digits < 3 && i < line.Length && line[i] is >= '0' and <= '7')
                    {
                        code = code * 8 + line[i++] - '0';
                        digits++;
                    }
                    i--;
                    value.Append((char)(code & 0xFF));
                    continue;
                }
                c = line[i] switch { 'b' => '\b', 'f' => '\f', 'n' => '\n', 'r' => '\r', 't' => '\t', char other => other };
            }
            value.Append(c);
        }
        return null;
    }

    private static string Word(string line, ref int at, Predicate<char> belongs)
    {
        int start = at;
        while (at < line.Length && belongs(line[at]))
            at++;
        return line[start..at];
    }

    private static bool IsLetter(char c) => char.IsAsciiLetter(c) || c == '_' || c > '\x7F';

    private static bool IsNameCharacter(char c) => IsLetter(c) || char.IsAsciiDigit(c) || c == '.';

    private static bool IsValueCharacter(char c) => IsNameCharacter(c) || c is '-' or '+' or ':' or '/';

    private static int SkipBlanks(string line, int at)
    {
        while (at < line.Length && line[at] is ' ' or '\t' or '\r')
            at++;
        return at;
    }

    private static bool AtLineEnd(string line, int at) => at >= line.Length || line[at] == '#';

    private static ConfigurationException SyntaxError(string file, int number, string line, int at)
    {
        int end = at;
        while (end < line.Length && line[end] is not (' ' or '\t' or '\r'))
            end++;
        string near = at >= line.Length ? "near end of line" : $"near token \"{line[at..end]}\"";
        return new ConfigurationException(file, number, Math.Min(at, line.Length) + 1, $"syntax error {near}");
    }
}
