namespace Pgrepl.WalSender.Sql;

/// <summary>pg_stat_activity: one row for each process.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/catalog/system_views.sql.</remarks>
internal static class ActivityView
{
    public static readonly RowSource Activity = RowSource.View("pg_stat_activity", MajorColumns.Activity, context => context.Host.Activity().Select(Row));

    private static SqlValue[] Row(ActivityRow row) =>
    [
        SqlValue.From(row.DatabaseOid), SqlValue.From(row.Database), SqlValue.From((long)row.Pid), SqlValue.Null,
        SqlValue.From(row.UserOid), SqlValue.From(row.User), SqlValue.From(row.ApplicationName),
        ReplicationViews.Address(row), SqlValue.From(row.ClientHostname), SqlValue.From((long?)row.ClientPort),
        SqlValue.From(row.BackendStart), SqlValue.From(row.TransactionStart), SqlValue.From(row.QueryStart), SqlValue.From(row.StateChange),
        SqlValue.From(row.WaitEventType), SqlValue.From(row.WaitEvent), SqlValue.From(row.State),
        SqlValue.From(row.BackendXid), SqlValue.From(row.BackendXmin), SqlValue.Null, SqlValue.From(row.Query), SqlValue.From(row.BackendType),
    ];
}
