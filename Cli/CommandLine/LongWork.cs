using System.Globalization;
using Spectre.Console;

namespace Pgrepl.Cli.CommandLine;

/// <summary>Work that takes a while: a bar on a terminal, now and then a plain line elsewhere.</summary>
internal sealed class LongWork(Terminal terminal)
{
    /// <summary>Nobody reads a log for a number that changes more often.</summary>
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(5);

    /// <param name="what">What is counted: <c>messages acknowledged</c>.</param>
    /// <param name="total">The count at the end.</param>
    /// <param name="work">Does it, and says how far it is as often as it likes.</param>
    internal void Run(string what, long total, Action<Action<long>> work)
    {
        if (terminal.OutputColour.IsOn)
            RunWithBar(what, total, work);
        else
            RunWithLines(what, total, work);
    }

    private void RunWithBar(string what, long total, Action<Action<long>> work) =>
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Output), Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes })
            .Progress().AutoClear(true).HideCompleted(false)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                ProgressTask task = context.AddTask(Markup.Escape(what), maxValue: total);
                work(done => task.Value = done);
            });

    private void RunWithLines(string what, long total, Action<Action<long>> work)
    {
        long next = Environment.TickCount64 + (long)BetweenLines.TotalMilliseconds;
        work(done =>
        {
            if (Environment.TickCount64 < next)
                return;
            next = Environment.TickCount64 + (long)BetweenLines.TotalMilliseconds;
            terminal.Line(string.Create(CultureInfo.InvariantCulture, $"{done} of {total} {what}"));
        });
    }
}
