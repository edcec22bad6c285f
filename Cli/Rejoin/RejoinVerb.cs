using System.CommandLine;
using System.Text.Json.Nodes;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Cli.Nodes;
using Pgrepl.Cli.Start;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Rejoin;

/// <summary>pgrepl rejoin: a stopped node, most often a former primary, becomes a standby of another node; a relay gets another upstream.</summary>
internal sealed class RejoinVerb : IVerb
{
    private readonly Option<string?> _directory = CommonOptions.DataDirectory();
    private readonly Option<string> _from = new("--from") { Description = "connection string of the new upstream", HelpName = "CONNINFO", Required = true };
    private readonly Option<string[]> _settings = CommonOptions.Settings();
    private readonly Option<string?> _log = CommonOptions.LogFile();
    private readonly Option<bool> _noStart = new("--no-start") { Description = "leave the node stopped" };
    private readonly Option<bool> _wait = CommonOptions.Wait();
    private readonly Option<bool> _noWait = CommonOptions.NoWait();
    private readonly Option<int> _timeout = CommonOptions.TimeLimit();
    private readonly Option<bool> _silent = CommonOptions.Silent();
    private readonly Option<bool> _json = CommonOptions.Json();

    public RejoinVerb() =>
        Command = new Command("rejoin", "Makes a stopped node, or a relay, follow another one; undoes what it has from after their timelines forked and keeps that aside.")
        {
            _directory, _from, _settings, _log, _noStart, _wait, _noWait, _timeout, _silent, _json,
        };

    public Command Command { get; }

    public string[] Examples => ["pgrepl rejoin -D /var/lib/pgrepl/a --from 'host=b.example port=5432 user=replicator'"];

    public int Run(ParseResult arguments, Terminal terminal)
    {
        DataDirectory directory = NodeDirectory.Require(CommonOptions.DirectoryOf(arguments.GetValue(_directory)));
        bool silent = arguments.GetValue(_silent);
        RejoinResult result = Rejoin(directory, arguments.GetValue(_from)!, line =>
        {
            if (!silent)
                terminal.Line(line);
        });
        int exitCode = ExitCodes.Ok;
        if (!arguments.GetValue(_noStart))
        {
            TimeSpan? limit = arguments.GetValue(_noWait) ? null : TimeSpan.FromSeconds(arguments.GetValue(_timeout));
            exitCode = StartVerb.Start(directory, new RunningOptions(arguments.GetValue(_settings) ?? [], arguments.GetValue(_log)), limit, new Progress(terminal, silent), terminal);
        }
        if (arguments.GetValue(_json))
            terminal.Line(ToJson(result, exitCode).ToJsonString());
        return exitCode;
    }

    /// <summary>Everything but the start.</summary>
    /// <param name="tell">Gets one line a finding.</param>
    internal static RejoinResult Rejoin(DataDirectory directory, string from, Action<string> tell)
    {
        using var locked = new NodeLock(directory);
        UpstreamIdentity upstream = UpstreamNode.Identify(from);
        IRewind rewind = RelayFile.Exists(directory) ? new RelayRewind(directory, upstream) : new LogClusterRewind(directory, upstream, (timeline, position) => UpstreamNode.ReadWal(from, timeline, position));
        RewindPlan plan = rewind.Plan();
        tell(Describe(plan, upstream));
        IReadOnlyList<string> aside = rewind.Apply(plan);
        if (plan.Target is { } target)
            tell($"rewound to {target.End} on timeline {target.EndTimeline}{(target is LogClusterTarget log ? $", replay starts at checkpoint {log.CheckpointLocation}" : "")}");
        foreach (string folder in aside)
            tell($"WAL that the upstream does not have is kept in \"{folder}\"");
        StandbySettings.WriteConninfo(directory, StandbySettings.PrimaryConninfo(directory, from));
        return new RejoinResult(plan, upstream.Timeline, aside);
    }

    private static string Describe(RewindPlan plan, UpstreamIdentity upstream)
    {
        string end = plan.LocalEnd.IsValid ? $"own WAL ends at {plan.LocalEnd} on timeline {plan.LocalTimeline}" : "no WAL of its own yet";
        if (plan.Fork.Position == Lsn.MaxValue)
            return $"the upstream is on timeline {upstream.Timeline}, as this node; {end}: no rewind needed";
        string fork = upstream.Timeline == plan.Fork.Timeline
            ? $"the upstream's timeline {upstream.Timeline} and this node's have other bytes from {plan.Fork.Position} on; {end}"
            : $"the upstream's timeline {upstream.Timeline} forked from timeline {plan.Fork.Timeline} at {plan.Fork.Position}; {end}";
        return plan.Target is null ? $"{fork}: no rewind needed" : $"{fork}: rewinding";
    }

    private static JsonObject ToJson(RejoinResult result, int exitCode) => new()
    {
        ["ok"] = exitCode == ExitCodes.Ok,
        ["rewound"] = result.Plan.Target is not null,
        ["fork_timeline"] = result.Plan.Fork.Timeline.Value,
        ["fork_lsn"] = result.Plan.Fork.Position == Lsn.MaxValue ? null : result.Plan.Fork.Position.ToString(),
        ["local_end"] = result.Plan.LocalEnd.IsValid ? result.Plan.LocalEnd.ToString() : null,
        ["upstream_timeline"] = result.UpstreamTimeline.Value,
        ["kept_aside"] = new JsonArray([.. result.Aside.Select(folder => (JsonNode)folder)]),
    };
}

/// <param name="Aside">Folders with WAL that was put aside.</param>
internal sealed record RejoinResult(RewindPlan Plan, TimelineId UpstreamTimeline, IReadOnlyList<string> Aside);
