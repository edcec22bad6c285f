using System.CommandLine;
using System.Text.Json.Nodes;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Cli.Nodes;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Roles;

/// <summary>pgrepl role list: names and rights, and whether there is a password; nothing of it.</summary>
internal sealed class RoleListVerb : IVerb
{
    private readonly Option<string?> _directory = CommonOptions.DataDirectory();
    private readonly Option<bool> _json = CommonOptions.Json();

    public RoleListVerb() => Command = new Command("list", "Lists the node's roles.") { _directory, _json };

    public Command Command { get; }

    public string[] Examples => ["pgrepl role list -D /var/lib/pgrepl/main"];

    public int Run(ParseResult arguments, Terminal terminal)
    {
        DataDirectory directory = NodeDirectory.Require(CommonOptions.DirectoryOf(arguments.GetValue(_directory)));
        IReadOnlyCollection<Role> roles = RoleFile.Read(directory).Roles;
        if (arguments.GetValue(_json))
        {
            terminal.Line(new JsonObject
            {
                ["roles"] = new JsonArray([.. roles.Select(role => new JsonObject
                {
                    ["name"] = role.Name,
                    ["superuser"] = role.Superuser,
                    ["replication"] = role.Replication,
                    ["password"] = role.Verifier is not null,
                })]),
            }.ToJsonString());
            return ExitCodes.Ok;
        }
        foreach (Role role in roles)
        {
            string[] attributes = [.. new[] { role.Superuser ? "superuser" : null, role.Replication ? "replication" : null, role.Verifier is null ? "no password" : null }.OfType<string>()];
            terminal.Line(attributes.Length == 0 ? role.Name : $"{role.Name}  ({string.Join(", ", attributes)})");
        }
        return ExitCodes.Ok;
    }
}
