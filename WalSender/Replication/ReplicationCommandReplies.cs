using System.Text;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Protocol;
using Pgrepl.Wal;

namespace Pgrepl.WalSender.Replication;

/// <summary>The rows that answer replication commands; ReadyForQuery is the caller's.</summary>
/// <remarks>Source of truth: IdentifySystem, SendTimeLineHistory, StartReplication, CreateReplicationSlot, ReadReplicationSlot in PostgreSQL 15, src/backend/replication/walsender.c.</remarks>
internal static class ReplicationReplies
{
    private static FieldDescription Text(string name) => new(name, 25, -1);

    /// <param name="flushed">End of what may be streamed: flushed, or replayed on a standby.</param>
    /// <param name="database"><see langword="null"/> on a physical connection.</param>
    public static void IdentifySystem(MessageWriter writer, ulong systemId, TimelineId timeline, Lsn flushed, string? database)
    {
        writer.RowDescription(Text("systemid"), new("timeline", 23, 4), Text("xlogpos"), Text("dbname"));
        writer.DataRow(systemId.ToString(), timeline.ToString(), flushed.ToString(), database);
        writer.CommandComplete("IDENTIFY_SYSTEM");
    }

    /// <param name="content">The file, byte for byte.</param>
    public static void TimelineHistory(MessageWriter writer, TimelineId timeline, ReadOnlySpan<byte> content)
    {
        writer.RowDescription(new("filename", 25, -1, TypeModifier: 0), new("content", 25, -1, TypeModifier: 0));
        writer.BeginDataRow(2);
        writer.Column(string.Create(null, $"{timeline.Value:X8}.history"));
        writer.Column(content);
        writer.EndDataRow();
        writer.CommandComplete("TIMELINE_HISTORY");
    }

    /// <summary>After both sides' CopyDone: where it goes on when a timeline has ended, then the two CommandCompletes that libpqrcv_endstreaming waits for.</summary>
    /// <param name="next">Zero: the stream ended for another reason.</param>
    public static void StreamingEnded(MessageWriter writer, TimelineId next, Lsn start)
    {
        if (next.IsValid)
        {
            writer.RowDescription(new FieldDescription("next_tli", 20, 8), Text("next_tli_startpos"));
            writer.DataRow(next.ToString(), start.ToString());
        }
        writer.CommandComplete("START_STREAMING");
        writer.CommandComplete("START_REPLICATION");
    }

    /// <summary>A physical slot has no consistent point, snapshot or plugin.</summary>
    public static void SlotCreated(MessageWriter writer, string name)
    {
        writer.RowDescription(Text("slot_name"), Text("consistent_point"), Text("snapshot_name"), Text("output_plugin"));
        writer.DataRow(name, Lsn.Invalid.ToString(), null, null);
        writer.CommandComplete("CREATE_REPLICATION_SLOT");
    }

    /// <param name="slot"><see langword="null"/>: there is none, and every column is NULL.</param>
    /// <param name="timeline">Of its position in this server's history; zero: it has no position.</param>
    public static void SlotRead(MessageWriter writer, ReplicationSlotView? slot, TimelineId timeline)
    {
        writer.RowDescription(Text("slot_type"), Text("restart_lsn"), new FieldDescription("restart_tli", 20, 8));
        writer.DataRow(slot is null ? null : "physical", slot is { RestartLsn.IsValid: true } at ? at.RestartLsn.ToString() : null, timeline.IsValid ? timeline.ToString() : null);
        writer.CommandComplete("READ_REPLICATION_SLOT");
    }

    public static void Show(MessageWriter writer, string name, string value)
    {
        writer.RowDescription(Text(name));
        writer.DataRow(value);
        writer.CommandComplete("SHOW");
    }
}
