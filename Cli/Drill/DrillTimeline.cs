using System.Diagnostics;
using System.Globalization;

namespace Pgrepl.Cli.Drill;

/// <summary>What happened when, in milliseconds since the drill began; each event is printed as it comes.</summary>
internal sealed class DrillTimeline(Action<string> print)
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Lock _lock = new();
    private readonly List<(double At, string What)> _events = [];

    internal double Now => At(Stopwatch.GetTimestamp());

    /// <summary>A reading of <see cref="Stopwatch.GetTimestamp"/> on this timeline.</summary>
    internal double At(long timestamp) => Stopwatch.GetElapsedTime(_start, timestamp).TotalMilliseconds;

    internal IReadOnlyList<(double At, string What)> Events => _events;

    /// <returns>When, in milliseconds.</returns>
    internal double Add(string what)
    {
        lock (_lock)
        {
            double at = Now;
            _events.Add((at, what));
            print(string.Create(CultureInfo.InvariantCulture, $"{at,9:F1} ms  {what}"));
            return at;
        }
    }
}
