using System.CommandLine;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Cli.Nodes;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Start;

/// <summary>pgrepl start: pg_ctl start.</summary>
internal sealed class StartVerb : IVerb
{
    private readonly Option<string?> _directory = CommonOptions.DataDirectory();
    private readonly Option<string?> _config = CommonOptions.ConfigFile();
    private readonly Option<string[]> _settings = CommonOptions.Settings();
    private readonly Option<string?> _log = CommonOptions.LogFile();
    private readonly Option<bool> _wait = CommonOptions.Wait();
    private readonly Option<bool> _noWait = CommonOptions.NoWait();
    private readonly Option<int> _timeout = CommonOptions.TimeLimit();
    private readonly Option<bool> _silent = CommonOptions.Silent();

    public StartVerb() => Command = new Command("start", "Starts a node in the background.") { _directory, _config, _settings, _log, _wait, _noWait, _timeout, _silent };

    public Command Command { get; }

    public string[] Examples => ["pgrepl start -D /var/lib/pgrepl/main -l /var/log/pgrepl/main.log", "pgrepl start -D /var/lib/pgrepl/main -c port=5433", "pgrepl start --config /etc/pgrepl/main.toml"];

    public int Run(ParseResult arguments, Terminal terminal)
    {
        string? config = arguments.GetValue(_config) is { } file ? Path.GetFullPath(file) : null;
        DataDirectory directory = CommonOptions.DirectoryOf(arguments.GetValue(_directory), config);
        if (File.Exists(NodeDirectory.Require(directory).PostmasterPid)) // whatever it says: the lock decides
            terminal.Complain("another server might be running; trying to start server anyway");
        return Start(
            directory,
            new RunningOptions(arguments.GetValue(_settings) ?? [], arguments.GetValue(_log), config),
            arguments.GetValue(_noWait) ? null : TimeSpan.FromSeconds(arguments.GetValue(_timeout)),
            new Progress(terminal, arguments.GetValue(_silent)),
            terminal);
    }

    /// <param name="limit"><see langword="null"/>: do not wait.</param>
    internal static int Start(DataDirectory directory, RunningOptions options, TimeSpan? limit, Progress progress, Terminal terminal)
    {
        var starter = new NodeStarter(directory);
        starter.Spawn(options.Settings, options.LogFile, options.ConfigFile);
        if (limit is null)
        {
            progress.Line("server starting");
            return ExitCodes.Ok;
        }
        progress.Begin("waiting for server to start...");
        StartOutcome outcome;
        try
        {
            outcome = starter.Wait(limit.Value, terminal.Interrupted, progress.Dot);
        }
        catch (OperationCanceledException)
        {
            // As pg_ctl: whoever gives up waiting gives up the start.
            Shared.Native.ProcessCalls.Kill(starter.Pid, Shared.Native.Signal.SIGINT);
            throw;
        }
        if (outcome == StartOutcome.Ready)
        {
            progress.End(" done");
            progress.Line("server started");
            return ExitCodes.Ok;
        }
        progress.End(" stopped waiting");
        terminal.Complain(outcome == StartOutcome.Failed ? "could not start server" : "server did not start in time");
        if (outcome == StartOutcome.Failed)
            terminal.Error.WriteLine($"Examine the log output.\nThe log is \"{options.LogFile ?? NodeStarter.DefaultLogFile(directory)}\".");
        return ExitCodes.Failed;
    }
}
