using System.Diagnostics;

namespace Pgrepl.Cli.Nodes;

/// <summary>Waits for what another process does with files and signals, where nothing can wake us.</summary>
internal static class Waiting
{
    private const int LookEveryMilliseconds = 10;
    private static readonly TimeSpan DotEvery = TimeSpan.FromSeconds(1);

    /// <summary>Looks until <paramref name="holds"/> is true.</summary>
    /// <param name="everySecond">Called at once and then once a second: pg_ctl's dots.</param>
    /// <returns>False: the time was up first.</returns>
    /// <exception cref="OperationCanceledException">Interrupted.</exception>
    internal static bool Until(Func<bool> holds, TimeSpan limit, CancellationToken interrupted, Action? everySecond = null)
    {
        var clock = Stopwatch.StartNew();
        TimeSpan nextDot = TimeSpan.Zero;
        while (!holds())
        {
            if (clock.Elapsed >= limit)
                return false;
            if (everySecond is not null && clock.Elapsed >= nextDot)
            {
                everySecond();
                nextDot += DotEvery;
            }
            interrupted.WaitHandle.WaitOne(LookEveryMilliseconds);
            interrupted.ThrowIfCancellationRequested();
        }
        return true;
    }
}
