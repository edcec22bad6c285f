using Pgrepl.Shared.Node;

namespace Pgrepl.WalSender.Sql;

/// <summary>What the two ends of replication show of themselves.</summary>
/// <remarks>Source of truth: PostgreSQL 15, pg_stat_get_wal_senders() and pg_stat_get_wal_receiver(); received_lsn of 12 and older is the flushed position.</remarks>
internal static class ReplicationViews
{
    /// <summary>Ours: a relay has no replay position, so its lag is the age of the last commit it has validated.</summary>
    private static readonly SourceColumn[] ProgressColumns =
    [
        new("timeline_id", SqlType.Int4), new("oldest_lsn", SqlType.Lsn), new("upstream_lsn", SqlType.Lsn), new("received_lsn", SqlType.Lsn), new("written_lsn", SqlType.Lsn),
        new("flushed_lsn", SqlType.Lsn), new("validated_lsn", SqlType.Lsn), new("replayed_lsn", SqlType.Lsn), new("last_commit_time", SqlType.Timestamptz),
    ];

    public static readonly RowSource[] All =
    [
        // The function gives one row of NULLs when there is no walreceiver, the view none.
        RowSource.Function("pg_stat_get_wal_receiver", MajorColumns.WalReceiver, context => [Receiver(context.Host.WalReceiver())]),
        RowSource.View("pg_stat_wal_receiver", MajorColumns.WalReceiver, context => context.Host.WalReceiver() is { } receiver ? [Receiver(receiver)] : []),
        RowSource.View("pgrepl_wal_progress", ProgressColumns, context => context.Host.WalProgress() is { } progress ? [Progress(progress)] : []),
        RowSource.Function("pg_stat_get_wal_senders", MajorColumns.WalSenders, context => context.Host.WalSenders().Select(Sender)),
        RowSource.View("pg_stat_replication", MajorColumns.Replication, Replication),
    ];

    private static SqlValue[] Receiver(WalReceiverRow? row) => row is null ? new SqlValue[MajorColumns.WalReceiver.Length] :
    [
        SqlValue.From((long)row.Pid), SqlValue.From(row.Status), SqlValue.FromPosition(row.ReceiveStart), Timeline(row.ReceiveStartTimeline),
        SqlValue.FromPosition(row.Flushed), SqlValue.FromPosition(row.Written), SqlValue.FromPosition(row.Flushed), Timeline(row.ReceivedTimeline),
        Time(row.LastMessageSendTime), Time(row.LastMessageReceiptTime), SqlValue.FromPosition(row.LatestEnd), Time(row.LatestEndTime),
        SqlValue.From(NullIfEmpty(row.SlotName)), SqlValue.From(NullIfEmpty(row.SenderHost)), SqlValue.From((long?)row.SenderPort), SqlValue.From(NullIfEmpty(row.Conninfo)),
    ];

    private static SqlValue[] Progress(WalProgressRow row) =>
    [
        Timeline(row.Timeline), SqlValue.FromPosition(row.Oldest), SqlValue.FromPosition(row.Upstream), SqlValue.FromPosition(row.Received), SqlValue.FromPosition(row.Written),
        SqlValue.FromPosition(row.Flushed), SqlValue.FromPosition(row.Validated), SqlValue.FromPosition(row.Replayed), Time(row.LastCommitTime),
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
