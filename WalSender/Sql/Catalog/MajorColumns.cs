namespace Pgrepl.WalSender.Sql;

/// <summary>Columns that are not the same in every major from 10 to 18: each says since which and until which it is there.</summary>
/// <remarks>Source of truth: src/backend/catalog/system_views.sql and pg_proc.dat of each major; the test's columns-by-major.txt is what servers of every major said.
/// Rows are made for all columns of a list, in its order; a node shows those of its major (<see cref="RowSource.For"/>).</remarks>
internal static class MajorColumns
{
    /// <summary>pg_stat_get_wal_receiver() and pg_stat_wal_receiver.</summary>
    public static readonly SourceColumn[] WalReceiver =
    [
        new("pid", SqlType.Int4), new("status", SqlType.Text), new("receive_start_lsn", SqlType.Lsn), new("receive_start_tli", SqlType.Int4),
        new("received_lsn", SqlType.Lsn, Until: 12), new("written_lsn", SqlType.Lsn, Since: 13), new("flushed_lsn", SqlType.Lsn, Since: 13), new("received_tli", SqlType.Int4),
        new("last_msg_send_time", SqlType.Timestamptz), new("last_msg_receipt_time", SqlType.Timestamptz),
        new("latest_end_lsn", SqlType.Lsn), new("latest_end_time", SqlType.Timestamptz), new("slot_name", SqlType.Text),
        new("sender_host", SqlType.Text, Since: 11), new("sender_port", SqlType.Int4, Since: 11), new("conninfo", SqlType.Text),
    ];

    /// <summary>pg_stat_get_wal_senders().</summary>
    public static readonly SourceColumn[] WalSenders =
    [
        new("pid", SqlType.Int4), new("state", SqlType.Text),
        new("sent_lsn", SqlType.Lsn), new("write_lsn", SqlType.Lsn), new("flush_lsn", SqlType.Lsn), new("replay_lsn", SqlType.Lsn),
        new("write_lag", SqlType.Interval), new("flush_lag", SqlType.Interval), new("replay_lag", SqlType.Interval),
        new("sync_priority", SqlType.Int4), new("sync_state", SqlType.Text), new("reply_time", SqlType.Timestamptz, Since: 12),
    ];

    /// <summary>pg_stat_replication.</summary>
    public static readonly SourceColumn[] Replication =
    [
        new("pid", SqlType.Int4), new("usesysid", SqlType.Oid), new("usename", SqlType.Name), new("application_name", SqlType.Text),
        new("client_addr", SqlType.Inet), new("client_hostname", SqlType.Text), new("client_port", SqlType.Int4),
        new("backend_start", SqlType.Timestamptz), new("backend_xmin", SqlType.Xid), .. WalSenders[1..],
    ];

    /// <summary>pg_replication_slots.</summary>
    public static readonly SourceColumn[] Slots =
    [
        new("slot_name", SqlType.Name), new("plugin", SqlType.Name), new("slot_type", SqlType.Text), new("datoid", SqlType.Oid), new("database", SqlType.Name),
        new("temporary", SqlType.Bool), new("active", SqlType.Bool), new("active_pid", SqlType.Int4), new("xmin", SqlType.Xid), new("catalog_xmin", SqlType.Xid),
        new("restart_lsn", SqlType.Lsn), new("confirmed_flush_lsn", SqlType.Lsn), new("wal_status", SqlType.Text, Since: 13), new("safe_wal_size", SqlType.Int8, Since: 13),
        new("two_phase", SqlType.Bool, Since: 14), new("two_phase_at", SqlType.Lsn, Since: 18), new("inactive_since", SqlType.Timestamptz, Since: 17),
        new("conflicting", SqlType.Bool, Since: 16), new("invalidation_reason", SqlType.Text, Since: 17), new("failover", SqlType.Bool, Since: 17), new("synced", SqlType.Bool, Since: 17),
    ];

    /// <summary>pg_stat_activity.</summary>
    public static readonly SourceColumn[] Activity =
    [
        new("datid", SqlType.Oid), new("datname", SqlType.Name), new("pid", SqlType.Int4), new("leader_pid", SqlType.Int4, Since: 13),
        new("usesysid", SqlType.Oid), new("usename", SqlType.Name), new("application_name", SqlType.Text),
        new("client_addr", SqlType.Inet), new("client_hostname", SqlType.Text), new("client_port", SqlType.Int4),
        new("backend_start", SqlType.Timestamptz), new("xact_start", SqlType.Timestamptz), new("query_start", SqlType.Timestamptz), new("state_change", SqlType.Timestamptz),
        new("wait_event_type", SqlType.Text), new("wait_event", SqlType.Text), new("state", SqlType.Text),
        new("backend_xid", SqlType.Xid), new("backend_xmin", SqlType.Xid), new("query_id", SqlType.Int8, Since: 14), new("query", SqlType.Text), new("backend_type", SqlType.Text),
    ];

    /// <summary>pg_control_checkpoint().</summary>
    public static readonly SourceColumn[] ControlCheckpoint =
    [
        new("checkpoint_lsn", SqlType.Lsn), new("prior_lsn", SqlType.Lsn, Until: 10), new("redo_lsn", SqlType.Lsn), new("redo_wal_file", SqlType.Text),
        new("timeline_id", SqlType.Int4), new("prev_timeline_id", SqlType.Int4), new("full_page_writes", SqlType.Bool),
        new("next_xid", SqlType.Text), new("next_oid", SqlType.Oid), new("next_multixact_id", SqlType.Xid), new("next_multi_offset", SqlType.Xid),
        new("oldest_xid", SqlType.Xid), new("oldest_xid_dbid", SqlType.Oid), new("oldest_active_xid", SqlType.Xid),
        new("oldest_multi_xid", SqlType.Xid), new("oldest_multi_dbid", SqlType.Oid),
        new("oldest_commit_ts_xid", SqlType.Xid), new("newest_commit_ts_xid", SqlType.Xid), new("checkpoint_time", SqlType.Timestamptz),
    ];
}
