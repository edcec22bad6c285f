using System.Text;

namespace Pgrepl.Shared.Config;

/// <param name="Quoted">It began with a quote, so it is a name, whatever it says.</param>
public readonly record struct AuthToken(string Text, bool Quoted)
{
    /// <summary>A word of the file's own, not a name that looks like it.</summary>
    public bool IsKeyword(string word) => !Quoted && Text == word;
}

/// <summary>One line that says something: its fields, each a list of tokens.</summary>
/// <param name="Number">Of the line it began on, from 1.</param>
internal sealed record AuthLine(int Number, string Raw, IReadOnlyList<IReadOnlyList<AuthToken>> Fields);

/// <summary>Takes pg_hba.conf and pg_ident.conf apart: blanks end a field, commas a token, # starts a comment, a backslash at the end continues the line.</summary>
/// <remarks>Source of truth: next_token, next_field_expand, tokenize_auth_file, PostgreSQL 15, src/backend/libpq/hba.c.</remarks>
internal static class AuthTokens
{
    private const int MaxToken = 10240; // MAX_TOKEN

    /// <exception cref="ConfigurationException">A token that is too long, or an @ file.</exception>
    public static List<AuthLine> Read(string text, string file)
    {
        var result = new List<AuthLine>();
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
                result.Add(new AuthLine(number, line, fields));
        }
        return result;
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
            if (!token.Quoted && token.Text.StartsWith('@') && token.Text.Length > 1)
                throw new ConfigurationException(file, number, 0, $"secondary authentication files are not supported: \"{token.Text}\"");
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
