using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Pgrepl.TestSupport;

/// <summary>A client that says exactly what it is told to, well-formed or not.</summary>
public sealed class RawClient : IDisposable
{
    private const int TimeoutMilliseconds = 60_000;

    private readonly Socket _socket;

    private RawClient(EndPoint server, IPAddress? from = null)
    {
        _socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = TimeoutMilliseconds, SendTimeout = TimeoutMilliseconds };
        if (server is IPEndPoint)
            _socket.NoDelay = true;
        if (from is not null)
            _socket.Bind(new IPEndPoint(from, 0));
        _socket.Connect(server);
    }

    /// <summary>Pid in the BackendKeyData that <see cref="ReadUntilReady"/> met.</summary>
    public int BackendPid { get; private set; }

    /// <summary>What <see cref="Session(string, string[])"/> was told at the start, in the words of <see cref="Ask"/>.</summary>
    public IReadOnlyList<string> Started { get; private set; } = [];

    public static RawClient Unix(TestNode node) => new(new UnixDomainSocketEndPoint(node.SocketFile));

    /// <summary>A session of a node or a PostgreSQL on port 5432.</summary>
    public static RawClient Session(string folder, params string[] parameters)
    {
        RawClient client = new(new UnixDomainSocketEndPoint(Path.Combine(folder, ".s.PGSQL.5432")));
        client.Send(Startup(3 << 16, ["user", "postgres", .. parameters]));
        client.Started = client.ReadWords();
        return client;
    }

    /// <param name="from">Its own address.</param>
    public static RawClient Tcp(TestNode node, IPAddress? from = null) => new(new IPEndPoint(IPAddress.Loopback, node.Port), from);

    /// <summary>A session that is let in.</summary>
    public static RawClient Session(TestNode node, bool tcp = false, params string[] parameters)
    {
        RawClient client = tcp ? Tcp(node) : Unix(node);
        client.Send(Startup(3 << 16, ["user", "postgres", "database", "postgres", .. parameters]));
        client.ReadUntilReady();
        return client;
    }

    /// <summary>A start-up packet with the names and values given.</summary>
    public static byte[] Startup(int protocol, params string[] namesAndValues) =>
        Packet(protocol, [.. namesAndValues.SelectMany(s => (byte[])[.. Encoding.UTF8.GetBytes(s), 0]), 0]);

    /// <summary>A first packet of any code.</summary>
    public static byte[] Packet(int code, params ReadOnlySpan<byte> body) => [.. Int32(8 + body.Length), .. Int32(code), .. body];

    public static byte[] Message(char type, params ReadOnlySpan<byte> payload) => [(byte)type, .. Int32(4 + payload.Length), .. payload];

    public static byte[] Query(string sql) => Message('Q', [.. Encoding.UTF8.GetBytes(sql), 0]);

    public static byte[] Int32(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    public RawClient Send(params ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[_socket.Send(bytes)..];
        return this;
    }

    /// <summary>As <see cref="Send"/>, but a server that has hung up is no error.</summary>
    public RawClient TrySend(params ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Send(bytes);
        }
        catch (SocketException)
        {
            return this; // what it said before is there to be read
        }
    }

    /// <summary>Nothing more will be said; answers can still come.</summary>
    public RawClient EndSending()
    {
        _socket.Shutdown(SocketShutdown.Send);
        return this;
    }

    /// <summary>A reset instead of an orderly end (TCP).</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    /// <summary>Reads one byte that is no message: the answer to a request for encryption.</summary>
    public char ReadByte() => (char)Exactly(1)[0];

    /// <summary>Takes what is there now, at most so much as fits.</summary>
    /// <returns>How many bytes, 0 when there are none; null: the server has hung up.</returns>
    public int? TakeSome(Span<byte> into)
    {
        if (!_socket.Poll(0, SelectMode.SelectRead))
            return 0;
        try
        {
            return _socket.Receive(into) is > 0 and var got ? got : null;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <summary>What comes up to ReadyForQuery or the end, a word each: an error with severity, SQLSTATE and text, else the type; <c>end</c> for the end.</summary>
    public List<string> ReadUntilReady()
    {
        List<string> said = [];
        while (said.Count == 0 || said[^1] is not ("Z" or "end"))
            said.Add(ReadMessage());
        return said;
    }

    /// <summary>The whole answer to a query: columns with type, length and modifier, rows, tags, errors, parameters. A stream of WAL is ended at once, and its data left out.</summary>
    public List<string> Ask(string query) => Send(Query(query)).ReadWords();

    private List<string> ReadWords()
    {
        List<string> words = [];
        while (true)
        {
            byte[] header = Exactly(5);
            if (header.Length < 5)
                return [.. words, "end"];
            byte[] payload = Exactly(BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1)) - 4);
            char type = (char)header[0];
            if (type == 'W')
                Send(Message('c'));
            if (type is not ('d' or 'K' or 'R'))
                words.Add(Word(type, payload));
            if (type == 'Z')
                return words;
        }
    }

    private static string Word(char type, byte[] payload)
    {
        StringBuilder word = new(type.ToString());
        ReadOnlySpan<byte> rest = payload;
        switch (type)
        {
            case 'T':
                for (rest = rest[2..]; !rest.IsEmpty; rest = rest[18..])
                {
                    int end = rest.IndexOf((byte)0);
                    word.Append($" {Encoding.UTF8.GetString(rest[..end])}:");
                    rest = rest[(end + 1)..];
                    word.Append($"{BinaryPrimitives.ReadUInt32BigEndian(rest[6..])}:{BinaryPrimitives.ReadInt16BigEndian(rest[10..])}:{BinaryPrimitives.ReadInt32BigEndian(rest[12..])}");
                }
                return word.ToString();
            case 'D':
                for (rest = rest[2..]; !rest.IsEmpty;)
                {
                    int length = BinaryPrimitives.ReadInt32BigEndian(rest);
                    rest = rest[4..];
                    word.Append($" {(length < 0 ? "NULL" : Encoding.UTF8.GetString(rest[..length]))}");
                    rest = rest[Math.Max(length, 0)..];
                }
                return word.ToString();
            case 'E':
                return word.Append($" {Error(payload)}").ToString();
            default:
                return word.Append($" {Encoding.UTF8.GetString(payload).Replace('\0', ' ').Trim()}").ToString();
        }
    }

    /// <summary>The next message in the words of <see cref="ReadUntilReady"/>, those of start-up left out.</summary>
    public string ReadMessage()
    {
        while (true)
        {
            byte[] header = Exactly(5);
            if (header.Length < 5)
                return "end";
            byte[] payload = Exactly(BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1)) - 4);
            switch ((char)header[0])
            {
                case 'K':
                    BackendPid = BinaryPrimitives.ReadInt32BigEndian(payload);
                    continue;
                case 'R' or 'S':
                    continue;
                case 'E':
                    return "E " + Error(payload);
                default:
                    return ((char)header[0]).ToString();
            }
        }
    }

    /// <summary>The payload of the next message, whatever it is.</summary>
    public byte[] ReadPayload()
    {
        byte[] header = Exactly(5);
        return Exactly(BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1)) - 4);
    }

    public void Dispose() => _socket.Dispose();

    private static string Error(byte[] payload)
    {
        string[] fields = Encoding.UTF8.GetString(payload).Split('\0');
        return string.Join(' ', "SCM".Select(name => fields.First(f => f.StartsWith(name))[1..]));
    }

    private byte[] Exactly(int count)
    {
        byte[] bytes = new byte[count];
        int got = 0;
        while (got < count)
        {
            int more;
            try
            {
                more = _socket.Receive(bytes.AsSpan(got));
            }
            catch (SocketException error) when (error.SocketErrorCode is SocketError.ConnectionReset)
            {
                more = 0; // it closed with bytes of ours unread
            }
            if (more == 0)
                return [];
            got += more;
        }
        return bytes;
    }
}
