using System.Net.Sockets;

namespace Pgrepl.Drills.Tests;

/// <summary>A network between two nodes that stops in the middle of what upstream sends, and says nothing.</summary>
internal sealed class StallingProxy : IDisposable
{
    private readonly string _upstream;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<Socket> _open = [];
    private long _left = long.MaxValue;

    /// <param name="upstream">Path of its socket.</param>
    /// <param name="folder">Where the proxy listens, as port 5432.</param>
    public StallingProxy(string upstream, string folder)
    {
        _upstream = upstream;
        _listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(folder, ".s.PGSQL.5432")));
        _listener.Listen();
        new Thread(Accept) { IsBackground = true }.Start();
    }

    /// <summary>From now on so many bytes still pass downstream, and no more.</summary>
    public void StopAfter(long bytes) => Interlocked.Exchange(ref _left, bytes);

    public void Dispose()
    {
        _listener.Dispose();
        lock (_open)
            _open.ForEach(socket => socket.Dispose());
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                Socket down = _listener.Accept(), up = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                lock (_open)
                    _open.AddRange([down, up]);
                new Thread(() => Pass(down, up)) { IsBackground = true }.Start();
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private void Pass(Socket down, Socket up)
    {
        try
        {
            up.Connect(new UnixDomainSocketEndPoint(_upstream));
            new Thread(() => Copy(down, up, counts: false)) { IsBackground = true }.Start();
            Copy(up, down, counts: true);
        }
        catch (SocketException)
        {
            down.Dispose(); // upstream is gone
        }
    }

    private void Copy(Socket from, Socket to, bool counts)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (from.Receive(buffer) is > 0 and var got)
            {
                int pass = counts ? (int)Math.Clamp(Interlocked.Read(ref _left), 0, got) : got;
                to.Send(buffer.AsSpan(0, pass));
                if (counts && Interlocked.Read(ref _left) != long.MaxValue)
                    Interlocked.Add(ref _left, -pass);
            }
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // One side is gone; the other notices by itself.
        }
    }
}
