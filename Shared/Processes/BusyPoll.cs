namespace Pgrepl.Shared.Processes;

/// <summary>Looks for a while for what ends a wait, before the process sleeps: waking a halted processor takes longer than most of the work it is woken for.</summary>
/// <remarks>It takes only a processor that nobody else wants, and only while work comes often. Behind a wait that took longer than the window the next one sleeps at once.
/// The processor is offered after each look; when it comes back late, somebody else has work, so this process sleeps and leaves out the next waits too, more of them each time.
/// PostgreSQL has no counterpart; net.core.busy_poll of the kernel does the same for sockets.</remarks>
/// <param name="time">Its timestamps.</param>
internal sealed class BusyPoll(TimeProvider time)
{
    private const int MostLeftOut = 1023;

    private long _window;
    private long _began;
    private bool _waitsAreShort;
    private int _lastLeftOut;
    private int _leaveOut;

    /// <summary>Longest time to look, in microseconds; 0: sleep at once.</summary>
    public int Window { set => _window = SpareProcessor.Timestamps(time, value); }

    /// <summary>A wait begins: looks as long as that is worth while.</summary>
    /// <param name="found">One look; it must not wait.</param>
    public void Begin(Func<bool> found)
    {
        if (_window == 0)
            return;
        _began = time.GetTimestamp();
        if (!_waitsAreShort)
            return;
        if (_leaveOut > 0)
            _leaveOut--;
        else if (SpareProcessor.Wait(time, _began, _window, found))
            _lastLeftOut /= 2;
        else
            _leaveOut = _lastLeftOut = Math.Min(_lastLeftOut * 2 + 1, MostLeftOut);
    }

    /// <summary>The wait has ended.</summary>
    /// <param name="found">False: its time was up.</param>
    public void End(bool found) => _waitsAreShort = _window != 0 && found && time.GetTimestamp() - _began < _window;
}
