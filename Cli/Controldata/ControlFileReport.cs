using System.Globalization;
using Pgrepl.Cli.Status;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Controldata;

/// <summary>A control file in words, trustworthy or not.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/bin/pg_controldata/pg_controldata.c.</remarks>
internal sealed record ControlFileReport(bool ChecksumGood, IReadOnlyList<string> Warnings, IReadOnlyList<ControlFileReport.Line> Lines)
{
    /// <summary>Where pg_controldata's values begin.</summary>
    internal const int LabelWidth = 38;

    /// <param name="Label">Of pg_controldata, with its colon.</param>
    /// <param name="Key">The same for programs.</param>
    internal readonly record struct Line(string Label, string Key, string Value);

    internal static ControlFileReport Of(ReadOnlySpan<byte> bytes)
    {
        ControlFileData control = ControlFileData.Decode(bytes);
        bool good = ControlFileData.HasGoodCrc(bytes);
        return new ControlFileReport(good, [.. Doubts(good, control.SegmentSize)],
            [.. State(control, ControlFileFormat.Read(bytes)), .. LastCheckpoint(control), .. Recovery(control), .. Settings(control), .. Compiled(control, ControlFileFormat.Read(bytes))]);
    }

    private static IEnumerable<string> Doubts(bool checksumGood, int segmentSize)
    {
        if (!checksumGood)
            yield return "WARNING: Calculated CRC checksum does not match value stored in file.\nEither the file is corrupt, or it has a different layout than this program\n"
                + "is expecting.  The results below are untrustworthy.\n";
        if (!WalFormat.IsValidSegmentSize(segmentSize))
            yield return $"WARNING: invalid WAL segment size\nThe WAL segment size stored in the file, {segmentSize} byte{(segmentSize == 1 ? "" : "s")}, is not a power of two\n"
                + "between 1 MB and 1 GB.  The file is corrupt and the results below are\nuntrustworthy.\n";
    }

    private static Line[] State(ControlFileData control, ControlFileFormat format) =>
    [
        new("pg_control version number:", "pg_control_version", $"{format.Version}"),
        new("Catalog version number:", "catalog_version", $"{format.CatalogVersion}"),
        new("Database system identifier:", "system_identifier", $"{control.SystemId}"),
        new("Database cluster state:", "cluster_state", NodeStatus.Describe(control.State)),
        new("pg_control last modified:", "last_modified", Time(control.Time)),
    ];

    private static Line[] LastCheckpoint(ControlFileData control)
    {
        Checkpoint last = control.Checkpoint;
        string redoFile = control.SegmentSize <= 0 ? "???" : WalSegment.Containing(last.Redo, last.Timeline, control.SegmentSize).FileName(control.SegmentSize);
        return
        [
            new("Latest checkpoint location:", "checkpoint", $"{control.CheckpointLocation}"),
            new("Latest checkpoint's REDO location:", "redo", $"{last.Redo}"),
            new("Latest checkpoint's REDO WAL file:", "redo_wal_file", redoFile),
            new("Latest checkpoint's TimeLineID:", "timeline", $"{last.Timeline.Value}"),
            new("Latest checkpoint's PrevTimeLineID:", "previous_timeline", $"{last.PreviousTimeline.Value}"),
            new("Latest checkpoint's full_page_writes:", "full_page_writes", OnOff(last.FullPageWrites)),
            new("Latest checkpoint's NextXID:", "next_xid", $"{last.NextXid >> 32}:{(uint)last.NextXid}"),
            new("Latest checkpoint's NextOID:", "next_oid", $"{last.NextOid}"),
            new("Latest checkpoint's NextMultiXactId:", "next_multixact", $"{last.NextMulti}"),
            new("Latest checkpoint's NextMultiOffset:", "next_multixact_offset", $"{last.NextMultiOffset}"),
            new("Latest checkpoint's oldestXID:", "oldest_xid", $"{last.OldestXid}"),
            new("Latest checkpoint's oldestXID's DB:", "oldest_xid_database", $"{last.OldestXidDatabase}"),
            new("Latest checkpoint's oldestActiveXID:", "oldest_active_xid", $"{last.OldestActiveXid}"),
            new("Latest checkpoint's oldestMultiXid:", "oldest_multixact", $"{last.OldestMulti}"),
            new("Latest checkpoint's oldestMulti's DB:", "oldest_multixact_database", $"{last.OldestMultiDatabase}"),
            new("Latest checkpoint's oldestCommitTsXid:", "oldest_commit_timestamp_xid", $"{last.OldestCommitTimestampXid}"),
            new("Latest checkpoint's newestCommitTsXid:", "newest_commit_timestamp_xid", $"{last.NewestCommitTimestampXid}"),
            new("Time of latest checkpoint:", "checkpoint_time", Time(last.Time)),
        ];
    }

