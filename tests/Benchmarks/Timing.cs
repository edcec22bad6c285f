using System.Diagnostics;

namespace Pgrepl.Benchmarks;

internal static class Timing
{
    /// <summary>Waits for a condition, as long as it takes.</summary>
    /// <param name="lookEvery">Milliseconds.</param>
    /// <returns>Seconds.</returns>
    public static double Until(Func<bool> condition, int lookEvery = 5)
    {
        using ManualResetEvent never = new(false);
        long start = Stopwatch.GetTimestamp();
        while (!condition())
            never.WaitOne(lookEvery);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Lets so much time pass.</summary>
    public static void Pass(double seconds)
    {
        using ManualResetEvent never = new(false);
        never.WaitOne(TimeSpan.FromSeconds(seconds));
    }

    /// <returns>Seconds.</returns>
    public static double Of(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Processor seconds of processes that run.</summary>
    public static double Processor(params IEnumerable<int> pids) => pids.Sum(pid => ProcessFacts.ProcessorTime(pid).TotalSeconds);

    /// <summary>What a program used until it ended by itself, as seen a few milliseconds before.</summary>
    public static (double Seconds, double Processor) Run(string program, params string[] arguments)
    {
        double used = 0;
        using RunningProgram running = new(program, arguments);
        double seconds = Until(() =>
        {
            if (running.HasExited)
                return true;
            try
            {
                used = Math.Max(used, Processor(running.Pid));
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                return true;
            }
            return false;
        });
        int code = running.End();
        return code == 0 ? (seconds, used) : throw new InvalidOperationException($"{program} exited with {code}\n{running.Output}");
    }
}
