using Pgrepl.Wal;

namespace Pgrepl.WalSender.Sql;

/// <summary>pg_control as SQL shows it.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/utils/misc/pg_controldata.c.</remarks>
internal static class ControlFunctions
{
    private static readonly SourceColumn[] SystemColumns =
    [
        new("pg_control_version", SqlType.Int4), new("catalog_version_no", SqlType.Int4), new("system_identifier", SqlType.Int8),
        new("pg_control_last_modified", SqlType.Timestamptz),
    ];

    public static readonly RowSource[] All =
    [
        RowSource.Function("pg_control_checkpoint", MajorColumns.ControlCheckpoint, context => [Checkpoint(context.Host.ControlFile())]),
        RowSource.Function("pg_control_system", SystemColumns, context => [ControlSystem(context.Host.ControlFile())]),
    ];

    private static SqlValue[] Checkpoint(ControlRow control) =>
    [
        SqlValue.From(control.CheckpointLocation), SqlValue.FromPosition(control.PriorCheckpoint), SqlValue.From(control.Redo),
        SqlValue.From(WalSegment.Containing(control.Redo, control.Timeline, control.SegmentSize).FileName(control.SegmentSize)),
        SqlValue.From((long)(int)control.Timeline.Value), SqlValue.From((long)(int)control.PreviousTimeline.Value), SqlValue.From(control.FullPageWrites),
        SqlValue.From($"{control.NextXid >> 32}:{(uint)control.NextXid}"), SqlValue.From((long)control.NextOid),
        SqlValue.From((long)control.NextMulti), SqlValue.From((long)control.NextMultiOffset),
        SqlValue.From((long)control.OldestXid), SqlValue.From((long)control.OldestXidDatabase), SqlValue.From((long)control.OldestActiveXid),
        SqlValue.From((long)control.OldestMulti), SqlValue.From((long)control.OldestMultiDatabase),
        SqlValue.From((long)control.OldestCommitTimestampXid), SqlValue.From((long)control.NewestCommitTimestampXid),
        SqlValue.From(SqlTimestamp.FromUnixSeconds(control.CheckpointTime)),
    ];

    private static SqlValue[] ControlSystem(ControlRow control) =>
    [
        SqlValue.From((long)control.ControlVersion), SqlValue.From((long)control.CatalogVersion), SqlValue.From((long)control.SystemId),
        SqlValue.From(SqlTimestamp.FromUnixSeconds(control.LastModified)),
    ];
}
