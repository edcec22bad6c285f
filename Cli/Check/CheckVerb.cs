using System.CommandLine;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Cli.Nodes;
using Pgrepl.Cli.Status;
using Pgrepl.Shared;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Check;

/// <summary>pgrepl check: a node judged for a monitor; exits 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.</summary>
internal sealed class CheckVerb : IVerb
{
    private const long Second = 1_000_000;

    private readonly Option<string?> _directory = CommonOptions.DataDirectory();
    private readonly Option<string[]> _maxLag = Limits("--max-lag", "CRITICAL when the node, or a downstream of a primary, is further behind: bytes (64MB) or a time (default 5min); may be repeated");
    private readonly Option<string[]> _warnLag = Limits("--warn-lag", "the same for WARNING (default 30s)");
    private readonly Option<string> _diskWarning = Limit("--disk-warning", "10%", "WARNING when less is free where pg_wal is: a percentage or bytes (5GB)");
    private readonly Option<string> _diskCritical = Limit("--disk-critical", "5%", "the same for CRITICAL");
    private readonly Option<string> _clock = Limit("--max-clock-difference", "10s", "WARNING when upstream's clock differs by more");
    private readonly Option<bool> _json = CommonOptions.Json();

    public CheckVerb() => Command = new Command("check",
        "Judges a node for a monitor: running, versions, system identifier, timeline, synchronous standbys, peers, slots, pg_hba.conf, disk, clock, lag. Exit code 0: OK, 1: WARNING, 2: CRITICAL, 3: UNKNOWN.")
    {
        _directory, _maxLag, _warnLag, _diskWarning, _diskCritical, _clock, _json,
    };

    public Command Command { get; }

    public string[] Examples => ["pgrepl check -D /var/lib/pgrepl/main --max-lag 64MB --max-lag 1min", "pgrepl check -D /var/lib/pgrepl/main --disk-warning 20% --json"];

    public int Run(ParseResult arguments, Terminal terminal)
    {
        CheckReport report;
        try
        {
            CheckLimits limits = LimitsOf(arguments);
            DataDirectory directory = CommonOptions.DirectoryOf(arguments.GetValue(_directory));
            report = new CheckReport(NodeDirectory.WhyNot(directory) is { } why
                ? [new CheckResult("running", CheckState.Unknown, why)]
                : [.. new CheckRun(directory, NodeStatus.Of(directory), limits).All()]);
        }
        catch (Exception e) when (e is PgException or UsageException or IOException or UnauthorizedAccessException or SystemCallException)
        {
            report = new CheckReport([new CheckResult("check", CheckState.Unknown, e.Message)]); // 2 would be CRITICAL
        }
        if (arguments.GetValue(_json))
            terminal.Line(report.ToJson().ToJsonString());
        else
        {
            foreach (string line in report.Lines())
                terminal.Line(line);
        }
        return (int)report.State;
    }

    private CheckLimits LimitsOf(ParseResult arguments)
    {
        string clock = arguments.GetValue(_clock)!;
        if (!Amounts.TryTime(clock, out long difference))
            throw new UsageException($"{_clock.Name} needs a time with a unit (10s), got \"{clock}\"");
        return new CheckLimits(LagLimit.Parse(_warnLag.Name, arguments.GetValue(_warnLag) ?? [], 30 * Second), LagLimit.Parse(_maxLag.Name, arguments.GetValue(_maxLag) ?? [], 300 * Second),
            DiskLimit.Parse(_diskWarning.Name, arguments.GetValue(_diskWarning)!), DiskLimit.Parse(_diskCritical.Name, arguments.GetValue(_diskCritical)!), difference);
    }

    private static Option<string[]> Limits(string name, string description) => new(name) { Description = description, HelpName = "LIMIT", AllowMultipleArgumentsPerToken = false };

    private static Option<string> Limit(string name, string value, string description) => new(name) { Description = description, HelpName = "LIMIT", DefaultValueFactory = _ => value };
}
