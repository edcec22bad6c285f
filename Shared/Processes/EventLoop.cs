using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Processes;

/// <summary>What ended a wait; several may be set at once.</summary>
[Flags]
public enum WakeEvents
{
    None = 0,
    Latch = 1,
    SocketReadable = 2,
    SocketWritable = 4,

    /// <summary>A control signal was taken: look at the loop's request flags.</summary>
    Signal = 8,

    /// <summary>A message of the postmaster waits on the pair.</summary>
    ControlReadable = 16,
    SocketClosed = 32,
}

/// <summary>The one wait of a child: its latch, its signals, the death of the postmaster, and a socket, in one poll.</summary>
/// <remarks>Answers to PostgreSQL's WaitEventSet (src/backend/storage/ipc/latch.c, 15). SIGQUIT and the postmaster's death end the process inside the wait:
/// at once, cleaning nothing.</remarks>
public sealed class EventLoop
{
    private readonly Poller _poller = new();
    private readonly SignalDescriptor _signals = new();
    private readonly BusyPoll _busyPoll = new(TimeProvider.System);
    private readonly Func<bool> _hasSomething;
    private readonly Latch _latch;
    private readonly SharedSegment _segment;
    private readonly int _latchEntry;
    private readonly int _signalEntry;
    private readonly int _pairEntry;
    private readonly int _socketEntry;
    private readonly int _firstOfMany;
    private readonly int _pair;

    public EventLoop(SharedSegment segment, Latch latch, int pair)
    {
        _segment = segment;
        _latch = latch;
        _pair = pair;
        _latchEntry = _poller.Add(latch.Descriptor, PollEvents.Readable);
        _signalEntry = _poller.Add(_signals.Descriptor, PollEvents.Readable);
        _pairEntry = _poller.Add(pair, PollEvents.None);
        _socketEntry = _poller.Add(-1, PollEvents.None);
        _firstOfMany = _poller.Count;
        _hasSomething = () => _latch.IsSet || _poller.Wait(0) != 0;
    }

    /// <summary>How long a wait looks before it sleeps, in microseconds; 0: not at all.</summary>
    public int BusyPollMicroseconds { set => _busyPoll.Window = value; }

    /// <summary>SIGHUP came since this was last set to false.</summary>
    public bool ReloadRequested { get; set; }

    /// <summary>SIGTERM came.</summary>
    public bool ShutdownRequested { get; set; }

    /// <summary>SIGINT came.</summary>
    public bool CancelRequested { get; set; }

    /// <summary>SIGUSR1 came: for walwriter, the shutdown may begin.</summary>
    public bool User1Requested { get; set; }

    /// <summary>SIGUSR2 came: startup promotes, walwriter writes the shutdown checkpoint, a walsender sends the rest and stops.</summary>
    public bool User2Requested { get; set; }

    /// <summary>True: a message of the postmaster on the pair ends the wait (an idle walsender).</summary>
    public bool ListenToPostmaster { get; set; }

    /// <summary>Waits for the latch, a signal, or a socket.</summary>
    /// <param name="milliseconds">Longest sleep; -1: no limit; 0: only look.</param>
    /// <param name="socket">A descriptor to watch, or -1.</param>
    public WakeEvents Wait(int milliseconds, int socket = -1, PollEvents interest = PollEvents.None)
    {
        _poller.Set(_pairEntry, _pair, ListenToPostmaster ? PollEvents.Readable : PollEvents.None);
        _poller.Set(_socketEntry, socket, interest);
        if (milliseconds != 0)
            _busyPoll.Begin(_hasSomething);
        bool maySleep = _latch.PrepareToSleep();
        int ready = _poller.Wait(maySleep ? milliseconds : 0);
        _latch.Woke((_poller.Found(_latchEntry) & PollEvents.Readable) != 0);
        if (milliseconds != 0)
            _busyPoll.End(ready > 0 || !maySleep);
        if (_segment.Doomed.Value != 0)
            ProcessCalls.ExitNow(2);

        WakeEvents events = _latch.IsSet ? WakeEvents.Latch : WakeEvents.None;
        if (_poller.Found(_signalEntry) != 0)
        {
            TakeSignals();
            events |= WakeEvents.Signal;
        }
        PollEvents pair = _poller.Found(_pairEntry);
        if ((pair & PollEvents.HangUp) != 0)
            ProcessCalls.ExitNow(1); // the postmaster is gone
        if ((pair & PollEvents.Readable) != 0)
            events |= WakeEvents.ControlReadable;
        if (socket >= 0)
        {
            PollEvents found = _poller.Found(_socketEntry);
            if ((found & PollEvents.Readable) != 0)
                events |= WakeEvents.SocketReadable;
            if ((found & PollEvents.Writable) != 0)
                events |= WakeEvents.SocketWritable;
            if ((found & (PollEvents.Error | PollEvents.HangUp | PollEvents.Invalid)) != 0)
                events |= WakeEvents.SocketClosed;
        }
        return events;
    }

    /// <summary>Waits for the latch, a signal, or any of many sockets.</summary>
    /// <param name="sockets">Each with what it is watched for.</param>
    /// <param name="found">What each has, in the same order.</param>
    public WakeEvents Wait(int milliseconds, ReadOnlySpan<(int Socket, PollEvents Interest)> sockets, Span<PollEvents> found)
    {
        foreach ((int socket, PollEvents interest) in sockets)
            _ = _poller.Add(socket, interest);
        WakeEvents events = Wait(milliseconds);
        for (int i = 0; i < sockets.Length; i++)
            found[i] = _poller.Found(_firstOfMany + i);
        _poller.Clear(_firstOfMany);
        return events;
    }

    /// <summary>Takes pending signals without waiting: for loops that work for long.</summary>
    public void Look() => Wait(0);

    private void TakeSignals()
    {
        for (int signal = _signals.Take(); signal != 0; signal = _signals.Take())
        {
            switch (signal)
            {
                case Signal.SIGQUIT:
                    ProcessCalls.ExitNow(2);
                    break;
                case Signal.SIGHUP:
                    ReloadRequested = true;
                    break;
                case Signal.SIGTERM:
                    ShutdownRequested = true;
                    break;
                case Signal.SIGINT:
                    CancelRequested = true;
                    break;
                case Signal.SIGUSR1:
                    User1Requested = true;
                    break;
                case Signal.SIGUSR2:
                    User2Requested = true;
                    break;
            }
        }
    }
}
