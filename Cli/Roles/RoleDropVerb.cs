using System.CommandLine;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Cli.Nodes;
using Pgrepl.Shared;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Roles;

/// <summary>pgrepl role drop: sessions the role has go on, as in PostgreSQL; it does not get in again.</summary>
internal sealed class RoleDropVerb : IVerb
{
    private readonly Option<string?> _directory = CommonOptions.DataDirectory();
    private readonly Argument<string> _name = new("NAME") { Description = "of the role" };

    public RoleDropVerb() => Command = new Command("drop", "Drops a role: it gets in no more with its password. Sessions it has go on.") { _name, _directory };

    public Command Command { get; }

    public string[] Examples => ["pgrepl role drop standby1 -D /var/lib/pgrepl/main"];

    public int Run(ParseResult arguments, Terminal terminal)
    {
        DataDirectory directory = NodeDirectory.RequireOwned(CommonOptions.DirectoryOf(arguments.GetValue(_directory)));
        string name = arguments.GetValue(_name)!;
        RoleFile.Change(directory, roles =>
        {
            if (!roles.Remove(name))
                throw new PgException(SqlStates.UndefinedObject, $"role \"{name}\" does not exist");
        });
        terminal.Line($"dropped role \"{name}\"");
        return ExitCodes.Ok;
    }
}
