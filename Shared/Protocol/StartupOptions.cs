using System.Text;


namespace Pgrepl.Shared.Protocol;

/// <summary>The startup parameter <c>options</c>: command-line switches of a backend. Only those that set something are known: <c>-c x=y</c>, <c>--x=y</c>.</summary>
/// <remarks>Source of truth: pg_split_opts and process_postgres_switches, PostgreSQL 15. A backslash keeps the next character; blanks part the words.</remarks>
public static class StartupOptions
{
    /// <exception cref="PgException">42601 for anything that is not a setting.</exception>
    public static List<KeyValuePair<string, string>> Parse(string options)
    {
        List<string> words = Split(options);
        var settings = new List<KeyValuePair<string, string>>();
        for (int i = 0; i < words.Count; i++)
        {
            string word = words[i];
            string assignment;
            if (word.StartsWith("--", StringComparison.Ordinal) && word.Length > 2)
                assignment = word[2..];
            else if (word == "-c" && i + 1 < words.Count)
                assignment = words[++i];
            else if (word.StartsWith("-c", StringComparison.Ordinal) && word.Length > 2)
                assignment = word[2..];
            else
                throw new PgException(SqlStates.SyntaxError, $"invalid command-line argument for server process: {word}",
                    hint: "Only settings can be given here: -c name=value or --name=value.");
            int equals = assignment.IndexOf('=');
            if (equals <= 0)
                throw new PgException(SqlStates.SyntaxError,
                    word.StartsWith("--", StringComparison.Ordinal) ? $"--{assignment} requires a value" : $"-c {assignment} requires a value");
            settings.Add(new(assignment[..equals].Replace('-', '_'), assignment[(equals + 1)..]));
        }
        return settings;
    }

    private static List<string> Split(string options)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        bool inside = false;
        for (int i = 0; i < options.Length; i++)
        {
            char c = options[i];
            if (c is ' ' or '\t' or '\n' or '\r' or '\v' or '\f')
            {
                if (inside)
                    words.Add(word.ToString());
                word.Clear();
                inside = false;
                continue;
            }
            inside = true;
            if (c == '\\' && i + 1 < options.Length)
                c = options[++i];
            word.Append(c);
        }
        if (inside)
            words.Add(word.ToString());
        return words;
    }
}
