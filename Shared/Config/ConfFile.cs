using System.Text;

namespace Pgrepl.Shared.Config;

/// <param name="Line">From 1.</param>
internal sealed record ConfEntry(string Name, string Value, string File, int Line);

/// <summary>PostgreSQL's own configuration grammar, of recovery.conf and postgresql.auto.conf: <c>name = value</c>, <c>name value</c>, quotes, # comments, includes.</summary>
/// <remarks>Answers to ParseConfigFp and DeescapeQuotedString, PostgreSQL 15, src/backend/utils/misc/guc-file.l; ConfFile.Includes.cs to ParseConfigFile and
/// ParseConfigDirectory. The right line is told where PostgreSQL is one short: an error at the end of a file that has no newline there.</remarks>
internal sealed partial class ConfFile
{
    /// <summary>Then the file is given up.</summary>
    private const int MaxErrors = 100;

    private readonly List<ConfEntry> _entries = [];
    private readonly List<ConfigurationException> _errors = [];

    /// <summary>One file and what it includes.</summary>
    /// <param name="file">Absolute: included names are relative to its directory.</param>
    /// <returns>In the order of the file, every mention; texts are decoded as UTF-8.</returns>
    /// <exception cref="ConfigurationException">PostgreSQL's line for the first mistake, those for the others in the detail.</exception>
    public static IReadOnlyList<ConfEntry> Parse(string file, ReadOnlySpan<byte> bytes)
    {
        var parsed = new ConfFile();
        parsed.Add(file, bytes, depth: 0);
        if (parsed._errors is not [var first, .. var others])
            return parsed._entries;
        throw others.Count == 0 ? first : new ConfigurationException(first.File, first.Line, first.Column, first.Problem, string.Join('\n', others.Select(e => e.Message)), null, first.Message);
    }

    private void Add(string file, ReadOnlySpan<byte> bytes, int depth)
    {
        var scanner = new ConfScanner(bytes);
        int errors = 0;
        for (; ; )
        {
            ConfToken token = scanner.Next();
            if (token == ConfToken.End)
                return;
            if (token == ConfToken.EndOfLine)
                continue;
            int line = scanner.Line;
            if (Assignment(ref scanner, ref token) is var (name, value))
            {
                if (!Include(name, value, file, line, depth))
                    _entries.Add(new ConfEntry(name, value, file, line));
                continue;
            }
            _errors.Add(SyntaxError(file, bytes, scanner, token));
            if (++errors == MaxErrors)
            {
                _errors.Add(Error(file, line, $"too many syntax errors found, abandoning file \"{file}\""));
                return;
            }
            if (token != ConfToken.EndOfLine)
                scanner.SkipLine();
        }
    }

    /// <summary>A name, perhaps an equal sign, a value, the end of the line.</summary>
    /// <returns><see langword="null"/>: the token that came last does not belong there.</returns>
    private static (string Name, string Value)? Assignment(ref ConfScanner scanner, ref ConfToken token)
    {
        if (token is not (ConfToken.Id or ConfToken.QualifiedId))
            return null;
        string name = Encoding.UTF8.GetString(scanner.Token);
        token = scanner.Next();
        if (token == ConfToken.EqualSign)
            token = scanner.Next();
        if (token is not (ConfToken.Id or ConfToken.String or ConfToken.Integer or ConfToken.Real or ConfToken.UnquotedString))
            return null;
        string value = token == ConfToken.String ? Unquote(scanner.Token[1..^1]) : Encoding.UTF8.GetString(scanner.Token);
        token = scanner.Next();
        return token is ConfToken.EndOfLine or ConfToken.End ? (name, value) : null;
    }

    /// <summary>Doubled quotes and backslash escapes, octal bytes too; a zero byte ends the value.</summary>
    private static string Unquote(ReadOnlySpan<byte> text)
    {
        byte[] value = new byte[text.Length];
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            byte c = text[i];
            if (c == '\'')
                i++;
            else if (c == '\\')
            {
                c = text[++i];
                if (c is >= (byte)'0' and <= (byte)'7')
                {
                    int code = 0, end = Math.Min(i + 3, text.Length);
                    for (; i < end && text[i] is >= (byte)'0' and <= (byte)'7'; i++)
                        code = code * 8 + text[i] - '0';
                    i--;
                    c = (byte)code;
                }
                else
                    c = c switch { (byte)'b' => (byte)'\b', (byte)'f' => (byte)'\f', (byte)'n' => (byte)'\n', (byte)'r' => (byte)'\r', (byte)'t' => (byte)'\t', _ => c };
            }
            value[length++] = c;
        }
        int zero = value.AsSpan(0, length).IndexOf((byte)0);
        return Encoding.UTF8.GetString(value, 0, zero < 0 ? length : zero);
    }

    private static ConfigurationException SyntaxError(string file, ReadOnlySpan<byte> bytes, in ConfScanner scanner, ConfToken token)
    {
        string near = token is ConfToken.EndOfLine or ConfToken.End ? "near end of line" : $"near token \"{Encoding.UTF8.GetString(scanner.Token)}\"";
        int column = Encoding.UTF8.GetString(bytes[scanner.LineStart..scanner.Start]).Length + 1;
        return new ConfigurationException(file, scanner.Line, column, $"syntax error, {near}", message: $"syntax error in file \"{file}\" line {scanner.Line}, {near}");
    }

    private static ConfigurationException Error(string file, int line, string message) => new(file, line, 0, message, message: message);
}
