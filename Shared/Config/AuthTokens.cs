using System.Text;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Shared.Config;

/// <summary>Takes pg_hba.conf and pg_ident.conf apart: blanks end a field, commas a token, # starts a comment, a backslash at the end continues the line; include words and @files bring in others.</summary>
/// <remarks>Source of truth: next_token, next_field_expand, tokenize_auth_file, PostgreSQL 15, src/backend/libpq/hba.c; include words are PostgreSQL 16's.</remarks>
internal static class AuthTokens
{
    private const int MaxToken = 10240; // MAX_TOKEN

    private const int MaxDepth = 10;     // CONF_FILE_MAX_DEPTH

    /// <summary>The lines of a file and of those it includes.</summary>
    /// <param name="text">Of <paramref name="file"/>.</param>
    /// <exception cref="ConfigurationException">A token that is too long, or a file that cannot be read.</exception>
    public static List<AuthLine> Read(string text, string file) => Read(text, file, depth: 0);

    private static List<AuthLine> Read(string text, string file, int depth)
    {
        var result = new List<AuthLine>();
        foreach (AuthLine line in Lines(text, file))
        {
            if (Included(line) is { } files)
            {
                foreach (string path in files)
                    if (Open(path, line, depth, line.Fields[0][0].Text == "include_if_exists") is { } inner)
                        result.AddRange(Read(inner, path, depth + 1));
                continue;
            }
            result.Add(line with { Fields = [.. line.Fields.Select(field => Expanded(field, line, depth)).Where(field => field.Count > 0)] });
        }
        return result;
    }

    /// <summary>Lines as they stand: nothing is included.</summary>
    public static IEnumerable<AuthLine> Lines(string text, string file)
    {
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            int number = i + 1;
            string line = lines[i].TrimEnd('\r');
            if (line.EndsWith('\\') && i + 1 < lines.Length)
                line = Joined(lines, ref i);
            var fields = new List<IReadOnlyList<AuthToken>>();
            int at = 0;
            while (Field(line, ref at, file, number) is { Count: > 0 } field)
                fields.Add(field);
            if (fields.Count > 0)
                yield return new AuthLine(file, number, line, fields);
        }
    }

    /// <summary>The files that a line of PostgreSQL 16's include words names; <see langword="null"/>: it is no such line.</summary>
    private static IReadOnlyList<string>? Included(AuthLine line)
    {
        if (line.Fields is not [[{ Quoted: false, Text: "include" or "include_if_exists" or "include_dir" } word], [var name]])
            return null;
        string path = Beside(line.File, name.Text);
        if (word.Text != "include_dir")
            return [path];
        return Directory.Exists(path)
            ? [.. Directory.GetFiles(path, "*.conf").Where(f => Path.GetFileName(f)[0] != '.').Order(StringComparer.Ordinal)]
            : throw new ConfigurationException(line.File, line.Number, 0, $"could not open configuration directory \"{path}\": No such file or directory");
    }

    /// <summary>With every @file replaced by the tokens in it.</summary>
    private static List<AuthToken> Expanded(IReadOnlyList<AuthToken> field, AuthLine line, int depth)
    {
        var tokens = new List<AuthToken>();
        foreach (AuthToken token in field)
        {
            if (token.Quoted || token.Text.Length < 2 || token.Text[0] != '@')
                tokens.Add(token);
            else
            {
                string path = Beside(line.File, token.Text[1..]);
                foreach (AuthLine inner in Lines(Open(path, line, depth, mayBeMissing: false)!, path))
                    foreach (IReadOnlyList<AuthToken> innerField in inner.Fields)
                        tokens.AddRange(Expanded(innerField, inner, depth + 1));
            }
        }
        return tokens;
    }

    private static string Beside(string file, string name) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, name);

    private static string? Open(string path, AuthLine from, int depth, bool mayBeMissing)
    {
        if (depth >= MaxDepth)
            throw new ConfigurationException(from.File, from.Number, 0, $"could not open file \"{path}\": maximum nesting depth exceeded");
        try
        {
            return DurableFile.TryRead(path) is { } bytes ? Encoding.UTF8.GetString(bytes) : mayBeMissing ? null
                : throw new ConfigurationException(from.File, from.Number, 0, $"could not open file \"{path}\": No such file or directory");
        }
        catch (PgException e)
        {
            throw new ConfigurationException(from.File, from.Number, 0, e.Message);
        }
    }

    /// <summary>Line <paramref name="i"/> and those it continues on; a backslash that a join leaves at the end continues too.</summary>
    private static string Joined(string[] lines, ref int i)
    {
        var joined = new StringBuilder(lines[i].TrimEnd('\r'));
        while (joined.Length > 0 && joined[^1] == '\\' && i + 1 < lines.Length)
            joined.Remove(joined.Length - 1, 1).Append(lines[++i].AsSpan().TrimEnd('\r'));
        return joined.ToString();
    }

    private static List<AuthToken> Field(string line, ref int at, string file, int number)
    {
        var tokens = new List<AuthToken>();
        while (Token(line, ref at, out AuthToken token, out bool comma))
        {
            if (token.Text.Length >= MaxToken)
                throw new ConfigurationException(file, number, 0, "authentication file token too long");
            tokens.Add(token);
            if (!comma)
                break;
        }
        return tokens;
    }

    private static bool Token(string line, ref int at, out AuthToken token, out bool comma)
    {
        var text = new StringBuilder();
        bool inQuote = false, wasQuote = false, sawQuote = false, initialQuote = false;
        comma = false;
        while (at < line.Length && (IsBlank(line[at]) || line[at] == ','))
            at++;
        for (; at < line.Length && (!IsBlank(line[at]) || inQuote); at++)
        {
            char c = line[at];
            if (!inQuote && c == '#')
            {
                at = line.Length;
                break;
            }
            if (!inQuote && c == ',')
            {
                comma = true;
                break;
            }
            if (c != '"' || wasQuote)
                text.Append(c);
            wasQuote = inQuote && c == '"' && !wasQuote; // two in a row are one
            if (c != '"')
                continue;
            inQuote = !inQuote;
            sawQuote = true;
            initialQuote |= text.Length == 0;
        }
        token = new AuthToken(text.ToString(), initialQuote);
        return sawQuote || text.Length > 0;
    }

    private static bool IsBlank(char c) => c is ' ' or '\t' or '\r';
}
