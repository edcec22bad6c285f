using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Protocol;
using Pgrepl.Shared.Storage;
using Pgrepl.WalSender.Auth;
using Pgrepl.WalSender.Protocol;
using Pgrepl.WalSender.Sql;

namespace Pgrepl.WalSender.Session;

/// <summary>What every session begins with, done once before there is a client, so that code and tables are in memory when one comes.
/// Nothing of it is to be seen from outside, and it writes no WAL.</summary>
/// <remarks>Ours alone: a backend of PostgreSQL is forked from a process that has all of it. The slot stays unused meanwhile, so no view shows it.</remarks>
internal static class Rehearsal
{
    private static ReadOnlySpan<byte> Startup => "\0\0\0\u0015\0\u0003\0\0user\0nobody\0\0"u8;

    public static void Run(ChildProcess self)
    {
        (int ours, int theirs) = SocketCalls.CreateStreamPair();
        try
        {
            MessageReader reader = new(self.Settings.Int("pgrepl.max_message_size") * 1024);
            Perform(self, new ClientSession(self, ours, reader, new MessageWriter()));
            _ = SocketCalls.Send(theirs, "S"u8);
        }
        catch (PgException)
        {
            // Told to end meanwhile: whoever waits for the client sees it next.
        }
        finally
        {
            self.Slot.XactStart.Value = self.Slot.QueryStart.Value = self.Slot.StateChange.Value = 0;
            self.Slot.Query.Value = self.Slot.ApplicationName.Value = "";
            Descriptors.Close(ours);
            Descriptors.Close(theirs);
        }
    }

    private static void Perform(ChildProcess self, ClientSession session)
    {
        StartupPacket packet = StartupPacket.TryParse(Startup, out _)!;
        _ = HbaFile.FromText(self.Segment.Settings.Hba.Value).Match(new HbaConnection(true, null, false, packet.Database, packet.User, false));
        Role? onFile = RoleFile.Read(self.Data).Find(packet.User);
        SqlSession sql = new(new NodeSqlHost(session, packet, SessionRole.Of(packet.User, onFile), new SessionSettings(self.Settings)), session.Writer);
        session.Writer.AuthenticationOk();
        sql.ReportAllParameters();
        session.Writer.BackendKeyData(0, 0);
        session.Writer.ReadyForQuery(sql.TransactionStatus);
        sql.HandleMessage((byte)'Q', "SELECT 1\0"u8);
        sql.HandleMessage((byte)'P', "\0SELECT pg_logical_emit_message(true, '', repeat('x', 1))\0\0\0"u8);
        sql.HandleMessage((byte)'S', []);
        session.Flush();
    }
}
