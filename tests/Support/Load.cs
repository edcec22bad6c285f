using System.Collections.Concurrent;
using Pgrepl.Shared;
using Pgrepl.Shared.Libpq;

namespace Pgrepl.TestSupport;

/// <summary>Clients that write numbers for as long as it lives, and reconnect when their session ends.</summary>
public sealed class Load : IDisposable
{
    private readonly Func<PgClient> _connect;
    private readonly Func<int, string> _statement;
    private readonly Thread[] _threads;
    private int _next;
    private volatile bool _stop;

    /// <summary>Numbered messages, prefix t, to a node.</summary>
    public Load(TestNode node, int clients = 4)
        : this(() => node.Connect(), number => $"SELECT pg_logical_emit_message(true, 't', '{number}')", clients)
    {
    }

    /// <param name="connect">A session.</param>
    /// <param name="statement">That writes a number and commits.</param>
    public Load(Func<PgClient> connect, Func<int, string> statement, int clients)
    {
        (_connect, _statement) = (connect, statement);
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
                using PgClient client = _connect();
                while (!_stop)
                {
                    int number = Interlocked.Increment(ref _next);
                    using PgResult result = client.QueryOrThrow(_statement(number), TimeSpan.FromSeconds(20));
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
