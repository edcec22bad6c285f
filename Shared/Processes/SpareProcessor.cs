namespace Pgrepl.Shared.Processes;

/// <summary>Waits on a processor that nobody else wants: it is offered all the while, and the wait is over when it comes back late.</summary>
internal static class SpareProcessor
{
    /// <summary>Microseconds: longer than some other processes take that only look, shorter than a commit takes.</summary>
    private const int Late = 100;

    /// <param name="began">Timestamp of <paramref name="time"/> at which the wait began.</param>
    /// <param name="length">Of the wait, in timestamps.</param>
    /// <param name="found">What ends the wait; it must not wait itself.</param>
    /// <returns>False: another process wanted the processor.</returns>
    public static bool Wait(TimeProvider time, long began, long length, Func<bool> found)
    {
        long late = Timestamps(time, Late);
        for (long looked = began; !found() && looked - began < length;)
        {
            Thread.Yield();
            long now = time.GetTimestamp();
            if (now - looked > late)
                return false;
            looked = now;
        }
        return true;
    }

    public static long Timestamps(TimeProvider time, int microseconds) => time.TimestampFrequency * microseconds / 1_000_000;
}
