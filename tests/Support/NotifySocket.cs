using System.Net.Sockets;
using System.Text;

namespace Pgrepl.TestSupport;

/// <summary>systemd's end of NOTIFY_SOCKET: keeps every datagram it gets.</summary>
public sealed class NotifySocket : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly List<string> _messages = [];
    private readonly byte[] _buffer = new byte[4096];

    /// <param name="name">A path, or '@' and an abstract name.</param>
    public NotifySocket(string name)
    {
        _socket.Bind(new UnixDomainSocketEndPoint(name[0] == '@' ? "\0" + name[1..] : name));
        _socket.Blocking = false;
    }

    /// <summary>All messages so far, in order.</summary>
    public IReadOnlyList<string> Messages
    {
        get
        {
            while (_socket.Poll(0, SelectMode.SelectRead))
                _messages.Add(Encoding.UTF8.GetString(_buffer, 0, _socket.Receive(_buffer)));
            return _messages;
        }
    }

    /// <summary>The same, without WATCHDOG=1.</summary>
    public string[] News => [.. Messages.Where(m => m != "WATCHDOG=1")];

    /// <summary>Nothing arrives for so long.</summary>
    public bool IsSilentFor(TimeSpan time) => !_socket.Poll(time, SelectMode.SelectRead);

    public void Dispose() => _socket.Dispose();
}
