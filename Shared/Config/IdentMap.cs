using System.Text.RegularExpressions;

namespace Pgrepl.Shared.Config;

/// <summary>pg_ident.conf: which system user may act as which database user.</summary>
/// <remarks>A system name that begins with a slash is a regular expression, .NET's without backtracking; \1 in the user name stands for its first group.
/// Source of truth: parse_ident_line, check_usermap, PostgreSQL 15, src/backend/libpq/hba.c.</remarks>
public sealed class IdentMap
{
    private readonly List<Line> _lines;

    private IdentMap(List<Line> lines) => _lines = lines;

    public static IdentMap Empty { get; } = new([]);

    /// <exception cref="ConfigurationException">With the line.</exception>
    public static IdentMap Parse(string text, string path) => Parse(AuthTokens.Read(text, path));

    /// <summary>Reads the file and those it includes, and judges all.</summary>
    /// <returns>What <see cref="FromText"/> takes.</returns>
    /// <exception cref="ConfigurationException">With the line.</exception>
    public static string ToText(string text, string path)
    {
        List<AuthLine> lines = AuthTokens.Read(text, path);
        _ = Parse(lines);
        return AuthLine.ToText(lines);
    }

    public static IdentMap FromText(string text) => Parse(AuthLine.FromText(text));

    private static IdentMap Parse(List<AuthLine> lines) => new([.. lines.Select(ParseLine)]);

    /// <param name="map">Of the hba line; <see langword="null"/> or empty: the names must be equal.</param>
    public bool Allows(string? map, string systemUser, string databaseUser) =>
        string.IsNullOrEmpty(map) ? systemUser == databaseUser : _lines.Exists(line => line.Map == map && line.Allows(systemUser, databaseUser));

    private static Line ParseLine(AuthLine line)
    {
        if (line.Fields.Count < 3)
            throw new ConfigurationException(line.File, line.Number, 0, "missing entry at end of line");
        if (line.Fields.Take(3).Any(field => field.Count > 1))
            throw new ConfigurationException(line.File, line.Number, 0, "multiple values in ident field");
        string system = line.Fields[1][0].Text;
        string database = line.Fields[2][0].Text;
        Regex? pattern = null;
        if (system.StartsWith('/'))
        {
            try
            {
                pattern = new Regex(system[1..], RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            }
            catch (Exception e) when (e is ArgumentException or NotSupportedException)
            {
                throw new ConfigurationException(line.File, line.Number, 0, $"invalid regular expression \"{system[1..]}\": {e.Message}");
            }
            if (database.Contains("\\1") && pattern.GetGroupNumbers().Length < 2)
                throw new ConfigurationException(line.File, line.Number, 0, $"regular expression \"{system[1..]}\" has no subexpressions as requested by backreference in \"{database}\"");
        }
        return new Line(line.Fields[0][0].Text, system, pattern, database);
    }

    private sealed record Line(string Map, string System, Regex? Pattern, string Database)
    {
        public bool Allows(string systemUser, string databaseUser)
        {
            if (Pattern is null)
                return System == systemUser && Database == databaseUser;
            Match match = Pattern.Match(systemUser);
            if (!match.Success)
                return false;
            int reference = Database.IndexOf("\\1", StringComparison.Ordinal);
            if (reference < 0)
                return Database == databaseUser;
            return match.Groups[1].Success && string.Concat(Database.AsSpan(0, reference), match.Groups[1].ValueSpan, Database.AsSpan(reference + 2)) == databaseUser;
        }
    }
}
