using Pgrepl.Shared.Native;

namespace Pgrepl.Drills.Tests.Campaign;

/// <summary>A crash point armed in the processes of one node: whoever comes there is killed, or stands still until something else was.</summary>
internal sealed class Trap
{
    private static readonly TimeSpan HoldLimit = TimeSpan.FromSeconds(30);

    private readonly TestNode _node;
    private readonly bool _stop;

    public Trap(TestNode node, string place, bool stop)
    {
        (_node, _stop) = (node, stop);
        File.Delete(StoppedFile);
        File.WriteAllText(node.CrashPointFile, stop ? $"{place} stop" : place);
    }

    /// <summary>Who stands still; 0: nobody.</summary>
    public int Stopped { get; private set; }

    private string StoppedFile => _node.CrashPointFile + CrashPoint.StoppedSuffix;

    public bool IsSprung => !File.Exists(_node.CrashPointFile);

    /// <summary>Waits until somebody came to the place.</summary>
    /// <returns>False: nobody did, and nobody will any more.</returns>
    public bool WaitUntilSprung(TimeSpan within, Action? provoke = null)
    {
        using ManualResetEvent never = new(false);
        for (long deadline = Environment.TickCount64 + (long)within.TotalMilliseconds; !IsSprung && Environment.TickCount64 < deadline;)
        {
            provoke?.Invoke();
            never.WaitOne(10);
        }
        if (!IsSprung && FileCalls.Unlink(_node.CrashPointFile) == 0)
            return false;
        if (_stop)
        {
            Eventually.Holds(() => File.Exists(StoppedFile) && File.ReadAllText(StoppedFile).EndsWith('\n'), HoldLimit);
            Stopped = int.Parse(File.ReadAllText(StoppedFile));
            Eventually.Holds(() => !TestNode.IsRunning(Stopped) || ProcessFacts.IsStopped(Stopped), HoldLimit);
            File.Delete(StoppedFile);
        }
        return true;
    }

    /// <summary>Whoever stands still goes on, if he still lives.</summary>
    public void Release()
    {
        if (Stopped != 0 && TestNode.IsRunning(Stopped))
            ProcessCalls.Kill(Stopped, Signal.SIGCONT);
        Stopped = 0;
    }
}
