using System.CommandLine;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Cli.Nodes;
using Pgrepl.Shared;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Roles;

/// <summary>pgrepl role add: counts from the next login on, whether the node runs or not.</summary>
internal sealed class RoleAddVerb : IVerb
{
    private readonly Option<string?> _directory = CommonOptions.DataDirectory();
    private readonly Argument<string> _name = new("NAME") { Description = "of the new role" };
    private readonly Option<bool> _replication = new("--replication") { Description = "it may stream WAL and use replication slots" };
    private readonly Option<bool> _superuser = new("--superuser", "-s") { Description = "it may promote, reload and switch WAL, and whatever --replication lets it do" };
    private readonly Option<string?> _passwordFile = new("--pwfile")
    {
        Description = "its password is the file's first line; - is standard input, and a person there is asked for it; without this it has none",
        HelpName = "FILE",
    };

    public RoleAddVerb() => Command = new Command("add", "Adds a role. The node keeps a SCRAM-SHA-256 verifier of its password, never the password.")
    {
        _name, _directory, _replication, _superuser, _passwordFile,
    };

    public Command Command { get; }

    public string[] Examples =>
    [
        "pgrepl role add standby1 -D /var/lib/pgrepl/main --replication --pwfile -",
        "pgrepl role add monitoring -D /var/lib/pgrepl/main --pwfile /etc/pgrepl/monitoring.password",
    ];

    public int Run(ParseResult arguments, Terminal terminal)
    {
        DataDirectory directory = NodeDirectory.RequireOwned(CommonOptions.DirectoryOf(arguments.GetValue(_directory)));
        string name = arguments.GetValue(_name)!;
        Role.CheckName(name);
        ScramVerifier? verifier = arguments.GetValue(_passwordFile) is { } file ? Passwords.Verifier(file, name) : null;
        Role role = new(name, arguments.GetValue(_superuser), arguments.GetValue(_replication), verifier);
        RoleFile.Change(directory, roles =>
        {
            if (!roles.TryAdd(name, role))
                throw new PgException(SqlStates.DuplicateObject, $"role \"{name}\" already exists", hint: $"To change it: pgrepl role drop {name}, then add it again.");
        });
        terminal.Line($"added role \"{name}\"");
        return ExitCodes.Ok;
    }
}
