using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Pgrepl.Shared;
using Pgrepl.Shared.Native;

namespace Pgrepl.Cli.CommandLine;

/// <summary>Where a verb writes: news to standard output, errors to standard error. Tests give their own writers.</summary>
/// <param name="outputFile">The descriptor behind <paramref name="output"/>, for a verb that writes much; none: everything goes through the writer.</param>
/// <param name="outputColour">None when left out: what is written goes into a file or a pipe.</param>
internal sealed class Terminal(TextWriter output, TextWriter error, CancellationToken interrupted, Colour? outputColour = null, Colour? errorColour = null,
    SafeFileHandle? outputFile = null)
{
    private readonly Colour _errorColour = errorColour ?? Colour.None;

    internal Colour OutputColour { get; } = outputColour ?? Colour.None;

    internal TextWriter Output { get; } = output;

    internal TextWriter Error { get; } = error;

    /// <summary>Set by Ctrl-C, SIGTERM and SIGHUP.</summary>
    internal CancellationToken Interrupted { get; } = interrupted;

    /// <summary>Shown at once, without a line feed: progress.</summary>
    internal void Print(string text)
    {
        Output.Write(text);
        Output.Flush();
    }

    internal void Line(string text) => Output.WriteLine(text);

    /// <summary>Writes UTF-8 to standard output at once.</summary>
    /// <returns>False: nobody reads it any more (EPIPE).</returns>
    /// <exception cref="SystemCallException">It could not be written.</exception>
    internal bool TryWrite(ReadOnlySpan<byte> text)
    {
        if (outputFile is null)
        {
            Output.Write(Encoding.UTF8.GetString(text));
            return true;
        }
        Output.Flush();
        while (!text.IsEmpty)
        {
            long written = FileCalls.Write(outputFile, text);
            if (written == -FileCalls.EPIPE)
                return false;
            if (written < 0)
                throw new SystemCallException("could not write to standard output", (int)-written);
            text = text[(int)written..];
        }
        return true;
    }

    /// <summary>One line on standard error, with our name before it, as pg_ctl does.</summary>
    internal void Complain(string text)
    {
        int end = text.IndexOf(':', StringComparison.Ordinal) + 1;
        string severity = text[..end];
        string painted = severity switch
        {
            "error:" => _errorColour.Error(severity),
            "warning:" => _errorColour.Warning(severity),
            "detail:" or "hint:" => _errorColour.Note(severity),
            _ => severity,
        };
        Error.WriteLine($"pgrepl: {painted}{text[end..]}");
    }

    /// <summary>Message, detail and hint, each on a line of its own, in the form of PostgreSQL 15's programs.</summary>
    internal void Complain(PgException e)
    {
        Complain($"error: {e.Message}");
        if (e.Detail is not null)
            Complain($"detail: {e.Detail}");
        if (e.Hint is not null)
            Complain($"hint: {e.Hint}");
    }

    /// <summary>Runs a verb's work: whatever it throws becomes one report on standard error and an exit code.</summary>
    internal int Guard(Func<int> work)
    {
        try
        {
            return work();
        }
        catch (PgException e)
        {
            Complain(e);
        }
        catch (OperationCanceledException)
        {
            Complain("interrupted");
        }
        catch (Exception e) when (e is SystemCallException or IOException or UnauthorizedAccessException)
        {
            Complain(string.Create(CultureInfo.InvariantCulture, $"error: {e.Message}"));
        }
        return ExitCodes.Failed;
    }
}
