using System.Diagnostics;
using System.Globalization;
using Pgrepl.Shared;
using Pgrepl.Shared.Libpq;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Drill;

/// <summary>Clients that write numbered messages to whichever node is the primary, and remember every answer.</summary>
/// <remarks>A number is sent once. When the connection goes while its answer is awaited, nobody knows whether it was written: it is "unknown" and not sent again.</remarks>
internal sealed class DrillLoad : IDisposable
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly List<Acknowledgement> _acknowledged = [];
    private readonly List<long> _unknown = [];
    private readonly List<Thread> _threads = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly ManualResetEventSlim _mayWrite = new(true);
    private readonly int _clients;
    private readonly int _target;
    private volatile string _conninfo;
    private long _sent;
    private volatile bool _switched;
    private long _lostAt;
    private long _answeredAt;
    private long _lastAnswer; // under _lock; 0: silence is not watched
    private long _longestSilence;

    /// <param name="target">Acknowledgements after which the clients stop, but not before the node of <see cref="SwitchTo"/> has answered.</param>
    internal DrillLoad(string conninfo, int clients, int target)
    {
        _conninfo = conninfo;
        _clients = clients;
        _target = target;
    }

    /// <summary>The first loss of a connection after <see cref="HoldReconnects"/>, by the clock of <see cref="Stopwatch.GetTimestamp"/>; 0: none yet.</summary>
    internal long LostAt => Interlocked.Read(ref _lostAt);

    /// <summary>The first answer of the node of <see cref="SwitchTo"/>, by the same clock; 0: none yet.</summary>
    internal long AnsweredAt => Interlocked.Read(ref _answeredAt);

    /// <summary>The longest time between two answers of whichever clients since <see cref="WatchSilence"/>.</summary>
    internal TimeSpan LongestSilence
    {
        get
        {
            lock (_lock)
                return Stopwatch.GetElapsedTime(0, _longestSilence);
        }
    }

    internal void WatchSilence()
    {
        lock (_lock)
            _lastAnswer = Stopwatch.GetTimestamp();
    }

    internal int AcknowledgedCount
    {
        get
        {
            lock (_lock)
                return _acknowledged.Count;
        }
    }

    internal long Sent => Interlocked.Read(ref _sent);

    internal bool Done => _threads.TrueForAll(thread => !thread.IsAlive);

    /// <summary>In the order of the answers.</summary>
    internal IReadOnlyList<Acknowledgement> Acknowledged
    {
        get
        {
            lock (_lock)
                return [.. _acknowledged];
        }
    }

    /// <summary>Sent, and the connection lost before an answer.</summary>
    internal IReadOnlyList<long> Unknown
    {
        get
        {
            lock (_lock)
                return [.. _unknown];
        }
    }

    internal void Start()
    {
        for (int client = 0; client < _clients; client++)
        {
            int number = client + 1;
            var thread = new Thread(() => Write(number)) { IsBackground = true, Name = string.Create(CultureInfo.InvariantCulture, $"drill client {number}") };
            _threads.Add(thread);
            thread.Start();
        }
    }

    /// <summary>Clients that lose their connection from now on wait for <see cref="SwitchTo"/>.</summary>
    internal void HoldReconnects()
    {
        Interlocked.Exchange(ref _lostAt, 0);
        _mayWrite.Reset();
    }

    /// <summary>The node to write to from now on.</summary>
    internal void SwitchTo(string conninfo)
    {
        _conninfo = conninfo;
        _switched = true;
        _mayWrite.Set();
    }

    public void Dispose()
    {
        _stop.Cancel();
        foreach (Thread thread in _threads)
            thread.Join(AnswerLimit);
        _stop.Dispose();
        _mayWrite.Dispose();
    }

    private void Write(int first)
    {
        long next = first;
        try
        {
            while (!Enough())
            {
                _mayWrite.Wait(_stop.Token);
                try
                {
                    using PgClient client = PgClient.Connect(_conninfo, ConnectLimit);
                    WriteOn(client, ref next);
                }
                catch (PgException)
                {
                    NoteLoss();
                    _stop.Token.WaitHandle.WaitOne(5); // a node that refuses at once would keep a processor busy
                }
            }
        }
        catch (OperationCanceledException)
        {
            // told to stop
        }
    }

    private void WriteOn(PgClient client, ref long next)
    {
        while (!Enough())
        {
            long number = next;
            next += _clients;
            Interlocked.Increment(ref _sent);
            if (Send(client, number) is { } acknowledgement)
            {
                Note(acknowledgement);
                if (_switched)
                    Interlocked.CompareExchange(ref _answeredAt, Stopwatch.GetTimestamp(), 0);
                continue;
            }
            lock (_lock)
                _unknown.Add(number);
            if (!client.IsAlive)
            {
                NoteLoss();
                return;
            }
        }
    }

    private void Note(Acknowledgement acknowledgement)
    {
        lock (_lock)
        {
            _acknowledged.Add(acknowledgement);
            if (_lastAnswer == 0)
                return;
            long now = Stopwatch.GetTimestamp();
            _longestSilence = Math.Max(_longestSilence, now - _lastAnswer);
            _lastAnswer = now;
        }
    }

    /// <returns><see langword="null"/>: no answer, or one that promises nothing.</returns>
    private static Acknowledgement? Send(PgClient client, long number)
    {
        try
        {
            using PgResult result = client.Query(string.Create(CultureInfo.InvariantCulture, $"SELECT pg_logical_emit_message(true, '{DrillMessages.Prefix}', '{number}')"), AnswerLimit);
            // A WARNING says that the commit is local alone: the wait for the standby was cancelled.
            if (client.TakeNotices().Count > 0 || result.Status != PgResultStatus.TuplesOk || result.Rows != 1)
                return null;
            return Lsn.TryParse(result.Value(0, 0), out Lsn position) ? new Acknowledgement(number, position) : null;
        }
        catch (PgException)
        {
            return null;
        }
    }

    /// <summary>However fast the first node was, the second one has to answer too.</summary>
    private bool Enough() => _stop.IsCancellationRequested || (_switched && AnsweredAt != 0 && AcknowledgedCount >= _target);

    private void NoteLoss() => Interlocked.CompareExchange(ref _lostAt, Stopwatch.GetTimestamp(), 0);
}
