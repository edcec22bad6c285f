using System.Net.Sockets;

namespace Pgrepl.Drills.Tests;

/// <summary>A network between two nodes that stops in the middle of what upstream sends, and says nothing.</summary>
internal sealed class StallingProxy(string upstream, string folder) : UnixProxy(upstream, folder)
{
    private long _left = long.MaxValue;

    /// <summary>From now on so many bytes still pass downstream, and no more.</summary>
    public void StopAfter(long bytes) => Interlocked.Exchange(ref _left, bytes);

    protected override void Pass(Socket downstream, Socket upstream)
    {
        new Thread(() => Copy(downstream, upstream, counts: false)) { IsBackground = true }.Start();
        Copy(upstream, downstream, counts: true);
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