    private static Line[] Recovery(ControlFileData control) =>
    [
        new("Fake LSN counter for unlogged rels:", "unlogged_lsn", $"{control.UnloggedLsn}"),
        new("Minimum recovery ending location:", "min_recovery_point", $"{control.MinRecoveryPoint}"),
        new("Min recovery ending loc's timeline:", "min_recovery_point_timeline", $"{control.MinRecoveryPointTimeline.Value}"),
        new("Backup start location:", "backup_start", $"{control.BackupStartPoint}"),
        new("Backup end location:", "backup_end", $"{control.BackupEndPoint}"),
        new("End-of-backup record required:", "backup_end_required", control.BackupEndRequired ? "yes" : "no"),
    ];

    private static Line[] Settings(ControlFileData control) =>
    [
        new("wal_level setting:", "wal_level", control.WalLevel switch { WalLevel.Minimal => "minimal", WalLevel.Replica => "replica", WalLevel.Logical => "logical", _ => "unrecognized wal_level" }),
        new("wal_log_hints setting:", "wal_log_hints", OnOff(control.WalLogHints)),
        new("max_connections setting:", "max_connections", $"{control.MaxConnections}"),
        new("max_worker_processes setting:", "max_worker_processes", $"{control.MaxWorkerProcesses}"),
        new("max_wal_senders setting:", "max_wal_senders", $"{control.MaxWalSenders}"),
        new("max_prepared_xacts setting:", "max_prepared_transactions", $"{control.MaxPreparedTransactions}"),
        new("max_locks_per_xact setting:", "max_locks_per_transaction", $"{control.MaxLocksPerTransaction}"),
        new("track_commit_timestamp setting:", "track_commit_timestamp", OnOff(control.TrackCommitTimestamp)),
    ];

    private static Line[] Compiled(ControlFileData control, ControlFileFormat format) =>
    [
        new("Maximum data alignment:", "maximum_alignment", $"{format.MaximumAlignment}"),
        new("Database block size:", "block_size", $"{format.BlockSize}"),
        new("Blocks per segment of large relation:", "relation_segment_blocks", $"{format.RelationSegmentBlocks}"),
        new("WAL block size:", "wal_block_size", $"{format.WalBlockSize}"),
        new("Bytes per WAL segment:", "wal_segment_size", $"{(uint)control.SegmentSize}"),
        new("Maximum length of identifiers:", "identifier_length", $"{format.IdentifierLength}"),
        new("Maximum columns in an index:", "index_columns", $"{format.IndexColumns}"),
        new("Maximum size of a TOAST chunk:", "toast_chunk_size", $"{format.ToastChunkSize}"),
        new("Size of a large-object chunk:", "large_object_chunk_size", $"{format.LargeObjectChunkSize}"),
        new("Date/time type storage:", "date_time_storage", "64-bit integers"),
        new("Float8 argument passing:", "float8_passing", format.Float8ByValue ? "by value" : "by reference"),
        new("Data page checksum version:", "data_checksum_version", $"{control.DataChecksumVersion}"),
        new("Mock authentication nonce:", "mock_authentication_nonce", Convert.ToHexStringLower(control.MockAuthenticationNonce)),
    ];

    private static string OnOff(bool on) => on ? "on" : "off";

    /// <summary>strftime's %c of the C locale, in local time; a number out of range stays a number.</summary>
    private static string Time(long unixSeconds)
    {
        if (unixSeconds < DateTimeOffset.MinValue.ToUnixTimeSeconds() + 86400 || unixSeconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds() - 86400)
            return unixSeconds.ToString(CultureInfo.InvariantCulture);
        DateTime local = DateTimeOffset.FromUnixTimeSeconds(unixSeconds).LocalDateTime;
        return string.Create(CultureInfo.InvariantCulture, $"{local:ddd MMM} {local.Day,2} {local:HH:mm:ss yyyy}");
    }
}
