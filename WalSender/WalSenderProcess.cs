using System.Net;
using System.Net.Sockets;
using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Protocol;
using Pgrepl.Wal;
using Pgrepl.WalSender.Auth;
using Pgrepl.WalSender.Protocol;
using Pgrepl.WalSender.Session;
using Pgrepl.WalSender.Tls;

namespace Pgrepl.WalSender;

/// <summary>One connection, from the moment the postmaster hands over its socket to its end. Started ahead of need; a session ends with its process.</summary>
/// <remarks>Answers to BackendInitialize, InitPostgres and PostgresMain, PostgreSQL 15. Exit codes: 0 and 1 concern this client alone.</remarks>
internal sealed class WalSenderProcess(ChildProcess self)
{
    private const int Ended = 0;
    private const int Fatal = 1;

    public int Run()
    {
        byte[] message = new byte[Handover.MaxLength];
        int length = WaitForClient(message, out int socket);
        if (length <= 0)
            return Ended;
        (HandoverKind kind, int cancelKey, ReadOnlyMemory<byte> received) = Handover.Read(message.AsMemory(0, length));
        MessageReader reader = new(self.Settings.Int("pgrepl.max_message_size") * 1024);
        ClientSession session = new(self, socket, reader, new MessageWriter());
        TlsPump? tls = null;
        SocketCalls.SendAtOnce(socket);
        long deadline = Environment.TickCount64 + (long)self.Settings.Duration("authentication_timeout").TotalMilliseconds;
        try
        {
            if (!SocketCalls.TryGetPeer(socket, out IPEndPoint? client))
                return Ended; // whose address cannot be told must not pass for somebody on this host
            if (kind != HandoverKind.Accepted)
            {
                tls = StartTls(socket, kind, received);
                session = new ClientSession(self, tls.SessionEnd, reader, session.Writer);
                if (new TlsEntrance(self, tls, deadline).Pass() is not { } packet)
                    return Ended;
                received = packet;
            }
            return Serve(session, tls, client, cancelKey, received.Span, deadline);
        }
        catch (PgException error)
        {
            self.Log.Fatal(error);
            session.Writer.Abandon();
            session.Writer.ErrorResponse(error, "FATAL");
            _ = TryLastWord(session);
            return Fatal;
        }
        catch (Exception error) when (error is not (ConnectionLostException or SystemCallException))
        {
            // A defect of ours in this session. Whatever happens between reserving WAL and filling it ends the process as a crash before it gets here.
            self.Log.Panic(error);
            session.Writer.Abandon();
            session.Writer.ErrorResponse(new PgException(SqlStates.InternalError, $"internal error: {error.Message}"), "FATAL");
            _ = TryLastWord(session);
            return Fatal;
        }
        catch (Exception error) when (error is ConnectionLostException || (error is SystemCallException && session.Socket == socket && kind != HandoverKind.Accepted))
        {
            self.Log.Debug($"connection lost: {error.Message}");
            return Ended;
        }
        finally
        {
            session.Slots.CleanUp();
            tls?.Dispose();
            Descriptors.Close(socket);
        }
    }

    private TlsPump StartTls(int socket, HandoverKind kind, ReadOnlyMemory<byte> received)
    {
        TlsFiles files = TlsFiles.Load(self.Settings);
        if (kind == HandoverKind.Tls)
            _ = SocketCalls.Send(socket, "S"u8);
        Socket client = new(new SafeSocketHandle(socket, ownsHandle: false));
        return TlsPump.Start(client, files, direct: kind == HandoverKind.DirectTls, received);
    }

    /// <returns>Bytes of the handover; 0: this process is to end without a client.</returns>
    private int WaitForClient(byte[] message, out int socket)
    {
        socket = -1;
        self.Loop.ListenToPostmaster = true;
        bool rehearsed = false;
        while (!IsToEnd())
        {
            self.Latch.Reset();
            WakeEvents events = self.Loop.Wait(rehearsed ? -1 : 0);
            if (IsToEnd())
                break;
            if (self.Loop.ReloadRequested)
                _ = self.RefreshSettings();
            if ((events & WakeEvents.ControlReadable) != 0)
            {
                int length = SocketCalls.ReceiveDescriptor(ChildProcess.PairDescriptor, message, out socket);
                if (length < 0)
                    continue;
                self.Loop.ListenToPostmaster = false;
                return socket >= 0 ? length : 0;
            }
            if (!rehearsed)
                Rehearsal.Run(self); // it looks at signals too
            rehearsed = true;
        }
        return 0;

        bool IsToEnd() => self.Loop.ShutdownRequested || self.Loop.User2Requested;
    }

    private int Serve(ClientSession session, TlsPump? tls, IPEndPoint? client, int cancelKey, ReadOnlySpan<byte> first, long deadline)
    {
        StartupPacket packet = StartupPacket.TryParse(first, out int consumed)
            ?? throw new PgException(SqlStates.ProtocolViolation, "incomplete startup packet");
        session.Reader.Append(first[consumed..]);
        if (packet.NeedsNegotiation)
            session.Writer.NegotiateProtocolVersion(packet.UnknownProtocolOptions);

        ProcessSlot slot = self.Slot;
        slot.User.Value = packet.User;
        slot.Database.Value = packet.Database;
        slot.ClientAddress.Value = client?.Address.ToString() ?? "";
        slot.ClientPort.Value = client?.Port ?? -1;
        slot.StartTime.Value = PgTime.Now();
        slot.IsReplication.Value = packet.Replication != ReplicationMode.None ? 1 : 0;

        SessionRole role = new Authentication(session, tls, client?.Address, packet, deadline).Authenticate();
        _ = SocketCalls.SendDescriptor(ChildProcess.PairDescriptor, Admission.Authenticated, -1);
        session.Writer.AuthenticationOk();
        return new ClientLoop(session, packet, role).Run(cancelKey);
    }

    private static bool TryLastWord(ClientSession session)
    {
        try
        {
            return session.TryFlush();
        }
        catch (ConnectionLostException)
        {
            return false;
        }
    }
}
