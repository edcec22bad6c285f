using System.Globalization;
using System.Text.RegularExpressions;

namespace Pgrepl.Shared.Config;

/// <summary>Time zones by the names that PostgreSQL takes: the time zone database's in any case, hours east of UTC, POSIX's <c>NAME±hours</c> west of it.</summary>
/// <remarks>Source of truth: check_timezone and pg_tzset, PostgreSQL 15, src/backend/commands/variable.c and src/timezone/pgtz.c.
/// The database is the system's (/usr/share/zoneinfo); without one there are UTC, GMT and fixed offsets. Offsets are whole minutes, at most 14 hours.</remarks>
public static partial class TimeZoneNames
{
    private const string Database = "/usr/share/zoneinfo";

    /// <returns>The name as SHOW prints it, and the zone; <see langword="null"/>: there is none of that name.</returns>
    public static (string Name, TimeZoneInfo Zone)? Find(string text)
    {
        foreach (string name in (ReadOnlySpan<string>)["UTC", "GMT", "Etc/UTC"]) // known without a database
            if (string.Equals(name, text, StringComparison.OrdinalIgnoreCase))
                return (name, TimeZoneInfo.Utc);
        if (double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double hours))
            return Math.Abs(hours) <= 14 ? Offset(TimeSpan.FromMinutes(Math.Round(hours * 60))) : null;
        if (BracketedOffset().Match(text) is { Success: true } canonical)
            return Fixed(text, canonical);
        if (text.Length > 0 && DatabaseName().IsMatch(text) && (InDatabase(text) ?? InDatabase(Spelled(text))) is { } found)
            return found;
        return PosixName().Match(text) is { Success: true } posix ? Fixed(text.ToUpperInvariant(), posix) : null;
    }

    private static (string Name, TimeZoneInfo Zone)? InDatabase(string? name) =>
        name is not null && TimeZoneInfo.TryFindSystemTimeZoneById(name, out TimeZoneInfo? zone) ? (name, zone) : null;

    /// <summary>The database's own spelling of a name.</summary>
    private static string? Spelled(string name)
    {
        string folder = Database;
        foreach (string part in name.Split('/'))
        {
            string? entry = Directory.Exists(folder) ? Directory.EnumerateFileSystemEntries(folder).FirstOrDefault(e => string.Equals(Path.GetFileName(e), part, StringComparison.OrdinalIgnoreCase)) : null;
            if (entry is null)
                return null;
            folder = entry;
        }
        return Path.GetRelativePath(Database, folder);
    }

    /// <summary>Named as PostgreSQL names it: <c>&lt;-07&gt;+07</c>.</summary>
    private static (string Name, TimeZoneInfo Zone) Offset(TimeSpan east)
    {
        string amount = east.Minutes == 0 ? $"{Math.Abs(east.Hours):00}" : $"{Math.Abs(east.Hours):00}:{Math.Abs(east.Minutes):00}";
        string name = east < TimeSpan.Zero ? $"<-{amount}>+{amount}" : $"<+{amount}>-{amount}";
        return (name, TimeZoneInfo.CreateCustomTimeZone(name, east, name, name));
    }

    private static (string Name, TimeZoneInfo Zone)? Fixed(string name, Match match)
    {
        TimeSpan west = TimeSpan.FromMinutes(int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture) * 60
            + (match.Groups[3].Success ? int.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture) : 0));
        if (west > TimeSpan.FromHours(14))
            return null;
        return (name, TimeZoneInfo.CreateCustomTimeZone(name, match.Groups[1].Value == "-" ? west : -west, name, name));
    }

    [GeneratedRegex("^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$")]
    private static partial Regex DatabaseName();

    [GeneratedRegex("^[A-Za-z]{3,}([+-]?)([0-9]{1,2})(?::([0-5][0-9]))?$")]
    private static partial Regex PosixName();

    [GeneratedRegex("^<[A-Za-z0-9:+-]{3,}>([+-]?)([0-9]{1,2})(?::([0-5][0-9]))?$")]
    private static partial Regex BracketedOffset();
}
