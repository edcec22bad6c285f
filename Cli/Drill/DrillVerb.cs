using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Shared;
using Pgrepl.Shared.Libpq;

namespace Pgrepl.Cli.Drill;

/// <summary>pgrepl drill: a failover from beginning to end, with evidence.</summary>
internal sealed class DrillVerb : IVerb
{
    private readonly Option<int> _messages = new("--messages") { Description = "acknowledged messages to reach", HelpName = "N", DefaultValueFactory = _ => DrillOptions.DefaultMessages };
    private readonly Option<int> _clients = new("--clients") { Description = "clients that write at the same time", HelpName = "C", DefaultValueFactory = _ => DrillOptions.DefaultClients };
    private readonly Option<string> _kill = new Option<string>("--kill") { Description = "what dies under load: all of the primary, one process, or the network between the two for two seconds", HelpName = string.Join('|', DrillKills.Words), DefaultValueFactory = _ => DrillKills.Words[0] }
        .AcceptOnlyFromAmong(DrillKills.Words);
    private readonly Option<bool> _planned = new("--planned") { Description = "nothing dies: the primary is stopped and the standby promoted; none may be lost" };
    private readonly Option<bool> _sync = new("--sync") { Description = "commits wait for the standby: no acknowledged message may be lost" };
    private readonly Option<int?> _maxLost = new("--max-lost") { Description = "acknowledged messages that may be lost; when left out, any number if the primary dies without --sync, else none", HelpName = "N" };
    private readonly Option<bool> _json = new("--json") { Description = "end with one JSON object on the last line" };
    private readonly Option<string?> _keep = new("--keep") { Description = "leave nodes, logs, acknowledgements and report in DIR", HelpName = "DIR" };
    private readonly Option<int?> _seed = new("--seed") { Description = "decides when the primary is killed; printed, random when left out", HelpName = "S" };

    private readonly Option<string?> _sockets = new("--sockets") { Description = "folder for the nodes' sockets", HelpName = "DIR", Hidden = true };
    private readonly Option<string?> _standbyUpstream = new("--standby-upstream") { Description = "where the standby streams from instead of the primary", HelpName = "CONNINFO", Hidden = true };
    private readonly Option<ulong?> _nextXid = CommonOptions.NextXid();

    public DrillVerb()
    {
        _messages.Validators.Add(CommonOptions.AtLeast(_messages, 1));
        _clients.Validators.Add(CommonOptions.AtLeast(_clients, 1));
        Command = new Command("drill", "Makes a primary and a standby, kills the primary (or less) under load, promotes, rejoins, and accounts for every acknowledged message.")
        {
            _messages, _clients, _kill, _planned, _sync, _maxLost, _json, _keep, _seed, _sockets, _standbyUpstream, _nextXid,
        };
        Command.Validators.Add(result =>
        {
            if (result.GetValue(_planned) && result.GetResult(_kill) is { Implicit: false })
                result.AddError("options --kill and --planned cannot be used together");
        });
    }

    public Command Command { get; }

    public string[] Examples => ["pgrepl drill", "pgrepl drill --sync --kill walwriter", "pgrepl drill --planned", "pgrepl drill --sync --messages 20000 --clients 8 --json"];

    public int Run(ParseResult arguments, Terminal terminal)
    {
        var options = new DrillOptions(
            arguments.GetValue(_messages), arguments.GetValue(_clients), arguments.GetValue(_sync), arguments.GetValue(_maxLost), arguments.GetValue(_keep),
            arguments.GetValue(_seed) ?? Random.Shared.Next(), arguments.GetValue(_sockets), arguments.GetValue(_standbyUpstream), arguments.GetValue(_nextXid), DrillKills.Parse(arguments.GetValue(_kill)!), arguments.GetValue(_planned));
        bool json = arguments.GetValue(_json);
        string? error = null;
        DrillVerdict? verdict = null;
        DrillMeasures measures = new();
        int exitCode = terminal.Guard(() =>
        {
            try
            {
                (verdict, measures) = Run(options, terminal);
                return verdict.Ok ? ExitCodes.Ok : ExitCodes.Failed;
            }
            catch (Exception e) when (e is PgException or OperationCanceledException or IOException)
            {
                error = e is OperationCanceledException ? "interrupted" : e.Message;
                throw;
            }
        });
        if (json)
            terminal.Line((verdict is null ? new JsonObject { ["ok"] = false, ["error"] = error, ["seed"] = options.Seed } : DrillReport.Json(options, measures, verdict)).ToJsonString());
        return exitCode;
    }

    private static (DrillVerdict, DrillMeasures) Run(DrillOptions options, Terminal terminal)
    {
        if (PgLibrary.LibpqMissing() is { } missing)
            throw new PgException(SqlStates.UndefinedFile, missing);
        var report = new List<string>();
        using var folder = new DrillFolder(options.Keep, options.Sockets);
        using var run = new DrillRun(options, folder, Tell, new LongWork(terminal), terminal.Interrupted);
        Tell(string.Create(CultureInfo.InvariantCulture, $"drill: {options.Messages} messages, {options.Clients} clients, {(options.Synchronous ? "synchronous" : "asynchronous")}, {(options.Planned ? "planned" : $"kill {options.Kill.Word()}")}, seed {options.Seed}"));
        try
        {
            DrillVerdict verdict = run.Run();
            Tell("");
            foreach (string line in DrillReport.Lines(options, run.Measures, verdict))
                TellPainted(line, !IsVerdict(line) ? text => text : verdict.Ok ? terminal.OutputColour.Good : terminal.OutputColour.Error);
            return (verdict, run.Measures);
        }
        catch (PgException)
        {
            foreach (DrillNode node in run.Nodes)
            {
                foreach (string line in node.LogLines(10, _ => true))
                    Tell($"{node.Name}.log: {line}");
            }
            throw;
        }
        finally
        {
            if (options.Keep is not null)
            {
                File.WriteAllLines(folder.In("acknowledged"), run.Acknowledged.Select(answer => answer.ToString()));
                File.WriteAllLines(folder.In("report.txt"), report);
                terminal.Line($"kept in {folder.Root}");
            }
        }

        static bool IsVerdict(string line) => line.StartsWith("verdict", StringComparison.Ordinal) || line.StartsWith("LOST", StringComparison.Ordinal);

        void Tell(string line) => TellPainted(line, text => text);

        void TellPainted(string line, Func<string, string> paint)
        {
            report.Add(line);
            terminal.Line(paint(line));
        }
    }
}
