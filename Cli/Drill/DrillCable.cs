using System.Net.Sockets;

namespace Pgrepl.Cli.Drill;

/// <summary>The network between b and a: b connects here. Cut, every connection ends, and whoever comes is turned away until it is whole again.</summary>
internal sealed class DrillCable : IDisposable
{
    private const int Port = 5432; // names the socket alone

    private readonly string _folder;
    private readonly string _upstream;
    private readonly Socket _listener = NewSocket();
    private readonly List<Socket> _open = [];
    private bool _cut;

    /// <param name="folder">A new folder, where b finds the socket; gone at Dispose.</param>
    /// <param name="upstream">Path of a's socket.</param>
    internal DrillCable(string folder, string upstream)
    {
        (_folder, _upstream) = (folder, upstream);
        Directory.CreateDirectory(folder);
        _listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(folder, $".s.PGSQL.{Port}")));
        _listener.Listen();
        new Thread(Accept) { IsBackground = true, Name = "drill cable" }.Start();
    }

    internal string Conninfo => $"host={_folder} port={Port} user={Shared.Libpq.Conninfo.Quote(Environment.UserName)}";

    internal void Cut()
    {
        lock (_open)
        {
            _cut = true;
            _open.ForEach(socket => socket.Dispose());
            _open.Clear();
        }
    }

    internal void Heal()
    {
        lock (_open)
            _cut = false;
    }

    public void Dispose()
    {
        _listener.Dispose();
        Cut();
        Directory.Delete(_folder, recursive: true);
    }

    private static Socket NewSocket() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private void Accept()
    {
        try
        {
            while (true)
                Connect(_listener.Accept());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // the drill is over
        }
    }

    private void Connect(Socket downstream)
    {
        Socket upstream = NewSocket();
        lock (_open)
        {
            if (_cut)
            {
                downstream.Dispose();
                upstream.Dispose();
                return;
            }
            _open.AddRange([downstream, upstream]);
        }
        try
        {
            upstream.Connect(new UnixDomainSocketEndPoint(_upstream));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            downstream.Dispose(); // a is down, or the cable has just been cut
            return;
        }
        new Thread(() => Copy(downstream, upstream)) { IsBackground = true }.Start();
        new Thread(() => Copy(upstream, downstream)) { IsBackground = true }.Start();
    }

    private static void Copy(Socket from, Socket to)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (from.Receive(buffer) is > 0 and var got)
                to.Send(buffer.AsSpan(0, got));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // cut
        }
        from.Dispose();
        to.Dispose();
    }
}
