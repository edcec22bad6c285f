using System.CommandLine;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Cli.Nodes;
using Pgrepl.Shared.Native;

namespace Pgrepl.Cli.Reload;

/// <summary>pgrepl reload: SIGHUP to the postmaster, which reads its configuration again and says in its log what it thinks of it.</summary>
internal sealed class ReloadVerb : IVerb
{
    private readonly Option<string?> _directory = CommonOptions.DataDirectory();
    private readonly Option<bool> _silent = CommonOptions.Silent();

    public ReloadVerb() => Command = new Command("reload", "Makes a running node read its configuration again.") { _directory, _silent };

    public Command Command { get; }

    public string[] Examples => ["pgrepl reload -D /var/lib/pgrepl/main"];

    public int Run(ParseResult arguments, Terminal terminal)
    {
        if (NodeDirectory.RequireRunning(CommonOptions.DirectoryOf(arguments.GetValue(_directory)), terminal) is not { } node)
            return ExitCodes.Failed;
        if (!ProcessCalls.Kill(node.Pid, Signal.SIGHUP))
        {
            terminal.Complain($"could not send reload signal (PID: {node.Pid}): No such process");
            return ExitCodes.Failed;
        }
        new Progress(terminal, arguments.GetValue(_silent)).Line("server signaled");
        return ExitCodes.Ok;
    }
}
