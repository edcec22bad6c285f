using System.CommandLine;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Cli.Nodes;
using Pgrepl.Cli.Stop;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Start;

/// <summary>pgrepl restart: stop, then start as it was started before, with what the command line adds.</summary>
internal sealed class RestartVerb : IVerb
{
    private readonly Option<string?> _directory = CommonOptions.DataDirectory();
    private readonly Option<string?> _mode = CommonOptions.Mode();
    private readonly Option<string[]> _settings = CommonOptions.Settings();
    private readonly Option<string?> _log = CommonOptions.LogFile();
    private readonly Option<bool> _wait = CommonOptions.Wait();
    private readonly Option<bool> _noWait = CommonOptions.NoWait();
    private readonly Option<int> _timeout = CommonOptions.TimeLimit();
    private readonly Option<bool> _silent = CommonOptions.Silent();

    public RestartVerb() =>
        Command = new Command("restart", "Stops a node and starts it again with the same -c settings, configuration file and log file.")
        {
            _directory, _mode, _settings, _log, _wait, _noWait, _timeout, _silent,
        };

    public Command Command { get; }

    public string[] Examples => ["pgrepl restart -D /var/lib/pgrepl/main -m fast"];

    public int Run(ParseResult arguments, Terminal terminal)
    {
        DataDirectory directory = NodeDirectory.Require(CommonOptions.DirectoryOf(arguments.GetValue(_directory)));
        TimeSpan limit = TimeSpan.FromSeconds(arguments.GetValue(_timeout));
        var progress = new Progress(terminal, arguments.GetValue(_silent));
        var before = new RunningOptions([], null);
        PidFile? node = PidFile.Read(directory);
        if (node is null)
        {
            terminal.Complain($"PID file \"{directory.PostmasterPid}\" does not exist");
            terminal.Error.WriteLine("Is server running?\ntrying to start server anyway");
        }
        else if (!node.IsAlive)
        {
            terminal.Complain($"old server process (PID: {node.Pid}) seems to be gone");
            terminal.Error.WriteLine("starting server anyway");
        }
        else
        {
            before = RunningOptions.Of(node.Pid);
            ShutdownMode mode = ShutdownModes.Parse(arguments.GetValue(_mode)) ?? ShutdownMode.Fast;
            int stopped = StopVerb.Stop(directory, node, mode, limit, progress, terminal);
            if (stopped != ExitCodes.Ok)
                return stopped;
        }
        IReadOnlyList<string> settings = [.. before.Settings, .. arguments.GetValue(_settings) ?? []];
        var options = new RunningOptions(settings, arguments.GetValue(_log) ?? before.LogFile, before.ConfigFile);
        return StartVerb.Start(directory, options, arguments.GetValue(_noWait) ? null : limit, progress, terminal);
    }
}
