using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Pgrepl.Wal;

namespace Pgrepl.Cli.CommandLine;

/// <summary>All verbs under one root command, and the way from arguments to an exit code.</summary>
internal static class CommandTree
{
    private static IVerb[] Verbs() =>
    [
        new Init.InitVerb(),
        new Start.StartVerb(),
        new Stop.StopVerb(),
        new Start.RestartVerb(),
        new Reload.ReloadVerb(),
        new Promote.PromoteVerb(),
        new Status.StatusVerb(),
        new Check.CheckVerb(),
        new List.ListVerb(),
        new Top.TopVerb(),
        new Controldata.ControldataVerb(),
        new Waldump.WaldumpVerb(),
        new Rejoin.RejoinVerb(),
        new Drill.DrillVerb(),
    ];

    private static VerbGroup[] Groups() =>
    [
        new(new Command("role", "Roles of a node: who gets in with a password, and what they may do."), [new Roles.RoleAddVerb(), new Roles.RoleDropVerb(), new Roles.RoleListVerb()]),
    ];

    internal static string Version => $"pgrepl {typeof(CommandTree).Assembly.GetName().Version?.ToString(3)} (WAL and protocol of PostgreSQL {WalFormat.ServerVersion})";

    internal static int Run(IReadOnlyList<string> arguments, Terminal terminal)
    {
        var root = new RootCommand("PostgreSQL's replication machinery as a daemon of its own.");
        var examples = new Dictionary<Command, string[]>
        {
            [root] = ["pgrepl drill", "pgrepl init -D /var/lib/pgrepl/main && pgrepl start -D /var/lib/pgrepl/main"],
        };
        foreach (IVerb verb in Verbs())
            Add(root, verb);
        foreach (VerbGroup group in Groups())
        {
            root.Add(group.Command);
            examples[group.Command] = [.. group.Verbs.SelectMany(verb => verb.Examples)];
            foreach (IVerb verb in group.Verbs)
                Add(group.Command, verb);
        }
        foreach (Option option in root.Options)
        {
            if (option is HelpOption { Action: HelpAction help })
                option.Action = new HelpWithExamples(help, examples);
            else if (option is VersionOption)
            {
                option.Aliases.Add("-V");
                option.Action = new ShowVersion(terminal);
            }
        }

        void Add(Command parent, IVerb verb)
        {
            Command command = verb.Command;
            command.SetAction(parsed => Run(verb, parsed, terminal));
            parent.Add(command);
            examples[command] = verb.Examples;
        }

        ParseResult result = root.Parse(arguments);
        // Without a verb there is nothing to do but to say what the verbs are.
        if (result.Action is ParseErrorAction)
        {
            foreach (string message in result.Errors.Select(error => error.Message).Distinct())
                terminal.Complain(message);
            return Hint(terminal, result.CommandResult.Command);
        }
        return result.Invoke(new InvocationConfiguration
        {
            Output = terminal.Output,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        });
    }

    private static int Run(IVerb verb, ParseResult parsed, Terminal terminal)
    {
        try
        {
            return terminal.Guard(() => verb.Run(parsed, terminal));
        }
        catch (UsageException e)
        {
            terminal.Complain(e.Message);
            return Hint(terminal, verb.Command);
        }
    }

    private static int Hint(Terminal terminal, Command command)
    {
        string name = command is RootCommand ? "" : $" {command.Name}";
        terminal.Error.WriteLine($"Try \"pgrepl{name} --help\" for more information.");
        return ExitCodes.Usage;
    }

    private sealed class ShowVersion(Terminal terminal) : SynchronousCommandLineAction
    {
        public override bool Terminating => true;

        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            terminal.Line(Version);
            return ExitCodes.Ok;
        }
    }
}
