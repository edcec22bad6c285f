using Pgrepl.Shared;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;
using Pgrepl.WalSender.Sql;

namespace Pgrepl.WalSender.Replication;

/// <summary>Carries out the replication commands of one connection.</summary>
/// <param name="database">Its database; <see langword="null"/>: the connection is for physical replication and knows no SQL.</param>
/// <param name="show">The value of a setting as SHOW prints it; throws 42704 for an unknown one.</param>
/// <remarks>Source of truth: exec_replication_command, PostgreSQL 15, src/backend/replication/walsender.c.</remarks>
internal sealed class ReplicationCommands(string? database, Func<string, string> show)
{
    /// <summary>Parses and carries out one Query message; ReadyForQuery is the caller's.</summary>
    /// <param name="inFailedBlock">The connection's SQL session waits for the end of a failed transaction block.</param>
    /// <returns>False: it is SQL, for the SQL session.</returns>
    /// <exception cref="PgException">To be answered; the session goes on. See <see cref="PhysicalStream.Run"/> for what may still come from the client.</exception>
    /// <exception cref="ConnectionLostException">The session is over.</exception>
    public bool Handle(ClientSession session, string sqlText, bool inFailedBlock)
    {
        ReplicationReplies replies = ReplicationReplies.Of(session);
        ReplicationCommand? command = ReplicationCommandParser.Parse(sqlText, physical: database is null, replies.Major);
        if (command is not null && inFailedBlock)
            throw SqlErrors.InFailedTransaction();
        switch (command)
        {
            case null:
                return false;
            case IdentifySystemCommand:
                SendableWal here = SendableWal.Of(session.Process.Segment);
                replies.IdentifySystem((ulong)session.Process.Segment.Recovery.SystemId.Value, here.Timeline, here.End, database);
                break;
            case ShowCommand wanted:
                replies.Show(wanted.Name, show(wanted.Name));
                break;
            case TimelineHistoryCommand wanted:
                replies.TimelineHistory(wanted.Timeline, ReadHistory(session.Process, wanted.Timeline));
                break;
            case StartPhysicalReplicationCommand start:
                using (var stream = new PhysicalStream(session))
                    stream.Run(start);
                break;
            case CreatePhysicalSlotCommand create:
                session.Slots.Create(create.Name, create.Temporary, create.ReserveWal);
                replies.SlotCreated(create.Name);
                break;
            case DropReplicationSlotCommand drop:
                session.Slots.Drop(drop.Name, drop.Wait ? session.CheckForInterrupts : null);
                replies.SlotDropped();
                break;
            case ReadReplicationSlotCommand read:
                ReadSlot(session, read.Name);
                break;
            default:
                throw new PgException(SqlStates.FeatureNotSupported, $"{command.Tag} is not supported by this node");
        }
        return true;
    }

    private static void ReadSlot(ClientSession session, string name)
    {
        ReplicationSlotView? found = session.Slots.Find(name);
        TimelineId timeline = default;
        if (found is { RestartLsn.IsValid: true } slot)
            timeline = TimelineHistoryFiles.Read(session.Process.Data, SendableWal.Of(session.Process.Segment).Timeline).TimelineOf(slot.RestartLsn);
        ReplicationReplies.Of(session).SlotRead(found, timeline);
    }

    private static byte[] ReadHistory(ChildProcess process, TimelineId timeline) => TimelineHistoryFiles.ReadText(process.Data, timeline)
        ?? throw FileError.Create(FileCalls.ENOENT, $"could not open file \"pg_wal/{TimelineHistory.FileName(timeline)}\"");
}
