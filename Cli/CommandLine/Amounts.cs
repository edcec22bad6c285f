using System.Globalization;
using System.Numerics;

namespace Pgrepl.Cli.CommandLine;

/// <summary>Bytes and times for people.</summary>
internal static class Amounts
{
    private const long Millisecond = 1000, Second = 1000 * Millisecond, Minute = 60 * Second, Hour = 60 * Minute, Day = 24 * Hour;

    private static readonly string[] ByteUnits = ["bytes", "kB", "MB", "GB", "TB", "PB"];

    private static readonly (string Name, double Bytes)[] ReadableBytes = [("kB", 1024), ("MB", 1 << 20), ("GB", 1 << 30), ("TB", 1L << 40), ("B", 1)];

    private static readonly (string Name, double Microseconds)[] ReadableTimes = [("us", 1), ("ms", Millisecond), ("min", Minute), ("s", Second), ("h", Hour), ("d", Day)];

    /// <summary>A number with a unit of memory, PostgreSQL's: 512kB, 1.5GB.</summary>
    internal static bool TryBytes(string text, out long bytes) => TryRead(text, ReadableBytes, out bytes);

    /// <summary>A number with a unit of time, PostgreSQL's: 500ms, 5min; microseconds.</summary>
    internal static bool TryTime(string text, out long microseconds) => TryRead(text, ReadableTimes, out microseconds);

    private static bool TryRead(string text, (string Name, double Size)[] units, out long value)
    {
        value = 0;
        foreach ((string name, double size) in units)
        {
            if (!text.EndsWith(name, StringComparison.Ordinal)
                || !double.TryParse(text.AsSpan(0, text.Length - name.Length), NumberStyles.AllowDecimalPoint | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out double number)
                || number * size >= long.MaxValue)
                continue;
            value = (long)(number * size);
            return true;
        }
        return false;
    }

    /// <summary>As pg_size_pretty: the next unit from ten thousand on.</summary>
    /// <remarks>Source of truth: PostgreSQL 15, src/backend/utils/adt/dbsize.c, pg_size_pretty.</remarks>
    internal static string Bytes(BigInteger bytes)
    {
        int unit = 0;
        while (bytes >= 10 * 1024 && unit < ByteUnits.Length - 1)
        {
            bytes = (bytes + 512) / 1024;
            unit++;
        }
        return string.Create(CultureInfo.InvariantCulture, $"{bytes} {ByteUnits[unit]}");
    }

    /// <summary>In the unit that leaves few digits: 0 s, 0.4 ms, 250 ms, 3.2 s, 4 min 5 s, 3 h 20 min, 2 d 1 h.</summary>
    internal static string Time(long microseconds) => microseconds switch
    {
        <= 0 => "0 s",
        < 10 * Millisecond => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1000.0:0.#} ms"),
        < Second => $"{microseconds / Millisecond} ms",
        < 10 * Second => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 100_000 / 10.0:0.#} s"),
        < Minute => $"{microseconds / Second} s",
        < Hour => $"{microseconds / Minute} min {microseconds % Minute / Second} s",
        < Day => $"{microseconds / Hour} h {microseconds % Hour / Minute} min",
        _ => $"{microseconds / Day} d {microseconds % Day / Hour} h",
    };
}
