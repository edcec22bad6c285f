using System.Globalization;
using Pgrepl.Shared;
using Pgrepl.Shared.Libpq;
using Pgrepl.Wal;

namespace Pgrepl.Drills.Tests.Campaign;

/// <summary>Eight clients that write numbered messages to whichever node is the primary. A number is sent once; without an answer nobody knows whether it was written.</summary>
internal sealed class CampaignLoad : IDisposable
{
    public const int Clients = 8;
    public const string Prefix = "campaign";

    private const int LongestFiller = 3000;

    /// <summary>Longest that a client waits for an answer, whatever happens to the nodes. Longer is a hang.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(20);

    private readonly Lock _lock = new();
    private readonly Dictionary<long, Lsn> _acknowledged = [];
    private readonly HashSet<long> _sent = [];
    private readonly ManualResetEventSlim _mayWrite = new(false);
    private readonly bool[] _idle = new bool[Clients];
    private readonly Thread[] _threads;
    private volatile TestNode _node;
    private volatile bool _close;
    private volatile bool _stop;
    private int _count;
    private string? _hang;

    /// <param name="node">Whom to write to; not before <see cref="Resume"/>.</param>
    public CampaignLoad(TestNode node)
    {
        _node = node;
        _threads = [.. Enumerable.Range(0, Clients).Select(client => new Thread(() => Run(client)) { IsBackground = true })];
        foreach (Thread thread in _threads)
            thread.Start();
    }

    /// <summary>Answers since the beginning.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>What a client waited for in vain.</summary>
    public string? Hang => Volatile.Read(ref _hang);

    /// <summary>The content of a message: its number, and filler of some length so that records lie anywhere on a page.</summary>
    public static string Content(long number) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} ") + new string((char)('a' + number % 26), (int)(number * 7919 % LongestFiller));

    public void Resume()
    {
        _close = false;
        _mayWrite.Set();
    }

    /// <summary>The node to write to from now on.</summary>
    public void SwitchTo(TestNode node) => _node = node;

    /// <summary>Returns when no client waits for an answer any more.</summary>
    /// <param name="close">They end their sessions too.</param>
    public void Pause(bool close = false)
    {
        _close = close;
        _mayWrite.Reset();
        Eventually.Holds(() => Array.TrueForAll(_idle, idle => idle), AnswerLimit);
    }

    /// <summary>What was acknowledged since the last call, each with its answer, and all that was sent.</summary>
    public (Dictionary<long, Lsn> Acknowledged, HashSet<long> Sent) Take()
    {
        lock (_lock)
        {
            (Dictionary<long, Lsn>, HashSet<long>) taken = (new(_acknowledged), [.. _sent]);
            _acknowledged.Clear();
            _sent.Clear();
            return taken;
        }
    }

    public void Dispose()
    {
        _stop = true;
        _mayWrite.Set();
        foreach (Thread thread in _threads)
            thread.Join();
        _mayWrite.Dispose();
    }

    private void Run(int client)
    {
        using ManualResetEvent never = new(false);
        PgClient? session = null;
        TestNode? of = null;
        for (long next = client; !_stop;)
        {
            if (!_mayWrite.IsSet)
            {
                if (_close)
                    Close(ref session);
                _idle[client] = true;
                _mayWrite.Wait(20);
                continue;
            }
            _idle[client] = false;
            if (!_mayWrite.IsSet)
                continue; // Pause may have seen us idle
            try
            {
                if (of != _node)
                    Close(ref session);
                of = _node;
                session ??= PgClient.Connect(of.Conninfo, ConnectLimit);
                Write(session, next);
                next += Clients;
            }
            catch (PgException)
            {
                if (session is not null)
                    next += Clients;
                Close(ref session);
                never.WaitOne(50); // a node that refuses at once would keep a processor busy
            }
        }
        Close(ref session);
    }

    private void Write(PgClient session, long number)
    {
        lock (_lock)
            _sent.Add(number);
        long began = Environment.TickCount64;
        try
        {
            using PgResult answer = session.QueryOrThrow($"SELECT pg_logical_emit_message(true, '{Prefix}', '{Content(number)}')", AnswerLimit);
            if (session.TakeNotices().Count > 0)
                return; // the wait for the standby was cancelled: it promises nothing
            lock (_lock)
                _acknowledged.Add(number, Lsn.Parse(answer.Value(0, 0)));
            Interlocked.Increment(ref _count);
        }
        catch (PgException error) when (Environment.TickCount64 - began >= AnswerLimit.TotalMilliseconds - 1000)
        {
            Volatile.Write(ref _hang, $"message {number} had no answer within {AnswerLimit.TotalSeconds} s: {error.Message}");
            throw;
        }
    }

    private static void Close(ref PgClient? session)
    {
        session?.Dispose();
        session = null;
    }
}
