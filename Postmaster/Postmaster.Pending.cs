using Pgrepl.Shared;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Protocol;

namespace Pgrepl.Postmaster;

/// <summary>Connections before their first packet: taken in at a bounded rate, held in a bounded set, so that a crowd that says nothing costs little and
/// keeps nobody out.</summary>
/// <remarks>Answers to AcceptConnection and ServerLoop's pg_usleep after a failed accept, PostgreSQL 15, src/backend/postmaster/postmaster.c.</remarks>
internal sealed partial class Postmaster
{
    /// <summary>Connections whose first packet is awaited; the oldest gives way.</summary>
    private const int MaxPending = 256;

    /// <summary>Taken from one listener in one turn of the loop: those that are in already get their look between two turns.</summary>
    private const int AcceptsPerTurn = 64;

    /// <summary>PostgreSQL's pause when the system has no descriptor or memory for one more connection.</summary>
    private const int AcceptPauseMilliseconds = 100;

    private long _acceptPausedUntil;

    private bool AcceptPaused => Environment.TickCount64 < _acceptPausedUntil;

    private void AcceptConnections(int firstEntry, int endEntry)
    {
        int entry = firstEntry;
        foreach (int listener in _listen!.Descriptors)
        {
            if (entry >= endEntry)
                return;
            if (_poller.Found(entry++) != 0)
                AcceptFrom(listener);
        }
    }

    private void AcceptFrom(int listener)
    {
        try
        {
            for (int i = 0; i < AcceptsPerTurn; i++)
            {
                int accepted = SocketCalls.Accept(listener);
                if (accepted < 0)
                    return;
                if (_pending.Count >= MaxPending && LookAt(0))
                    Drop(0);
                _pending.Add(new PendingConnection(accepted, Environment.TickCount64 + (long)_settings.Duration("authentication_timeout").TotalMilliseconds) { IsTcp = _listen!.IsTcp(listener) });
            }
        }
        catch (SystemCallException error)
        {
            _log.Log($"could not accept new connection: {SystemError.Text(error.Errno)}");
            _acceptPausedUntil = Environment.TickCount64 + AcceptPauseMilliseconds;
        }
    }

    private void ReadPending(int firstEntry, int count)
    {
        for (int i = Math.Min(count, _pending.Count) - 1; i >= 0; i--)
            if (_poller.Found(firstEntry + i) != 0)
                LookAt(i);
    }

    /// <summary>Reads what has come, and serves or refuses the connection when that is a packet.</summary>
    /// <returns>True: it goes on waiting here.</returns>
    private bool LookAt(int index)
    {
        PendingConnection connection = _pending[index];
        bool done = true;
        try
        {
            if (connection.Receive())
            {
                if (connection.BeganWithTls && MayUseTls(connection))
                    BeginTls(connection, HandoverKind.DirectTls);
                else
                    done = StartupPacket.TryParse(connection.Received, out int length) is { } packet && Serve(connection, packet, length);
            }
        }
        catch (PgException error)
        {
            Refuse(connection, error);
        }
        if (done)
            Drop(index);
        return !done;
    }

    private void Drop(int index)
    {
        Descriptors.Close(_pending[index].Descriptor);
        _pending.RemoveAt(index);
    }
}
