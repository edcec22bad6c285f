using System.Diagnostics;

namespace Pgrepl.Shared.Ipc;

/// <summary>Microseconds of CLOCK_MONOTONIC: the same for all processes of a host, and no change of the wall clock moves it.</summary>
public static class MonotonicTime
{
    public static long Microseconds => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000);
}
