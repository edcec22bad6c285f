namespace Pgrepl.Cli.CommandLine;

/// <summary>The colours of PostgreSQL's own programs, on a terminal alone: NO_COLOR (no-color.org), PG_COLOR=never and TERM=dumb turn them off.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/common/logging.c, SGR_ERROR_DEFAULT and its neighbours. There PG_COLOR must be set; here it need not.</remarks>
internal sealed class Colour(bool on)
{
    private const string BoldRed = "01;31", BoldMagenta = "01;35", BoldCyan = "01;36", BoldGreen = "01;32";

    /// <param name="redirected">The stream goes to a file or a pipe.</param>
    internal static Colour For(bool redirected) => new(!redirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("PG_COLOR") != "never"
        && Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } and not "dumb");

    internal static Colour None { get; } = new(false);

    /// <summary>The stream is a terminal that understands more than plain text.</summary>
    internal bool IsOn => on;

    internal string Error(string text) => Paint(BoldRed, text);

    internal string Warning(string text) => Paint(BoldMagenta, text);

    internal string Note(string text) => Paint(BoldCyan, text);

    internal string Good(string text) => Paint(BoldGreen, text);

    private string Paint(string sgr, string text) => on ? $"\e[{sgr}m{text}\e[0m" : text;
}
