using System.CommandLine;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Cli.Nodes;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Status;

/// <summary>pgrepl status: exits 0 running, 3 not running, 4 no such directory.</summary>
internal sealed class StatusVerb : IVerb
{
    private readonly Option<string?> _directory = CommonOptions.DataDirectory();
    private readonly Option<bool> _json = CommonOptions.Json();

    public StatusVerb() => Command = new Command("status", "Says whether a node runs, how far its WAL is, who feeds it, whom it feeds and what went wrong lately. Reads its memory, so it works while a node is stuck. Exit code 3: not running, 4: no such directory.") { _directory, _json };

    public Command Command { get; }

    public string[] Examples => ["pgrepl status -D /var/lib/pgrepl/main --json"];

    public int Run(ParseResult arguments, Terminal terminal)
    {
        DataDirectory directory = CommonOptions.DirectoryOf(arguments.GetValue(_directory));
        if (NodeDirectory.WhyNot(directory) is { } why)
        {
            terminal.Complain(why);
            return ExitCodes.NoDirectory;
        }
        NodeStatus status = NodeStatus.Of(directory);
        if (arguments.GetValue(_json))
            terminal.Line(StatusJson.Of(status).ToJsonString());
        else
        {
            foreach (string line in StatusText.Of(status))
                terminal.Line(line);
        }
        return status.Node is null ? ExitCodes.NotRunning : ExitCodes.Ok;
    }
}
