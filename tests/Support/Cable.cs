using System.Net.Sockets;

namespace Pgrepl.TestSupport;

/// <summary>The network between a server and those who reach it through here: it can be cut, so that neither side hears anything any more, and healed.</summary>
public sealed class Cable(string upstream, string folder) : UnixProxy(upstream, folder)
{
    private readonly ManualResetEventSlim _whole = new(true);

    /// <summary>From now on nothing passes, no end of a connection either.</summary>
    public void Cut() => _whole.Reset();

    /// <summary>What waited passes, late, as TCP would send it again.</summary>
    public void Heal() => _whole.Set();

    protected override void Pass(Socket downstream, Socket upstream)
    {
        Thread back = new(() => Copy(downstream, upstream)) { IsBackground = true };
        back.Start();
        Copy(upstream, downstream);
        back.Join();
        upstream.Dispose();
        downstream.Dispose();
    }

    private void Copy(Socket from, Socket to)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (from.Receive(buffer) is > 0 and var got)
            {
                _whole.Wait();
                to.Send(buffer.AsSpan(0, got));
            }
            _whole.Wait();
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            from.Dispose();
            to.Dispose();
        }
    }
}
