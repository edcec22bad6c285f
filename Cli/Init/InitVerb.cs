using System.CommandLine;
using System.Numerics;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Cli.Nodes;
using Pgrepl.Cli.Roles;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Init;

/// <summary>pgrepl init: makes a node.</summary>
internal sealed class InitVerb : IVerb
{
    private readonly Option<string?> _directory = CommonOptions.DataDirectory();
    private readonly Option<string?> _method = new("--auth", "-A")
    {
        Description = "authentication method of every line of pg_hba.conf, replication too; peer on the socket and scram-sha-256 on TCP when left out",
        HelpName = "METHOD",
    };

    private readonly Option<string?> _user = new("--username", "-U") { Description = "a user whom this operating system user may also be on the socket", HelpName = "NAME" };
    private readonly Option<string?> _passwordFile = new("--pwfile") { Description = "the first line of FILE is the password of that user over TCP; - is standard input", HelpName = "FILE" };
    private readonly Option<int> _segmentSize = new("--wal-segsize") { Description = "size of WAL segments, in megabytes", HelpName = "MB", DefaultValueFactory = _ => 16 };
    private readonly Option<bool> _standby = new("--standby") { Description = "a standby of the node that --from names" };
    private readonly Option<bool> _relay = new("--relay") { Description = "a relay of the PostgreSQL that --from names: it stores WAL and passes it on, and never promotes" };
    private readonly Option<string?> _from = new("--from") { Description = "connection string of the upstream", HelpName = "CONNINFO" };
    private readonly Option<string?> _slot = new("--slot", "-S") { Description = "replication slot of the upstream to stream through; a relay starts where it keeps WAL from", HelpName = "NAME" };
    private readonly Option<bool> _createSlot = new("--create-slot", "-C") { Description = "make that slot on the upstream" };
    private readonly Option<ulong?> _nextXid = CommonOptions.NextXid();

    public InitVerb()
    {
        Command = new Command("init", "Makes a node: a primary of its own, a standby of another node, or a relay of a PostgreSQL.")
        {
            _directory, _method, _user, _passwordFile, _segmentSize, _standby, _relay, _from, _slot, _createSlot, _nextXid,
        };
        _method.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } method && !AuthenticationFiles.Methods.Contains(method))
                result.AddError($"invalid authentication method \"{method}\" for -A; one of {string.Join(", ", AuthenticationFiles.Methods)}");
        });
        _segmentSize.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !(int.TryParse(result.Tokens[0].Value, out int size) && size is >= 1 and <= 1024 && BitOperations.IsPow2(size)))
                result.AddError("argument of --wal-segsize must be a power of 2 between 1 and 1024");
        });
        Command.Validators.Add(result =>
        {
            bool standby = result.GetValue(_standby), relay = result.GetValue(_relay), follows = standby || relay;
            bool from = result.GetResult(_from) is not null;
            string kind = relay ? "relay" : "standby";
            if (result.GetResult(_passwordFile) is not null && result.GetResult(_user) is null)
                result.AddError("--pwfile needs --username NAME");
            if (standby && relay)
                result.AddError("--standby and --relay exclude each other");
            if (follows && !from)
                result.AddError($"--{kind} needs --from CONNINFO");
            if (from && !follows)
                result.AddError("--from needs --standby or --relay");
            if (result.GetResult(_slot) is not null && !follows)
                result.AddError("--slot needs --standby or --relay");
            if (result.GetValue(_createSlot) && result.GetResult(_slot) is null)
                result.AddError("--create-slot needs a slot to be specified using --slot");
            if (follows && result.GetResult(_nextXid) is not null)
                result.AddError($"--next-xid is the upstream's on a {kind}");
            if (follows && result.GetResult(_segmentSize) is { Implicit: false })
                result.AddError($"--wal-segsize is the upstream's on a {kind}");
        });
    }

    public Command Command { get; }

    public string[] Examples =>
    [
        "pgrepl init -D /var/lib/pgrepl/a",
        "pgrepl init -D /var/lib/pgrepl/b --standby --from 'host=/tmp port=5432'",
        "pgrepl init -D /var/lib/pgrepl/r --relay --from 'host=primary user=replicator'",
        "pgrepl init -D /var/lib/pgrepl/r --relay --from 'host=primary user=replicator' --slot r --create-slot",
    ];

    public int Run(ParseResult arguments, Terminal terminal)
    {
        DataDirectory directory = CommonOptions.DirectoryOf(arguments.GetValue(_directory));
        string? method = arguments.GetValue(_method), user = arguments.GetValue(_user);
        ScramVerifier? password = user is not null && arguments.GetValue(_passwordFile) is { } file ? Passwords.Verifier(file, user) : null;
        string made = Make(new InitOptions(directory, method, user, password, arguments.GetValue(_segmentSize) << 20, arguments.GetValue(_from),
            arguments.GetValue(_relay), arguments.GetValue(_slot), arguments.GetValue(_createSlot), arguments.GetValue(_nextXid) ?? FirstSegment.FirstNormalXid));
        if (method == "trust")
        {
            terminal.Complain("warning: enabling \"trust\" authentication: whoever can connect can be any user");
            terminal.Complain("hint: You can change this by editing pg_hba.conf.");
        }
        terminal.Line(made);
        terminal.Line($"Start it with: pgrepl start -D {directory.Path}");
        return ExitCodes.Ok;
    }

    /// <returns>What was made, in words.</returns>
    private static string Make(InitOptions options)
    {
        if (options.Relay)
        {
            RelayFileData relay = NodeInitializer.MakeRelay(options);
            return $"made relay \"{options.Directory.Path}\", system identifier {relay.SystemId}, timeline {relay.Timeline}, WAL from {relay.Oldest}";
        }
        ControlFileData control = NodeInitializer.Make(options);
        return $"made {(options.From is null ? "primary" : "standby")} \"{options.Directory.Path}\", system identifier {control.SystemId}, timeline {control.Checkpoint.Timeline}, checkpoint {control.CheckpointLocation}";
    }
}
