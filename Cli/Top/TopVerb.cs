using System.CommandLine;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Cli.Nodes;
using Pgrepl.Cli.Status;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Storage;
using Spectre.Console;

namespace Pgrepl.Cli.Top;

/// <summary>pgrepl top: status again and again; exits as status does.</summary>
internal sealed class TopVerb : IVerb
{
    private readonly Option<string?> _directory = CommonOptions.DataDirectory();
    private readonly Option<double> _delay = new("--delay", "-d") { Description = "seconds between two looks", HelpName = "SECONDS", DefaultValueFactory = _ => 1 };
    private readonly Option<int?> _count = new("--count", "-n") { Description = "plain frames, so many, then end; without it plain ones for ever when the output is no terminal", HelpName = "COUNT" };

    public TopVerb()
    {
        _delay.Validators.Add(result =>
        {
            if (!result.Errors.Any() && result.GetValueOrDefault<double>() is not (>= 0.05 and <= 86_400))
                result.AddError("--delay needs a number of seconds from 0.05 on");
        });
        _count.Validators.Add(result =>
        {
            if (!result.Errors.Any() && result.GetValueOrDefault<int?>() is < 1)
                result.AddError("--count needs a whole number not below 1");
        });
        Command = new Command("top", "Shows a node live: positions, lag, upstream, downstreams and children, with small plots of bytes written and of lag. Ctrl-C ends it.") { _directory, _delay, _count };
    }

    public Command Command { get; }

    public string[] Examples => ["pgrepl top -D /var/lib/pgrepl/main", "pgrepl top -D /var/lib/pgrepl/main -d 5 -n 12"];

    public int Run(ParseResult arguments, Terminal terminal)
    {
        DataDirectory directory = CommonOptions.DirectoryOf(arguments.GetValue(_directory));
        if (NodeDirectory.WhyNot(directory) is { } why)
        {
            terminal.Complain(why);
            return ExitCodes.NoDirectory;
        }
        var node = new WatchedNode(directory);
        TimeSpan delay = TimeSpan.FromSeconds(arguments.GetValue(_delay));
        int? count = arguments.GetValue(_count);
        if (count is null && terminal.OutputColour.IsOn)
            ShowLive(node, delay, terminal);
        else
            PrintFrames(node, delay, count, terminal);
        return node.IsRunning ? ExitCodes.Ok : ExitCodes.NotRunning;
    }

    private static void PrintFrames(WatchedNode node, TimeSpan delay, int? count, Terminal terminal)
    {
        var frames = new TopFrames();
        for (int frame = 1; ; frame++)
        {
            foreach (string line in frames.Next(node.Look(), DateTime.UtcNow, MonotonicTime.Microseconds))
                terminal.Line(line);
            terminal.Print("\n");
            if (frame == count || terminal.Interrupted.WaitHandle.WaitOne(delay))
                return;
        }
    }

    private static void ShowLive(WatchedNode node, TimeSpan delay, Terminal terminal)
    {
        var frames = new TopFrames();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Output), Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes });
        console.Live(new Text("")).Overflow(VerticalOverflow.Ellipsis).Start(context =>
        {
            do
            {
                string[] lines = [.. frames.Next(node.Look(), DateTime.UtcNow, MonotonicTime.Microseconds)];
                context.UpdateTarget(new Rows(lines.Select((line, i) => new Text(line.Length > 0 ? line : " ", i == 0 ? new Style(decoration: Decoration.Bold) : Style.Plain).Overflow(Overflow.Ellipsis))));
                context.Refresh();
            }
            while (!terminal.Interrupted.WaitHandle.WaitOne(delay));
        });
    }
}
