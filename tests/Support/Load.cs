using System.Collections.Concurrent;
using Pgrepl.Shared;
using Pgrepl.Shared.Libpq;

namespace Pgrepl.TestSupport;

/// <summary>Clients that write numbered messages for as long as it lives, and reconnect when their session ends.</summary>
public sealed class Load : IDisposable
{
    private readonly TestNode _node;
    private readonly Thread[] _threads;
    private int _next;
    private volatile bool _stop;

    public Load(TestNode node, int clients = 4)
    {
        _node = node;
        _threads = [.. Enumerable.Range(0, clients).Select(_ => new Thread(Run) { IsBackground = true })];
        foreach (Thread thread in _threads)
            thread.Start();
    }

    /// <summary>Numbers whose answer has arrived.</summary>
    public ConcurrentQueue<int> Acknowledged { get; } = [];

    public void Dispose()
    {
        _stop = true;
        foreach (Thread thread in _threads)
            thread.Join();
    }

    /// <summary>Ends the load and says which acknowledged numbers are not among those on disk.</summary>
    public int[] MissingFrom(TestNode node)
    {
        Dispose();
        HashSet<string> found = [.. node.MessagesOnDisk()];
        return [.. Acknowledged.Where(n => !found.Contains(n.ToString()))];
    }

    private void Run()
    {
        using ManualResetEvent never = new(false);
        while (!_stop)
        {
            try
            {
                using PgClient client = _node.Connect();
                while (!_stop)
                {
                    int number = Interlocked.Increment(ref _next);
                    using PgResult result = client.QueryOrThrow($"SELECT pg_logical_emit_message(true, 't', '{number}')", TimeSpan.FromSeconds(20));
                    Acknowledged.Enqueue(number);
                }
            }
            catch (PgException)
            {
                never.WaitOne(20); // not acknowledged; the node may be on its way back
            }
        }
    }
}
