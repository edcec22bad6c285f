using System.Net.Sockets;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests.HardDays;

/// <summary>A replication client that is alive, says so, and takes a kB of WAL a second. It comes back when the relay was away.</summary>
internal sealed class SlowReader : IDisposable
{
    public const string Name = "slow";

    private const int BytesAtATime = 64;
    private const int TurnsPerStatus = 10;
    private const int StatusSize = 1 + 3 * 8 + 8 + 1;
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(50);

    private readonly TestNode _relay;
    private readonly Lsn _start;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private long _taken;

    /// <param name="start">Where it begins to read, at each connection.</param>
    public SlowReader(TestNode relay, Lsn start)
    {
        (_relay, _start) = (relay, start);
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Bytes it took over all its connections.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
    }

    private void Run()
    {
        while (!_stop.Wait(Turn))
        {
            try
            {
                using RawClient client = RawClient.Session(_relay, tcp: false, "replication", "true", "application_name", Name);
                client.Send(RawClient.Query($"START_REPLICATION PHYSICAL {_start}"));
                Read(client);
            }
            catch (SocketException)
            {
                // The relay is down, for now.
            }
        }
    }

    /// <summary>Until the relay hangs up or nobody wants it any more.</summary>
    private void Read(RawClient client)
    {
        byte[] bytes = new byte[BytesAtATime];
        for (int turn = 1; !_stop.Wait(Turn); turn++)
        {
            if (client.TakeSome(bytes) is not { } got)
                return;
            Interlocked.Add(ref _taken, got);
            if (turn % TurnsPerStatus == 0)
                client.Send(RawClient.Message('d', [(byte)'r', .. new byte[StatusSize - 1]])); // it has nothing durably
        }
    }
}
