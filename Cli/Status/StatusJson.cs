using System.Globalization;
using System.Text.Json.Nodes;
using Pgrepl.Cli.Nodes;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Status;

/// <summary>pgrepl status --json: docs/reference/status.md names every key. A key once given keeps its name and meaning.</summary>
/// <remarks>Numbers that can exceed 2^53 are strings: JSON readers round them. Times of day are ISO 8601 in UTC, durations seconds.</remarks>
internal static class StatusJson
{
    internal static JsonObject Of(NodeStatus status)
    {
        var json = new JsonObject
        {
            ["running"] = status.Node is not null,
            ["data_directory"] = status.Directory.Path,
            ["standby"] = status.IsStandby,
            ["role"] = status.Role,
        };
        if (status.Node is { } node)
            AddNode(json, node);
        if (status.ControlError is not null)
            json["control_file_error"] = status.ControlError;
        json["relay"] = status.Relay is not null;
        if (status.Relay is { } relay)
            AddRelay(json, relay);
        if (status.Control is { } control)
            AddControl(json, control);
        if (status.Live is { } live)
            AddLive(json, live);
        else if (status.LiveError is not null)
            json["shared_memory_error"] = status.LiveError;
        return json;
    }

    private static void AddNode(JsonObject json, PidFile node)
    {
        json["pid"] = node.Pid;
        json["status"] = node.Status;
        json["start_time"] = DateTimeOffset.FromUnixTimeSeconds(node.StartTime).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        json["port"] = node.Port;
        json["socket_directory"] = node.SocketDirectory;
        json["listen_address"] = node.ListenAddress;
    }

    private static void AddRelay(JsonObject json, RelayFileData relay)
    {
        json["system_identifier"] = relay.SystemId.ToString(CultureInfo.InvariantCulture);
        json["major"] = relay.Major;
        json["timeline"] = relay.Timeline.Value;
        json["oldest"] = relay.Oldest.ToString();
        json["validated"] = Position(relay.Validated);
        json["wal_segment_size"] = relay.SegmentSize;
    }

    private static void AddControl(JsonObject json, ControlFileData control)
    {
        json["system_identifier"] = control.SystemId.ToString(CultureInfo.InvariantCulture);
        json["cluster_state"] = NodeStatus.Describe(control.State);
        json["timeline"] = control.Checkpoint.Timeline.Value;
        json["checkpoint"] = control.CheckpointLocation.ToString();
        json["redo"] = control.Checkpoint.Redo.ToString();
        json["min_recovery_point"] = Position(control.MinRecoveryPoint);
        json["min_recovery_point_timeline"] = control.MinRecoveryPointTimeline.IsValid ? control.MinRecoveryPointTimeline.Value : null;
        json["wal_segment_size"] = control.SegmentSize;
    }

    private static void AddLive(JsonObject json, LiveStatus live)
    {
        if (live.Timeline.IsValid)
            json["timeline"] = live.Timeline.Value;
        json["server_version"] = live.ServerVersion;
        json["crash_resets"] = live.CrashResets;
        json["lag_bytes"] = live.LagBytes;
        json["lag_seconds"] = Seconds(live.LagTime);
        json["positions"] = new JsonObject(live.Positions.Select(p => KeyValuePair.Create<string, JsonNode?>(p.Stage,
            new JsonObject { ["lsn"] = Position(p.Lsn), ["lag_bytes"] = p.LagBytes, ["lag_seconds"] = Seconds(p.LagTime) })));
        json["upstream"] = live.Upstream is { } upstream ? Upstream(upstream) : null;
        json["downstreams"] = new JsonArray([.. live.Downstreams.Select(Downstream)]);
        json["children"] = new JsonArray([.. live.Children.Select(Child)]);
        json["errors"] = new JsonArray([.. live.Errors.Select(Error)]);
    }

    private static JsonObject Upstream(UpstreamStatus u) => new()
    {
        ["state"] = u.State,
        ["host"] = u.Host,
        ["port"] = u.Port,
        ["slot"] = u.Slot,
        ["pid"] = u.Pid,
        ["end"] = Position(u.End),
        ["last_message_age_seconds"] = Seconds(u.LastMessageAge),
        ["conninfo"] = u.Conninfo,
    };

    private static JsonObject Downstream(DownstreamStatus d)
    {
        var json = new JsonObject
        {
            ["application_name"] = d.ApplicationName,
            ["user"] = d.User,
            ["address"] = d.Address,
            ["port"] = d.Port,
            ["pid"] = d.Pid,
            ["state"] = d.State,
            ["connected_at"] = When(d.ConnectedAt),
        };
        foreach ((string name, PeerPosition position) in (ReadOnlySpan<(string, PeerPosition)>)[("sent", d.Sent), ("write", d.Write), ("flush", d.Flush), ("replay", d.Replay)])
        {
            json[$"{name}_lsn"] = Position(position.Lsn);
            json[$"{name}_lag_bytes"] = position.LagBytes;
            if (name != "sent")
                json[$"{name}_lag_seconds"] = Seconds(position.LagTime);
        }
        json["sync_state"] = d.SyncState;
        json["sync_priority"] = d.SyncPriority;
        json["reply_time"] = When(d.ReplyTime);
        return json;
    }

    private static JsonObject Child(ChildStatus c) => new()
    {
        ["kind"] = c.Kind.ToString().ToLowerInvariant(),
        ["pid"] = c.Pid,
        ["started_at"] = When(c.Since),
        ["restarts"] = c.Restarts,
        ["work"] = c.Work,
        ["last_end_at"] = When(c.LastEnd),
        ["last_end"] = c.LastEndHow,
    };

    private static JsonObject Error(RecentError e) => new()
    {
        ["severity"] = e.Severity.ToString().ToUpperInvariant(),
        ["time"] = When(e.Time),
        ["process"] = e.Kind == ProcessKind.None ? "postmaster" : e.Kind.ToString().ToLowerInvariant(),
        ["pid"] = e.Pid,
        ["sqlstate"] = e.SqlState,
        ["message"] = e.Message,
        ["count"] = e.Count,
    };

    private static string? Position(Lsn lsn) => lsn.IsValid ? lsn.ToString() : null;

    private static decimal? Seconds(long? microseconds) => microseconds / 1_000_000m;

    private static string? When(long? time) => time is { } known and not 0 ? PgTime.ToUtc(known).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) : null;
}
