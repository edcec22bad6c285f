using System.Linq.Expressions;

namespace Pgrepl.TestSupport;

/// <summary>Waits for a condition, never for time.</summary>
public static class Eventually
{
    /// <summary>Milliseconds. A look at a server that is starting may cost a session, and that a process: who waits for long looks less often.</summary>
    private const int ShortestPause = 20, LongestPause = 200;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);

    /// <summary>Looks again and again until it holds, at each server over one session; fails with the expression after a minute and a half.</summary>
    public static void Holds(Expression<Func<bool>> condition, TimeSpan? within = null)
    {
        Func<bool> compiled = condition.Compile();
        using ManualResetEvent never = new(false);
        using IDisposable sessions = Sql.KeepSessions();
        long deadline = Environment.TickCount64 + (long)(within ?? Deadline).TotalMilliseconds;
        for (int pause = ShortestPause; !compiled(); pause = Math.Min(2 * pause, LongestPause))
        {
            if (Environment.TickCount64 > deadline)
                Assert.Fail($"did not come to hold within {(within ?? Deadline).TotalSeconds:0} s: {condition.Body}");
            never.WaitOne(pause);
        }
    }
}
