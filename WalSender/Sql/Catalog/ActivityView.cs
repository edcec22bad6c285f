namespace Pgrepl.WalSender.Sql;

/// <summary>pg_stat_activity: one row for each process.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/catalog/system_views.sql.</remarks>
internal static class ActivityView
{
    private static readonly SourceColumn[] Columns =
    [
        new("datid", SqlType.Oid), new("datname", SqlType.Name), new("pid", SqlType.Int4), new("leader_pid", SqlType.Int4),
        new("usesysid", SqlType.Oid), new("usename", SqlType.Name), new("application_name", SqlType.Text),
        new("client_addr", SqlType.Inet), new("client_hostname", SqlType.Text), new("client_port", SqlType.Int4),
        new("backend_start", SqlType.Timestamptz), new("xact_start", SqlType.Timestamptz), new("query_start", SqlType.Timestamptz), new("state_change", SqlType.Timestamptz),
        new("wait_event_type", SqlType.Text), new("wait_event", SqlType.Text), new("state", SqlType.Text),
        new("backend_xid", SqlType.Xid), new("backend_xmin", SqlType.Xid), new("query_id", SqlType.Int8), new("query", SqlType.Text), new("backend_type", SqlType.Text),
    ];

    public static readonly RowSource Activity = RowSource.View("pg_stat_activity", Columns, context => context.Host.Activity().Select(Row));

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
