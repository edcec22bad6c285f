using System.CommandLine;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Cli.Nodes;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Promote;

/// <summary>pgrepl promote: pg_ctl promote.</summary>
internal sealed class PromoteVerb : IVerb
{
    private readonly Option<string?> _directory = CommonOptions.DataDirectory();
    private readonly Option<bool> _wait = CommonOptions.Wait();
    private readonly Option<bool> _noWait = CommonOptions.NoWait();
    private readonly Option<int> _timeout = CommonOptions.TimeLimit();
    private readonly Option<bool> _silent = CommonOptions.Silent();

    public PromoteVerb() => Command = new Command("promote", "Makes a running standby the primary, on a new timeline.") { _directory, _wait, _noWait, _timeout, _silent };

    public Command Command { get; }

    public string[] Examples => ["pgrepl promote -D /var/lib/pgrepl/main"];

    public int Run(ParseResult arguments, Terminal terminal)
    {
        DataDirectory directory = CommonOptions.DirectoryOf(arguments.GetValue(_directory));
        if (NodeDirectory.RequireRunning(directory, terminal) is not { } node)
            return ExitCodes.Failed;
        NodePromoter.Ask(directory, node);
        var progress = new Progress(terminal, arguments.GetValue(_silent));
        if (arguments.GetValue(_noWait))
        {
            progress.Line("server promoting");
            return ExitCodes.Ok;
        }
        progress.Begin("waiting for server to promote...");
        if (NodePromoter.Wait(directory, node, TimeSpan.FromSeconds(arguments.GetValue(_timeout)), terminal.Interrupted, progress.Dot))
        {
            progress.End(" done");
            progress.Line("server promoted");
            return ExitCodes.Ok;
        }
        progress.End(" stopped waiting");
        terminal.Complain("server did not promote in time");
        return ExitCodes.Failed;
    }
}
