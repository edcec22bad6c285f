using System.Globalization;
using Pgrepl.Cli.CommandLine;

namespace Pgrepl.Cli.Check;

/// <summary>How late is too late: each kind for itself.</summary>
/// <param name="Time">Microseconds.</param>
internal sealed record LagLimit(long? Bytes, long? Time)
{
    /// <exception cref="UsageException">Neither bytes nor a time.</exception>
    internal static LagLimit Parse(string option, IEnumerable<string> texts, long defaultTime)
    {
        long? bytes = null, time = null;
        foreach (string text in texts)
        {
            if (Amounts.TryBytes(text, out long b))
                bytes = b;
            else if (Amounts.TryTime(text, out long t))
                time = t;
            else
                throw new UsageException($"{option} needs bytes with a unit (64MB) or a time (30s), got \"{text}\"");
        }
        return new LagLimit(bytes, time ?? defaultTime);
    }

    internal bool IsExceeded(long? bytes, long? time) => (Bytes is { } b && bytes > b) || (Time is { } t && time > t);
}

/// <summary>How little room is too little: a part of the file system, or bytes.</summary>
internal sealed record DiskLimit(decimal? Percent, long? Bytes)
{
    /// <exception cref="UsageException">Neither a percentage nor bytes.</exception>
    internal static DiskLimit Parse(string option, string text)
    {
        if (text.EndsWith('%') && decimal.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal percent) && percent <= 100)
            return new DiskLimit(percent, null);
        return Amounts.TryBytes(text, out long bytes) ? new DiskLimit(null, bytes) : throw new UsageException($"{option} needs a percentage (10%) or bytes with a unit (5GB), got \"{text}\"");
    }

    /// <summary>Free bytes below which it is exceeded.</summary>
    internal long Of(long total) => Bytes ?? (long)(total * (Percent ?? 0) / 100);
}

/// <summary>What counts as bad.</summary>
/// <param name="Clock">Microseconds.</param>
internal sealed record CheckLimits(LagLimit LagWarning, LagLimit LagCritical, DiskLimit DiskWarning, DiskLimit DiskCritical, long Clock);
