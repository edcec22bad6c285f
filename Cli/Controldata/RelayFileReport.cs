using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Controldata;

/// <summary>pgrepl.relay in words, in pg_controldata's manner. What a running relay knows beyond this file it tells by SQL.</summary>
internal static class RelayFileReport
{
    internal static IReadOnlyList<ControlFileReport.Line> Of(RelayFileData relay) =>
    [
        new("PostgreSQL major of the WAL:", "major", $"{relay.Major}"),
        new("Database system identifier:", "system_identifier", $"{relay.SystemId}"),
        new("Database cluster state:", "cluster_state", "relay"),
        new("TimeLineID that is followed:", "timeline", $"{relay.Timeline}"),
        new("Oldest WAL location:", "oldest", $"{relay.Oldest}"),
        new("Validated WAL location:", "validated", $"{relay.Validated}"),
        new("Last valid record's location:", "last_record", $"{relay.LastRecord}"),
        new("Bytes per WAL segment:", "wal_segment_size", $"{relay.SegmentSize}"),
    ];
}
