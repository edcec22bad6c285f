using System.Globalization;
using System.Text;

namespace Pgrepl.Shared.Config;

/// <param name="Quoted">It began with a quote, so it is a name, whatever it says.</param>
public sealed record AuthToken(string Text, bool Quoted)
{
    /// <summary>A word of the file's own, not a name that looks like it.</summary>
    public bool IsKeyword(string word) => !Quoted && Text == word;
}

/// <summary>One line of pg_hba.conf or pg_ident.conf that says something: its fields, each a list of tokens.</summary>
/// <param name="File">It stands in.</param>
/// <param name="Number">Of the line it began on, from 1.</param>
/// <param name="Raw">As it stands there.</param>
internal sealed record AuthLine(string File, int Number, string Raw, IReadOnlyList<IReadOnlyList<AuthToken>> Fields)
{
    /// <summary>Lines of all files, one text line each: number, file, raw text, fields; in the grammar of the files themselves, so that whoever knows
    /// no file (a session reads shared memory) gets the same lines back by <see cref="FromText"/>.</summary>
    public static string ToText(IEnumerable<AuthLine> lines)
    {
        var text = new StringBuilder();
        foreach (AuthLine line in lines)
        {
            text.Append(CultureInfo.InvariantCulture, $"{line.Number} ");
            Append(text, new AuthToken(line.File, Quoted: true));
            text.Append(' ');
            Append(text, new AuthToken(line.Raw, Quoted: true));
            foreach (IReadOnlyList<AuthToken> field in line.Fields)
            {
                for (int i = 0; i < field.Count; i++)
                {
                    text.Append(i == 0 ? ' ' : ',');
                    Append(text, field[i]);
                }
            }
            text.Append('\n');
        }
        return text.ToString();
    }

    public static List<AuthLine> FromText(string text) =>
        [.. AuthTokens.Lines(text, "").Select(line => new AuthLine(line.Fields[1][0].Text, int.Parse(line.Fields[0][0].Text, CultureInfo.InvariantCulture), line.Fields[2][0].Text, [.. line.Fields.Skip(3)]))];

    /// <summary>A quote behind the first character quotes too, but leaves a word a word.</summary>
    private static void Append(StringBuilder text, AuthToken token)
    {
        if (!token.Quoted && token.Text.IndexOfAny([' ', '\t', '\r', ',', '#', '"', '\\']) < 0)
        {
            text.Append(token.Text);
            return;
        }
        int bare = token.Quoted ? 0 : 1;
        text.Append(token.Text.AsSpan(0, bare)).Append('"').Append(token.Text[bare..].Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
    }
}
