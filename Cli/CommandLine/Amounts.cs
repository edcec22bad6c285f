using System.Globalization;
using System.Numerics;

namespace Pgrepl.Cli.CommandLine;

/// <summary>Bytes and times for people.</summary>
internal static class Amounts
{
    private const long Millisecond = 1000, Second = 1000 * Millisecond, Minute = 60 * Second, Hour = 60 * Minute, Day = 24 * Hour;

    private static readonly string[] ByteUnits = ["bytes", "kB", "MB", "GB", "TB", "PB"];

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
