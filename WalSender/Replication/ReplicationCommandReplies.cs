using System.Text;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Protocol;
using Pgrepl.Wal;

namespace Pgrepl.WalSender.Replication;

/// <summary>The rows that answer replication commands, as the major sends them; ReadyForQuery is the caller's.</summary>
/// <remarks>Source of truth: IdentifySystem, SendTimeLineHistory, StartReplication, CreateReplicationSlot, ReadReplicationSlot, exec_replication_command in PostgreSQL 10 to 18,
/// src/backend/replication/walsender.c.</remarks>
internal readonly record struct ReplicationReplies(MessageWriter Writer, PostgresMajor Major)
{
    private const string OldTag = "SELECT"; // of every command

    public static ReplicationReplies Of(ClientSession session) => new(session.Writer, session.Process.Segment.Recovery.Major);

    private static FieldDescription Text(string name) => new(name, 25, -1);

    /// <param name="flushed">End of what may be streamed: flushed, or replayed on a standby.</param>
    /// <param name="database"><see langword="null"/> on a physical connection.</param>
    public void IdentifySystem(ulong systemId, TimelineId timeline, Lsn flushed, string? database)
    {
        Writer.RowDescription(Text("systemid"), Major.TimelineIsBigint ? new("timeline", 20, 8) : new("timeline", 23, 4), Text("xlogpos"), Text("dbname"));
        Writer.DataRow(systemId.ToString(), timeline.ToString(), flushed.ToString(), database);
        Complete("IDENTIFY_SYSTEM");
    }

    /// <param name="content">The file, byte for byte.</param>
    public void TimelineHistory(TimelineId timeline, ReadOnlySpan<byte> content)
    {
        int modifier = Major.TimelineIsBigint ? -1 : 0;
        Writer.RowDescription(new("filename", 25, -1, modifier), new("content", Major.HistoryIsText ? 25u : 17u, -1, modifier));
        Writer.BeginDataRow(2);
        Writer.Column(string.Create(null, $"{timeline.Value:X8}.history"));
        Writer.Column(content);
        Writer.EndDataRow();
        Complete("TIMELINE_HISTORY");
    }

    /// <summary>After both sides' CopyDone: where it goes on when a timeline has ended, then the two CommandCompletes that libpqrcv_endstreaming waits for.</summary>
    /// <param name="next">Zero: the stream ended for another reason.</param>
    public void StreamingEnded(TimelineId next, Lsn start)
    {
        if (next.IsValid)
        {
            Writer.RowDescription(new FieldDescription("next_tli", 20, 8), Text("next_tli_startpos"));
            Writer.DataRow(next.ToString(), start.ToString());
        }
        Writer.CommandComplete("START_STREAMING");
        Complete("START_REPLICATION");
    }

    /// <summary>A physical slot has no consistent point, snapshot or plugin.</summary>
    public void SlotCreated(string name)
    {
        Writer.RowDescription(Text("slot_name"), Text("consistent_point"), Text("snapshot_name"), Text("output_plugin"));
        Writer.DataRow(name, Lsn.Invalid.ToString(), null, null);
        Complete("CREATE_REPLICATION_SLOT");
    }

    /// <summary>Before 13 the two CommandCompletes that a command got which had sent one itself.</summary>
    public void SlotDropped()
    {
        Writer.CommandComplete("DROP_REPLICATION_SLOT");
        if (!Major.HasCommandTags)
            Complete("DROP_REPLICATION_SLOT");
    }

    /// <param name="slot"><see langword="null"/>: there is none, and every column is NULL.</param>
    /// <param name="timeline">Of its position in this server's history; zero: it has no position.</param>
    public void SlotRead(ReplicationSlotView? slot, TimelineId timeline)
    {
        Writer.RowDescription(Text("slot_type"), Text("restart_lsn"), new FieldDescription("restart_tli", 20, 8));
        Writer.DataRow(slot is null ? null : "physical", slot is { RestartLsn.IsValid: true } at ? at.RestartLsn.ToString() : null, timeline.IsValid ? timeline.ToString() : null);
        Complete("READ_REPLICATION_SLOT");
    }

    public void Show(string name, string value)
    {
        Writer.RowDescription(Text(name));
        Writer.DataRow(value);
        Complete("SHOW");
    }

    private void Complete(string tag) => Writer.CommandComplete(Major.HasCommandTags ? tag : OldTag);
}
