using Pgrepl.Shared;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Protocol;
using Pgrepl.WalSender.Protocol;
using Pgrepl.WalSender.Replication;

namespace Pgrepl.WalSender;

/// <summary>The client's connection is gone; the process ends quietly, as PostgreSQL's backend does.</summary>
internal sealed class ConnectionLostException(string message) : Exception(message);

/// <summary>The socket of one client, between the event loop and the message buffers. Everything that waits for the client waits here.</summary>
internal sealed class ClientSession(ChildProcess process, int socket, MessageReader reader, MessageWriter writer)
{
    private const int ReceiveSize = 64 * 1024;

    public ChildProcess Process => process;
    public int Socket => socket;
    public MessageReader Reader => reader;
    public MessageWriter Writer => writer;

    /// <summary>Its replication slots.</summary>
    public SessionSlots Slots { get; } = new(process);

    /// <summary>Looks at signals, for work that waits or takes long.</summary>
    /// <exception cref="PgException">57P01: the session is to end; 57014: the command is.</exception>
    public void CheckForInterrupts()
    {
        process.Loop.Look();
        Interrupts.ThrowIfEnding(process);
        Interrupts.ThrowIfCanceled(process);
    }

    /// <summary>Sends as much of what is written as the socket takes now.</summary>
    /// <param name="more">Something that is not in the writer follows at once.</param>
    /// <returns>True: nothing is left.</returns>
    /// <exception cref="ConnectionLostException">The client is gone.</exception>
    public bool TryFlush(bool more = false)
    {
        try
        {
            while (!writer.Pending.IsEmpty)
            {
                int sent = SocketCalls.Send(socket, writer.Pending.Span, more);
                if (sent < 0)
                    return false;
                writer.Consume(sent);
            }
            return true;
        }
        catch (SystemCallException error)
        {
            throw new ConnectionLostException(error.Message);
        }
    }

    /// <summary>Sends everything that is written, waiting for the client as long as it takes; SIGTERM ends the wait.</summary>
    /// <exception cref="ConnectionLostException">The client is gone, or we were told to end while it does not read.</exception>
    public void Flush()
    {
        while (!TryFlush())
        {
            process.Latch.Reset();
            _ = process.Loop.Wait(-1, socket, PollEvents.Writable);
            if (process.Loop.ShutdownRequested)
                throw new ConnectionLostException("terminating connection due to administrator command");
        }
    }

    /// <summary>Takes what the socket has into the reader, without waiting.</summary>
    /// <returns>False: the client has closed its side.</returns>
    /// <exception cref="ConnectionLostException">The connection broke.</exception>
    public bool Receive()
    {
        try
        {
            int got = SocketCalls.Receive(socket, reader.GetSpan(ReceiveSize));
            if (got > 0)
                reader.Advance(got);
            return got != 0;
        }
        catch (SystemCallException error)
        {
            throw new ConnectionLostException(error.Message);
        }
    }

    /// <summary>Waits for the client, the latch or a signal. The caller resets the latch before it looks for work.</summary>
    /// <param name="milliseconds">-1: no limit.</param>
    /// <param name="forWriting">Also wake when the socket takes more.</param>
    public WakeEvents Wait(int milliseconds, bool forWriting = false) =>
        process.Loop.Wait(milliseconds, socket, forWriting ? PollEvents.Readable | PollEvents.Writable : PollEvents.Readable);
}
