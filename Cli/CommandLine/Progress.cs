namespace Pgrepl.Cli.CommandLine;

/// <summary>pg_ctl's way to show that it waits: <c>waiting for server to start.... done</c>; nothing at all with --silent.</summary>
internal sealed class Progress(Terminal terminal, bool silent)
{
    internal void Begin(string text) => Print(text);

    internal void Dot() => Print(".");

    internal void End(string text) => Print(text + "\n");

    internal void Line(string text) => Print(text + "\n");

    private void Print(string text)
    {
        if (!silent)
            terminal.Print(text);
    }
}
