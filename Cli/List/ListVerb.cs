using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Pgrepl.Cli.CommandLine;

namespace Pgrepl.Cli.List;

/// <summary>pgrepl list: the nodes of this host.</summary>
internal sealed class ListVerb : IVerb
{
    private const long Second = 1_000_000;

    private readonly Option<string> _folder = new("--config-dir")
    {
        Description = "where a file NAME.toml for each node of this host is",
        HelpName = "DIR",
        DefaultValueFactory = _ => "/etc/pgrepl",
    };

    private readonly Option<bool> _json = CommonOptions.Json();

    public ListVerb() => Command = new Command("list", "Lists the nodes of this host: those that run, whoever started them, and those of /etc/pgrepl that do not.") { _folder, _json };

    public Command Command { get; }

    public string[] Examples => ["pgrepl list", "pgrepl list --json"];

    public int Run(ParseResult arguments, Terminal terminal)
    {
        IReadOnlyList<HostNode> nodes = HostNodes.Find(Path.GetFullPath(arguments.GetValue(_folder)!));
        if (arguments.GetValue(_json))
            terminal.Line(new JsonObject { ["nodes"] = new JsonArray([.. nodes.Select(ToJson)]) }.ToJsonString());
        else
        {
            foreach (string line in TextTable.Lines(["name", "directory", "role", "port", "pid", "state", "up", "user", "remarks"], nodes.Select(Row)))
                terminal.Line(line);
        }
        return ExitCodes.Ok;
    }

    private static string[] Row(HostNode n) =>
    [
        n.Name ?? "-", n.Directory ?? "-", n.Role ?? "-", Number(n.Port), Number(n.Pid), n.State, n.Uptime is { } up ? Amounts.Time(up * Second) : "-", n.User ?? "-", n.Problem ?? "",
    ];

    private static JsonObject ToJson(HostNode n) => new()
    {
        ["name"] = n.Name,
        ["data_directory"] = n.Directory,
        ["role"] = n.Role,
        ["port"] = n.Port,
        ["pid"] = n.Pid,
        ["state"] = n.State,
        ["uptime_seconds"] = n.Uptime,
        ["user"] = n.User,
        ["problem"] = n.Problem,
    };

    private static string Number(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "-";
}
