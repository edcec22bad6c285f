namespace Pgrepl.WalSender.Sql;

/// <summary>What the two ends of replication show of themselves.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/catalog/system_views.sql, pg_stat_get_wal_senders() and pg_stat_get_wal_receiver().</remarks>
internal static class ReplicationViews
{
    private static readonly SourceColumn[] ReceiverColumns =
    [
        new("pid", SqlType.Int4), new("status", SqlType.Text), new("receive_start_lsn", SqlType.Lsn), new("receive_start_tli", SqlType.Int4),
        new("written_lsn", SqlType.Lsn), new("flushed_lsn", SqlType.Lsn), new("received_tli", SqlType.Int4),
        new("last_msg_send_time", SqlType.Timestamptz), new("last_msg_receipt_time", SqlType.Timestamptz),
        new("latest_end_lsn", SqlType.Lsn), new("latest_end_time", SqlType.Timestamptz), new("slot_name", SqlType.Text),
        new("sender_host", SqlType.Text), new("sender_port", SqlType.Int4), new("conninfo", SqlType.Text),
    ];

    private static readonly SourceColumn[] SenderColumns =
    [
        new("pid", SqlType.Int4), new("state", SqlType.Text),
        new("sent_lsn", SqlType.Lsn), new("write_lsn", SqlType.Lsn), new("flush_lsn", SqlType.Lsn), new("replay_lsn", SqlType.Lsn),
        new("write_lag", SqlType.Interval), new("flush_lag", SqlType.Interval), new("replay_lag", SqlType.Interval),
        new("sync_priority", SqlType.Int4), new("sync_state", SqlType.Text), new("reply_time", SqlType.Timestamptz),
    ];

    private static readonly SourceColumn[] ReplicationColumns =
    [
        new("pid", SqlType.Int4), new("usesysid", SqlType.Oid), new("usename", SqlType.Name), new("application_name", SqlType.Text),
        new("client_addr", SqlType.Inet), new("client_hostname", SqlType.Text), new("client_port", SqlType.Int4),
        new("backend_start", SqlType.Timestamptz), new("backend_xmin", SqlType.Xid), .. SenderColumns[1..],
    ];

    private static readonly SourceColumn[] SlotColumns =
    [
        new("slot_name", SqlType.Name), new("plugin", SqlType.Name), new("slot_type", SqlType.Text), new("datoid", SqlType.Oid), new("database", SqlType.Name),
        new("temporary", SqlType.Bool), new("active", SqlType.Bool), new("active_pid", SqlType.Int4), new("xmin", SqlType.Xid), new("catalog_xmin", SqlType.Xid),
        new("restart_lsn", SqlType.Lsn), new("confirmed_flush_lsn", SqlType.Lsn), new("wal_status", SqlType.Text), new("safe_wal_size", SqlType.Int8),
        new("two_phase", SqlType.Bool),
    ];

    public static readonly RowSource[] All =
    [
        // The function gives one row of NULLs when there is no walreceiver, the view none.
        RowSource.Function("pg_stat_get_wal_receiver", ReceiverColumns, context => [Receiver(context.Host.WalReceiver())]),
        RowSource.View("pg_stat_wal_receiver", ReceiverColumns, context => context.Host.WalReceiver() is { } receiver ? [Receiver(receiver)] : []),
        RowSource.Function("pg_stat_get_wal_senders", SenderColumns, context => context.Host.WalSenders().Select(Sender)),
        RowSource.View("pg_stat_replication", ReplicationColumns, Replication),
        RowSource.View("pg_replication_slots", SlotColumns, _ => []),
    ];

    private static SqlValue[] Receiver(WalReceiverRow? row) => row is null ? new SqlValue[ReceiverColumns.Length] :
    [
        SqlValue.From((long)row.Pid), SqlValue.From(row.Status), SqlValue.FromPosition(row.ReceiveStart), Timeline(row.ReceiveStartTimeline),
        SqlValue.FromPosition(row.Written), SqlValue.FromPosition(row.Flushed), Timeline(row.ReceivedTimeline),
        Time(row.LastMessageSendTime), Time(row.LastMessageReceiptTime), SqlValue.FromPosition(row.LatestEnd), Time(row.LatestEndTime),
        SqlValue.From(NullIfEmpty(row.SlotName)), SqlValue.From(NullIfEmpty(row.SenderHost)), SqlValue.From((long?)row.SenderPort), SqlValue.From(NullIfEmpty(row.Conninfo)),
    ];

    private static SqlValue[] Sender(WalSenderRow row) =>
    [
        SqlValue.From((long)row.Pid), SqlValue.From(row.State),
        SqlValue.FromPosition(row.Sent), SqlValue.FromPosition(row.Write), SqlValue.FromPosition(row.Flush), SqlValue.FromPosition(row.Replay),
        Lag(row.WriteLag), Lag(row.FlushLag), Lag(row.ReplayLag),
        SqlValue.From((long)row.SyncPriority), SqlValue.From(row.SyncState), Time(row.ReplyTime),
    ];

    private static IEnumerable<SqlValue[]> Replication(EvaluationContext context)
    {
        IReadOnlyList<ActivityRow> activity = context.Host.Activity();
        foreach (WalSenderRow sender in context.Host.WalSenders())
        {
            if (activity.FirstOrDefault(row => row.Pid == sender.Pid) is not { } client)
                continue;
            yield return
            [
                SqlValue.From((long)sender.Pid), SqlValue.From(client.UserOid), SqlValue.From(client.User), SqlValue.From(client.ApplicationName),
                Address(client), SqlValue.From(client.ClientHostname), SqlValue.From((long?)client.ClientPort),
                SqlValue.From(client.BackendStart), SqlValue.From(client.BackendXmin), .. Sender(sender)[1..],
            ];
        }
    }

    internal static SqlValue Address(ActivityRow row) => row.ClientAddress is { } address ? SqlValue.From(new SqlInet(address)) : SqlValue.Null;

    private static SqlValue Timeline(Wal.TimelineId timeline) => timeline.IsValid ? SqlValue.From((long)(int)timeline.Value) : SqlValue.Null;

    /// <summary>Zero is "never", as in PostgreSQL.</summary>
    private static SqlValue Time(long? time) => time is 0 ? SqlValue.Null : SqlValue.From(time);

    private static SqlValue Lag(long? microseconds) => microseconds is { } lag and >= 0 ? SqlValue.From(new SqlInterval(lag)) : SqlValue.Null;

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
