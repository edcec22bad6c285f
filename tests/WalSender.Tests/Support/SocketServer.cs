using System.Net;
using System.Net.Sockets;
using Pgrepl.Shared.Protocol;
using Pgrepl.WalSender.Protocol;
using Pgrepl.WalSender.Sql;

namespace Pgrepl.WalSender.Tests;

/// <summary>Serves sessions on loopback, one after the other, each with a fake host: for clients that we did not write.</summary>
internal sealed class SocketServer : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly FakeHost _host;
    private readonly List<string> _queries = [];

    public SocketServer(FakeHost host)
    {
        _host = host;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _ = Task.Run(AcceptAll);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>What clients asked, for a test that fails.</summary>
    public string Queries => string.Join("\n", _queries);

    public void Dispose() => _listener.Dispose();

    private void AcceptAll()
    {
        try
        {
            while (true)
            {
                Socket client = _listener.Accept();
                client.NoDelay = true;
                _ = Task.Run(() => Serve(client));
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // closed
        }
    }

    private void Serve(Socket socket)
    {
        using Socket client = socket;
        try
        {
            Greet(client);
            var reader = new MessageReader();
            var writer = new MessageWriter();
            var session = new SqlSession(_host, writer);
            writer.AuthenticationOk();
            session.ReportAllParameters();
            writer.BackendKeyData(1, 2);
            writer.ReadyForQuery(session.TransactionStatus);
            while (true)
            {
                for (; !writer.Pending.IsEmpty; writer.Consume(writer.Pending.Length))
                    client.Send(writer.Pending.Span);
                int received = client.Receive(reader.GetSpan());
                if (received == 0)
                    return;
                reader.Advance(received);
                while (reader.TryRead(out byte type, out ReadOnlySpan<byte> payload))
                {
                    if (type == (byte)'X')
                        return;
                    if (type is (byte)'Q' or (byte)'P')
                        _queries.Add(System.Text.Encoding.UTF8.GetString(payload));
                    session.HandleMessage(type, payload);
                }
            }
        }
        catch (SocketException)
        {
            // gone
        }
        catch (Exception error)
        {
            _queries.Add(error.ToString());
        }
    }

    /// <summary>SSLRequest and GSSENCRequest are answered no; then comes the start-up packet.</summary>
    private static void Greet(Socket client)
    {
        byte[] buffer = new byte[StartupPacket.MaxLength + 4];
        int length = 0;
        while (true)
        {
            StartupPacket? packet = StartupPacket.TryParse(buffer.AsSpan(0, length), out int consumed);
            buffer.AsSpan(consumed, length - consumed).CopyTo(buffer);
            length -= consumed;
            if (packet is { Kind: StartupKind.Session })
                return;
            if (packet is not null)
                client.Send("N"u8);
            else
                length += client.Receive(buffer.AsSpan(length));
        }
    }
}
