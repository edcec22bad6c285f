using System.CommandLine;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Cli.Nodes;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Stop;

/// <summary>pgrepl stop: pg_ctl stop.</summary>
internal sealed class StopVerb : IVerb
{
    private readonly Option<string?> _directory = CommonOptions.DataDirectory();
    private readonly Option<string?> _mode = CommonOptions.Mode();
    private readonly Option<bool> _wait = CommonOptions.Wait();
    private readonly Option<bool> _noWait = CommonOptions.NoWait();
    private readonly Option<int> _timeout = CommonOptions.TimeLimit();
    private readonly Option<bool> _silent = CommonOptions.Silent();

    public StopVerb() => Command = new Command("stop", "Stops a node.") { _directory, _mode, _wait, _noWait, _timeout, _silent };

    public Command Command { get; }

    public string[] Examples => ["pgrepl stop -D /var/lib/pgrepl/main", "pgrepl stop -D /var/lib/pgrepl/main -m immediate"];

    public int Run(ParseResult arguments, Terminal terminal)
    {
        DataDirectory directory = CommonOptions.DirectoryOf(arguments.GetValue(_directory));
        if (NodeDirectory.RequireRunning(directory, terminal) is not { } node)
            return ExitCodes.Failed;
        ShutdownMode mode = ShutdownModes.Parse(arguments.GetValue(_mode)) ?? ShutdownMode.Fast;
        var progress = new Progress(terminal, arguments.GetValue(_silent));
        TimeSpan? limit = arguments.GetValue(_noWait) ? null : TimeSpan.FromSeconds(arguments.GetValue(_timeout));
        return Stop(directory, node, mode, limit, progress, terminal);
    }

    /// <param name="limit"><see langword="null"/>: do not wait.</param>
    internal static int Stop(DataDirectory directory, PidFile node, ShutdownMode mode, TimeSpan? limit, Progress progress, Terminal terminal)
    {
        if (!NodeStopper.Ask(node, mode))
        {
            terminal.Complain($"could not send stop signal (PID: {node.Pid}): No such process");
            return ExitCodes.Failed;
        }
        if (limit is null)
        {
            progress.Line("server shutting down");
            return ExitCodes.Ok;
        }
        progress.Begin("waiting for server to shut down...");
        if (!NodeStopper.Wait(directory, limit.Value, terminal.Interrupted, progress.Dot))
        {
            progress.End(" failed");
            terminal.Complain("server does not shut down");
            if (mode == ShutdownMode.Smart)
                terminal.Error.WriteLine("HINT: The \"-m fast\" option immediately disconnects sessions rather than\nwaiting for session-initiated disconnection.");
            return ExitCodes.Failed;
        }
        progress.End(" done");
        progress.Line("server stopped");
        return ExitCodes.Ok;
    }
}
