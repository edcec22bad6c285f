using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Cli.Nodes;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Status;

/// <summary>pgrepl status: exits 0 running, 3 not running, 4 no such directory.</summary>
internal sealed class StatusVerb : IVerb
{
    private readonly Option<string?> _directory = CommonOptions.DataDirectory();
    private readonly Option<bool> _json = CommonOptions.Json();

    public StatusVerb() => Command = new Command("status", "Says whether a node runs and what its control file holds. Exit code 3: not running, 4: no such directory.") { _directory, _json };

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
            terminal.Line(ToJson(status).ToJsonString());
        else
            WriteText(status, terminal);
        return status.Node is null ? ExitCodes.NotRunning : ExitCodes.Ok;
    }

    private static void WriteText(NodeStatus status, Terminal terminal)
    {
        if (status.Node is { } node)
        {
            terminal.Line($"pgrepl: server is running (PID: {node.Pid})");
            Fact("status", node.Status);
            Fact("listens on", node.Conninfo ?? "nothing yet");
        }
        else
            terminal.Line("pgrepl: no server running");
        if (status.ControlError is not null)
            Fact("control file", status.ControlError);
        if (status.Relay is { } relay)
        {
            Fact("role", "relay");
            Fact("system identifier", relay.SystemId.ToString(CultureInfo.InvariantCulture));
            Fact("WAL of", $"PostgreSQL {relay.ServerVersion}");
            Fact("timeline", relay.Timeline.ToString());
            Fact("oldest WAL", relay.Oldest.ToString());
            Fact("validated WAL", relay.Validated.IsValid ? $"at least to {relay.Validated}" : "none yet");
        }
        if (status.Control is not { } control)
            return;
        Fact("role", status.IsStandby ? "standby" : "primary");
        Fact("system identifier", control.SystemId.ToString(CultureInfo.InvariantCulture));
        Fact("cluster state", NodeStatus.Describe(control.State));
        Fact("timeline", control.Checkpoint.Timeline.ToString());
        Fact("latest checkpoint", $"{control.CheckpointLocation}, redo {control.Checkpoint.Redo}");
        if (control.MinRecoveryPoint.IsValid)
            Fact("min recovery point", $"{control.MinRecoveryPoint} on timeline {control.MinRecoveryPointTimeline}");

        void Fact(string name, string value) => terminal.Line($"  {name,-18} {value}");
    }

    /// <summary>Numbers that can exceed 2^53 are strings: JSON readers round them.</summary>
    private static JsonObject ToJson(NodeStatus status)
    {
        var json = new JsonObject
        {
            ["running"] = status.Node is not null,
            ["data_directory"] = status.Directory.Path,
            ["standby"] = status.IsStandby,
        };
        if (status.Node is { } node)
        {
            json["pid"] = node.Pid;
            json["status"] = node.Status;
            json["start_time"] = DateTimeOffset.FromUnixTimeSeconds(node.StartTime).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            json["port"] = node.Port;
            json["socket_directory"] = node.SocketDirectory;
            json["listen_address"] = node.ListenAddress;
        }
        if (status.ControlError is not null)
            json["control_file_error"] = status.ControlError;
        json["relay"] = status.Relay is not null;
        if (status.Relay is { } relay)
        {
            json["system_identifier"] = relay.SystemId.ToString(CultureInfo.InvariantCulture);
            json["major"] = relay.Major;
            json["timeline"] = relay.Timeline.Value;
            json["oldest"] = relay.Oldest.ToString();
            json["validated"] = relay.Validated.IsValid ? relay.Validated.ToString() : null;
            json["wal_segment_size"] = relay.SegmentSize;
        }
        if (status.Control is { } control)
        {
            json["system_identifier"] = control.SystemId.ToString(CultureInfo.InvariantCulture);
            json["cluster_state"] = NodeStatus.Describe(control.State);
            json["timeline"] = control.Checkpoint.Timeline.Value;
            json["checkpoint"] = control.CheckpointLocation.ToString();
            json["redo"] = control.Checkpoint.Redo.ToString();
            json["min_recovery_point"] = control.MinRecoveryPoint.IsValid ? control.MinRecoveryPoint.ToString() : null;
            json["min_recovery_point_timeline"] = control.MinRecoveryPointTimeline.IsValid ? control.MinRecoveryPointTimeline.Value : null;
            json["wal_segment_size"] = control.SegmentSize;
        }
        return json;
    }
}
