using Pgrepl.Shared;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Protocol;

namespace Pgrepl.WalSender.Tls;

/// <summary>The first packet of a connection that began with TLS, and the postmaster's word on it.</summary>
/// <param name="deadline">Environment.TickCount64 at which the client has had its time.</param>
/// <remarks>Answers to ProcessStartupPacket after secure_open_server, PostgreSQL 15, src/backend/postmaster/postmaster.c.</remarks>
internal sealed class TlsEntrance(ChildProcess self, TlsPump pump, long deadline)
{
    /// <summary>Waits for the handshake and the first packet.</summary>
    /// <returns>The packet and what came behind it; <see langword="null"/>: nothing is left to do for this client.</returns>
    /// <exception cref="PgException">The packet is none, or the postmaster refuses the session.</exception>
    public byte[]? Pass()
    {
        byte[] received = new byte[StartupPacket.MaxLength + 4];
        int length = 0;
        while (true)
        {
            self.Latch.Reset();
            int got = Receive(received.AsSpan(length));
            if (got == 0)
            {
                if (pump.Failure is { } failure)
                    self.Log.Log($"could not accept SSL connection: {failure}", pump.FailureDetail);
                return null;
            }
            length += Math.Max(0, got);
            if (got > 0 && StartupPacket.TryParse(received.AsSpan(0, length), out _) is { } packet)
                return MayGoOn(packet) ? received[..length] : null;
            if (got < 0 && !Wait(PollEvents.Readable))
                return null;
        }
    }

    private bool MayGoOn(StartupPacket packet)
    {
        switch (packet.Kind)
        {
            case StartupKind.SslRequest:
                throw StartupPacket.UnsupportedProtocol(StartupPacket.SslRequestCode);
            case StartupKind.GssEncRequest:
                throw StartupPacket.UnsupportedProtocol(StartupPacket.GssEncRequestCode);
            case StartupKind.CancelRequest:
                _ = SocketCalls.SendDescriptor(ChildProcess.PairDescriptor, Admission.OfCancel(packet.CancelPid, packet.CancelKey), -1);
                return false;
        }
        _ = SocketCalls.SendDescriptor(ChildProcess.PairDescriptor, Admission.OfSession(packet.Replication != ReplicationMode.None), -1);
        Span<byte> answer = stackalloc byte[2048];
        self.Loop.ListenToPostmaster = true;
        int length;
        while ((length = SocketCalls.ReceiveDescriptor(ChildProcess.PairDescriptor, answer, out _)) < 0)
        {
            if (!Wait(PollEvents.None))
                return false;
            self.Latch.Reset();
        }
        self.Loop.ListenToPostmaster = false;
        return Admission.Refused(answer[..length]) is { } refused ? throw refused : true;
    }

    /// <returns>False: the time is up, or this process is to end.</returns>
    private bool Wait(PollEvents interest)
    {
        long left = deadline - Environment.TickCount64;
        if (left <= 0)
            return false;
        _ = self.Loop.Wait((int)Math.Min(left, int.MaxValue), interest == PollEvents.None ? -1 : pump.SessionEnd, interest);
        return !self.Loop.ShutdownRequested && !self.Loop.User2Requested;
    }

    private int Receive(Span<byte> buffer)
    {
        try
        {
            return SocketCalls.Receive(pump.SessionEnd, buffer);
        }
        catch (SystemCallException)
        {
            return 0;
        }
    }
}
