using System.Net.Sockets;

namespace Pgrepl.TestSupport;

/// <summary>Listens on a Unix socket, as port 5432, and connects whoever comes with another one; what passes between the two is for others to say.</summary>
public abstract class UnixProxy : IDisposable
{
    private readonly string _upstream;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<Socket> _open = [];

    /// <param name="upstream">Path of its socket.</param>
    /// <param name="folder">Where the proxy listens, for every user.</param>
    protected UnixProxy(string upstream, string folder)
    {
        _upstream = upstream;
        string path = Path.Combine(folder, ".s.PGSQL.5432");
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, (UnixFileMode)0b111_111_111);
        _listener.Listen();
        new Thread(Accept) { IsBackground = true }.Start();
    }

    public void Dispose()
    {
        _listener.Dispose();
        CloseAll();
        GC.SuppressFinalize(this);
    }

    /// <summary>Every connection ends now; new ones are taken.</summary>
    public void CloseAll()
    {
        lock (_open)
        {
            _open.ForEach(socket => socket.Dispose());
            _open.Clear();
        }
    }

    /// <summary>Carries one connection until a side is gone, on a thread of its own.</summary>
    /// <param name="downstream">Who came.</param>
    /// <param name="upstream">Connected.</param>
    protected abstract void Pass(Socket downstream, Socket upstream);

    private void Accept()
    {
        try
        {
            while (true)
            {
                Socket downstream = _listener.Accept(), upstream = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                lock (_open)
                    _open.AddRange([downstream, upstream]);
                new Thread(() => ConnectAndPass(downstream, upstream)) { IsBackground = true }.Start();
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private void ConnectAndPass(Socket downstream, Socket upstream)
    {
        try
        {
            upstream.Connect(new UnixDomainSocketEndPoint(_upstream));
            Pass(downstream, upstream);
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException)
        {
            upstream.Dispose();
            downstream.Dispose();
        }
    }
}
