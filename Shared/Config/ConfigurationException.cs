namespace Pgrepl.Shared.Config;

/// <summary>A configuration that cannot be used: where, and what was expected there.</summary>
/// <param name="message">PostgreSQL's wording, where it has one of its own that names the place.</param>
/// <remarks>Its message is the whole line a user sees: <c>file "x" line 3, column 8: …</c>.</remarks>
public sealed class ConfigurationException(string file, int line, int column, string problem, string? detail = null, string? hint = null, string? message = null)
    : Exception(message ?? $"{Location(file, line, column)}: {problem}")
{
    /// <summary>In place of a file name when a value came from <c>-c</c>.</summary>
    public const string CommandLine = "command line";

    public string File { get; } = file;

    /// <summary>From 1; 0: the file as a whole, or the command line.</summary>
    public int Line { get; } = line;

    /// <summary>From 1, in characters; 0: the line as a whole.</summary>
    public int Column { get; } = column;

    /// <summary>Without the place.</summary>
    public string Problem { get; } = problem;

    public string? Detail { get; } = detail;
    public string? Hint { get; } = hint;

    /// <summary>F0000 config_file_error.</summary>
    public PgException ToPgException() => new(SqlStates.ConfigFileError, Message, Detail, Hint, this);

    internal static ConfigurationException From(PgException e, string file, int line, int column) => new(file, line, column, e.Message, e.Detail, e.Hint);

    private static string Location(string file, int line, int column)
    {
        if (file == CommandLine)
            return file;
        string place = line == 0 ? "" : column == 0 ? $" line {line}" : $" line {line}, column {column}";
        return $"file \"{file}\"{place}";
    }
}
