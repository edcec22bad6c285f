using System.Buffers.Binary;
using System.Net.Sockets;
using Pgrepl.Wal;

namespace Pgrepl.Drills.Tests;

/// <summary>Stands between a primary and its standby, and after some WAL claims to the primary that everything is flushed while passing nothing on:
/// a standby that acknowledges before it writes.</summary>
internal sealed class LyingStandby : IDisposable
{
    private readonly string _primarySocket;
    private readonly long _honestBytes;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<Socket> _open = [];
    private long _walBytes;

    /// <param name="honestBytes">WAL bytes that are passed on and acknowledged by whoever really has them.</param>
    public LyingStandby(string primarySocket, string folder, long honestBytes)
    {
        _primarySocket = primarySocket;
        _honestBytes = honestBytes;
        _listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(folder, ".s.PGSQL.5432")));
        _listener.Listen();
        new Thread(Accept) { IsBackground = true }.Start();
    }

    /// <summary>WAL acknowledged to the primary and withheld from the standby, bytes.</summary>
    public long Withheld { get; private set; }

    public void Dispose()
    {
        _listener.Dispose();
        lock (_open)
            _open.ForEach(s => s.Dispose());
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                Socket standby = _listener.Accept();
                Socket primary = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                lock (_open)
                    _open.AddRange([standby, primary]);
                new Thread(() => Relay(standby, primary)) { IsBackground = true }.Start();
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private void Relay(Socket standby, Socket primary)
    {
        bool lying = false;
        try
        {
            primary.Connect(new UnixDomainSocketEndPoint(_primarySocket));
            new Thread(() => Forward(standby, primary, () => lying)) { IsBackground = true }.Start();
            using NetworkStream stream = new(primary);
            byte[] head = new byte[5];
            while (true)
            {
                stream.ReadExactly(head);
                byte[] body = new byte[BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1)) - 4];
                stream.ReadExactly(body);
                bool wal = head[0] == 'd' && body[0] == 'w';
                if (wal)
                    lying |= (_walBytes += body.Length - 25) > _honestBytes;
                if (!lying || head[0] != 'd')
                {
                    standby.Send(head);
                    standby.Send(body);
                    continue;
                }
                if (wal)
                    Withheld += body.Length - 25;
                ulong end = BinaryPrimitives.ReadUInt64BigEndian(body.AsSpan(1)) + (wal ? (ulong)body.Length - 25 : 0);
                primary.Send(Claim(end));
            }
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException)
        {
            primary.Dispose();
            standby.Dispose();
        }
    }

    private static void Forward(Socket from, Socket to, Func<bool> lying)
    {
        byte[] buffer = new byte[65536];
        try
        {
            for (int got = from.Receive(buffer); got > 0; got = from.Receive(buffer))
                if (!lying())
                    to.Send(buffer.AsSpan(0, got));
            to.Dispose();
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            to.Dispose();
        }
    }

    /// <summary>A standby status update: everything up to <paramref name="end"/> written, flushed, applied.</summary>
    private static byte[] Claim(ulong end)
    {
        byte[] message = new byte[1 + 4 + 34];
        message[0] = (byte)'d';
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), 4 + 34);
        message[5] = (byte)'r';
        for (int position = 0; position < 3; position++)
            BinaryPrimitives.WriteUInt64BigEndian(message.AsSpan(6 + 8 * position), end);
        BinaryPrimitives.WriteInt64BigEndian(message.AsSpan(30), PgTime.Now());
        return message;
    }
}
