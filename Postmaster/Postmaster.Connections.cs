using System.Security.Cryptography;
using Pgrepl.Shared;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Protocol;

namespace Pgrepl.Postmaster;

/// <summary>Connections: accepted here, answered here when they need no session, else handed to a pre-started walsender.</summary>
/// <remarks>Answers to ServerLoop, ProcessStartupPacket, canAcceptConnections and processCancelRequest, PostgreSQL 15, src/backend/postmaster/postmaster.c.</remarks>
internal sealed partial class Postmaster
{
    private static readonly byte[] EncryptionRefused = "N"u8.ToArray();

    /// <returns>True when the connection is done with here: answered, or handed over.</returns>
    private bool Serve(PendingConnection connection, StartupPacket packet, int length)
    {
        switch (packet.Kind)
        {
            case StartupKind.SslRequest or StartupKind.GssEncRequest:
                bool ssl = packet.Kind == StartupKind.SslRequest;
                if (!connection.MayAskFor(packet.Kind))
                    throw StartupPacket.UnsupportedProtocol(ssl ? StartupPacket.SslRequestCode : StartupPacket.GssEncRequestCode);
                if (connection.Received.Length > length)
                    throw new PgException(SqlStates.ProtocolViolation, $"received unencrypted data after {(ssl ? "SSL request" : "GSSAPI encryption request")}",
                        "This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.");
                connection.Forget();
                if (ssl && MayUseTls(connection))
                {
                    BeginTls(connection, HandoverKind.Tls);
                    return true;
                }
                connection.Send(EncryptionRefused);
                return false;
            case StartupKind.CancelRequest:
                Cancel(packet.CancelPid, packet.CancelKey);
                return true;
            default:
                bool replication = packet.Replication != ReplicationMode.None;
                CheckState();
                CheckLimits(replication, IsOperator(connection));
                HandOver(connection, HandoverKind.Accepted, replication);
                return true;
        }
    }

    private void Cancel(int pid, int key)
    {
        Child? target = _children.Find(c => c.Pid == pid && c.HasClient);
        if (target is not null && target.CancelKey == key)
            ProcessCalls.Kill(target.Pid, Signal.SIGINT);
        else
            _log.Log(target is null
                ? $"PID {pid} in cancel request did not match any process"
                : $"wrong key in cancel request for process {pid}");
    }

    /// <exception cref="PgException">57P03: why nobody can come in now.</exception>
    private void CheckState()
    {
        if (_shutdown != ShutdownMode.None)
            throw new PgException(SqlStates.CannotConnectNow, "the database system is shutting down");
        if (_crashed)
            throw new PgException(SqlStates.CannotConnectNow, "the database system is in recovery mode");
        if (_state is not (PostmasterState.Recovery or PostmasterState.HotStandby or PostmasterState.Run))
            throw new PgException(SqlStates.CannotConnectNow, "the database system is starting up");
        if (_state != PostmasterState.Run && !_settings.Bool("hot_standby"))
            throw new PgException(SqlStates.CannotConnectNow, "the database system is not accepting connections", "Hot standby mode is disabled.");
    }

    /// <exception cref="PgException">53300: too many are in.</exception>
    private void CheckLimits(bool replication, bool isOperator)
    {
        int same = _children.Count(c => c.HasClient && !c.AwaitsPacket && c.IsReplication == replication);
        if (replication && same >= _settings.Int("max_wal_senders"))
            throw new PgException(SqlStates.TooManyConnections,
                $"number of requested standby connections exceeds max_wal_senders (currently {_settings.Int("max_wal_senders")})");
        if (!replication && same >= _settings.Int("max_connections"))
            throw new PgException(SqlStates.TooManyConnections, "sorry, too many clients already");
        if (!replication && same >= _settings.Int("max_connections") - _settings.Int("reserved_connections") && !isOperator)
            throw new PgException(SqlStates.TooManyConnections, "remaining connection slots are reserved for non-replication superuser connections");
    }

    /// <summary>On a Unix socket, as the user this server runs as, or as root.</summary>
    private static bool IsOperator(PendingConnection connection)
    {
        uint user = SocketCalls.PeerUserId(connection.Descriptor); // of a TCP connection: nobody's
        return user == 0 || user == (uint)ProcessCalls.EffectiveUserId;
    }

    /// <summary>Gives the connection to a walsender, with what it has said.</summary>
    private Child HandOver(PendingConnection connection, HandoverKind kind, bool replication = false)
    {
        int cancelKey = RandomNumberGenerator.GetInt32(int.MaxValue);
        ReadOnlySpan<byte> message = Handover.Write(kind, cancelKey, connection.Received);
        while (true)
        {
            Child child = _children.Find(c => c.Kind == ProcessKind.WalSender && c is { HasClient: false, IsGone: false }) ?? Spawn(ProcessKind.WalSender)
                ?? throw new PgException(SqlStates.TooManyConnections, "sorry, too many clients already");
            if (replication)
                BecomeReplication(child);
            if (!SocketCalls.SendDescriptor(child.Pair, message, connection.Descriptor))
            {
                child.IsGone = true; // a spare that ended just now: the next one
                continue;
            }
            child.CancelKey = cancelKey;
            child.HasClient = true;
            child.Source = connection.Source;
            return child;
        }
    }

    /// <summary>Its client asked for a replication connection: it gets a number, before it can stream.</summary>
    private void BecomeReplication(Child child)
    {
        HashSet<int> taken = [.. _children.Where(c => c.IsReplication).Select(c => _segment.Slots[c.Slot].SenderNumber.Value)];
        _segment.Slots[child.Slot].SenderNumber.Value = Enumerable.Range(1, taken.Count + 1).First(number => !taken.Contains(number));
        child.IsReplication = true;
    }

    private void Refuse(PendingConnection connection, PgException error)
    {
        _log.Fatal(error);
        MessageWriter writer = new();
        writer.ErrorResponse(error, "FATAL");
        connection.Send(writer.Pending.Span);
    }
}
