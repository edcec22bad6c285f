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
    /// <summary>Connections whose first packet is awaited; one gives way (<see cref="GiveWay"/>).</summary>
    private const int MaxPending = 1024;

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
        bool tcp = _listen!.IsTcp(listener);
        try
        {
            for (int i = 0; i < AcceptsPerTurn; i++)
            {
                int accepted = SocketCalls.Accept(listener);
                if (accepted < 0)
                    return;
                if (_pending.Count >= MaxPending)
                    GiveWay();
                _pending.Add(new PendingConnection(accepted, Environment.TickCount64 + (long)_settings.Duration("authentication_timeout").TotalMilliseconds)
                {
                    IsTcp = tcp,
                    Source = tcp ? SourceOf(accepted) : null,
                });
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
        for (int entry = firstEntry, i = 0; entry < firstEntry + count; entry++)
            if (_poller.Found(entry) == 0 || LookAt(i))
                i++;
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
                done = ServeIfReady(connection);
        }
        catch (PgException error)
        {
            Refuse(connection, error);
        }
        if (done)
            Drop(index);
        return !done;
    }

    /// <returns>True when the connection is done with here.</returns>
    private bool ServeIfReady(PendingConnection connection)
    {
        int length = 0;
        StartupPacket? packet = StartsTls(connection) ? null : StartupPacket.TryParse(connection.Received, out length);
        connection.Waits = MustWait(connection, packet);
        if (connection.Waits)
            return false;
        if (packet is not null)
            return Serve(connection, packet, length);
        if (!StartsTls(connection))
            return false;
        BeginTls(connection, HandoverKind.DirectTls);
        return true;
    }

    private void Drop(int index)
    {
        Descriptors.Close(_pending[index].Descriptor);
        _pending.RemoveAt(index);
    }
}
