using System.Buffers.Binary;
using System.Net.Sockets;
using Pgrepl.Wal;

namespace Pgrepl.Drills.Tests;

/// <summary>Stands between a primary and its standby, and after some WAL claims to the primary that everything is flushed while passing nothing on:
/// a standby that acknowledges before it writes.</summary>
/// <param name="honestBytes">WAL bytes that are passed on and acknowledged by whoever really has them.</param>
internal sealed class LyingStandby(string primarySocket, string folder, long honestBytes) : UnixProxy(primarySocket, folder)
{
    private long _walBytes;

    /// <summary>WAL acknowledged to the primary and withheld from the standby, bytes.</summary>
    public long Withheld { get; private set; }

    protected override void Pass(Socket downstream, Socket upstream)
    {
        bool lying = false;
        new Thread(() => Forward(downstream, upstream, () => lying)) { IsBackground = true }.Start();
        using NetworkStream stream = new(upstream);
        byte[] head = new byte[5];
        while (true)
        {
            stream.ReadExactly(head);
            byte[] body = new byte[BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1)) - 4];
            stream.ReadExactly(body);
            bool wal = head[0] == 'd' && body[0] == 'w';
            if (wal)
                lying |= (_walBytes += body.Length - 25) > honestBytes;
            if (!lying || head[0] != 'd')
            {
                downstream.Send(head);
                downstream.Send(body);
                continue;
            }
            if (wal)
                Withheld += body.Length - 25;
            ulong end = BinaryPrimitives.ReadUInt64BigEndian(body.AsSpan(1)) + (wal ? (ulong)body.Length - 25 : 0);
            upstream.Send(Claim(end));
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
