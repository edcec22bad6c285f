using Pgrepl.Shared.Node;
using Pgrepl.Shared.Processes;
using Pgrepl.Wal;

namespace Pgrepl.WalWriter.Tests;

/// <summary>Walwriter as a thread: sleeps on its latch without a limit, so a lost wake-up is a test that hangs.</summary>
internal sealed class WriterThread
{
    private readonly TestNode _node;
    private readonly Thread _thread;
    private volatile bool _stop;
    private Exception? _failure;

    public WriterThread(TestNode node)
    {
        _node = node;
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Every value Flushed had.</summary>
    public HashSet<Lsn> Flushed { get; } = [];

    /// <summary>Flushes up to the position, then ends.</summary>
    public void Stop(Lsn flushUpTo)
    {
        _node.Wal.FlushRequest.Raise(flushUpTo);
        _stop = true;
        _node.WriterLatch.Set();
        Assert.That(_thread.Join(TimeSpan.FromMinutes(2)), "the writer does not end");
        if (_failure is not null)
            throw new InvalidOperationException("the writer failed", _failure);
        Assert.That(_node.Wal.Flushed.Value, Is.GreaterThanOrEqualTo(flushUpTo));
    }

    private void Run()
    {
        try
        {
            var loop = new EventLoop(_node.Segment, _node.WriterLatch, -1);
            using SegmentSupply supply = _node.Supply();
            using WalFlusher flusher = _node.Flusher();
            int blocked = 0;
            while (true)
            {
                _node.WriterLatch.Reset();
                supply.Ensure();
                FlushOutcome outcome = flusher.Run(background: false);
                Flushed.Add(_node.Wal.Flushed.Value);
                if (outcome != FlushOutcome.Blocked)
                    blocked = 0;
                if (outcome == FlushOutcome.Done)
                    continue;
                if (outcome == FlushOutcome.Blocked && ++blocked == 1)
                    _node.Wal.InsertersAwaited.Exchange(1);
                else if (outcome == FlushOutcome.Idle && _stop)
                    return;
                else
                {
                    flusher.LetGo();
                    loop.Wait(-1);
                }
            }
        }
        catch (Exception e)
        {
            _failure = e;
        }
    }
}
