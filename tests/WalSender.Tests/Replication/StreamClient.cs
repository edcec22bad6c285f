using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Pgrepl.Wal;

namespace Pgrepl.WalSender.Tests.Replication;

/// <summary>The client's side of a replication connection, byte by byte.</summary>
internal sealed class StreamClient : IDisposable
{
    private readonly Socket _socket;

    public StreamClient(TestNode node, string applicationName = "test")
    {
        _socket = node.Connect();
        _socket.ReceiveTimeout = 20_000;
        byte[] options = Encoding.UTF8.GetBytes($"user\0test\0replication\0true\0application_name\0{applicationName}\0\0");
        byte[] packet = new byte[8 + options.Length];
        BinaryPrimitives.WriteInt32BigEndian(packet, packet.Length);
        BinaryPrimitives.WriteInt32BigEndian(packet.AsSpan(4), 3 << 16);
        options.CopyTo(packet, 8);
        _socket.Send(packet);
        ReadUntil('Z');
    }

    /// <summary>WAL received, from the position that was asked for on.</summary>
    public MemoryStream Wal { get; } = new();

    public Lsn Start { get; private set; }
    public Lsn End => Start + (ulong)Wal.Length;

    public void Query(string text) => Send('Q', [.. Encoding.UTF8.GetBytes(text), 0]);

    /// <summary>Begins streaming; the answer must be CopyBothResponse.</summary>
    public void Stream(Lsn start, uint timeline)
    {
        Start = start;
        Wal.SetLength(0);
        Query($"START_REPLICATION {start} TIMELINE {timeline}");
        (char type, byte[] payload) = Read();
        Assert.That(type, Is.EqualTo('W'), Encoding.UTF8.GetString(payload));
    }

    public void Send(char type, ReadOnlySpan<byte> payload)
    {
        byte[] message = new byte[5 + payload.Length];
        message[0] = (byte)type;
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), 4 + payload.Length);
        payload.CopyTo(message.AsSpan(5));
        _socket.Send(message);
    }

    public void Reply(Lsn written, Lsn flushed, Lsn applied, bool requestReply = false)
    {
        byte[] reply = new byte[34];
        reply[0] = (byte)'r';
        BinaryPrimitives.WriteUInt64BigEndian(reply.AsSpan(1), written.Value);
        BinaryPrimitives.WriteUInt64BigEndian(reply.AsSpan(9), flushed.Value);
        BinaryPrimitives.WriteUInt64BigEndian(reply.AsSpan(17), applied.Value);
        BinaryPrimitives.WriteInt64BigEndian(reply.AsSpan(25), PgTime.Now());
        reply[33] = requestReply ? (byte)1 : (byte)0;
        Send('d', reply);
    }

    /// <summary>The next message; WAL is put aside, keepalives are passed on.</summary>
    public (char Type, byte[] Payload) Read()
    {
        byte[] header = Receive(5);
        byte[] payload = Receive(BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1)) - 4);
        if (header[0] == 'd' && payload[0] == 'w')
        {
            Assert.That(new Lsn(BinaryPrimitives.ReadUInt64BigEndian(payload.AsSpan(1))), Is.EqualTo(End), "no gap, no overlap");
            Wal.Write(payload.AsSpan(25));
        }
        return ((char)header[0], payload);
    }

    public List<(char Type, byte[] Payload)> ReadUntil(char type)
    {
        List<(char Type, byte[] Payload)> all = [];
        do
            all.Add(Read());
        while (all[^1].Type != type);
        return all;
    }

    public void ReceiveWalUpTo(Lsn end)
    {
        while (End < end)
            Read();
    }

    public bool IsClosed()
    {
        try
        {
            return _socket.Receive(new byte[1]) == 0;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return true;
        }
    }

    public void Dispose() => _socket.Dispose();

    private byte[] Receive(int length)
    {
        byte[] bytes = new byte[length];
        for (int got = 0; got < length;)
        {
            int part = _socket.Receive(bytes, got, length - got, SocketFlags.None);
            Assert.That(part, Is.Positive, "the server has closed the connection");
            got += part;
        }
        return bytes;
    }
}
