using System.Globalization;

namespace Pgrepl.WalSender.Sql;

/// <summary>Reads intervals in PostgreSQL's own form: numbers with units, a time of day, <c>ago</c>. ISO 8601 durations are not read.</summary>
internal static class SqlIntervalParser
{
    /// <returns><see langword="null"/>: not an interval, or out of range.</returns>
    public static SqlInterval? TryParse(string text)
    {
        string[] words = text.ToLowerInvariant().Split([' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
        decimal microseconds = 0, days = 0, months = 0;
        bool ago = false, any = false;
        for (int i = 0; i < words.Length; i++)
        {
            string word = words[i];
            if (word == "ago" && any && i == words.Length - 1)
            {
                ago = true;
                continue;
            }
            if (word == "@" && i == 0)
                continue;
            any = true;
            if (word.Contains(':', StringComparison.Ordinal))
            {
                if (TryTime(word) is not { } time)
                    return null;
                microseconds += time;
                continue;
            }
            int digits = 0;
            while (digits < word.Length && (char.IsAsciiDigit(word[digits]) || word[digits] is '.' or '+' or '-'))
                digits++;
            if (!decimal.TryParse(word.AsSpan(0, digits), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal amount)
                || Math.Abs(amount) > 1e12m)
                return null;
            string unit = digits < word.Length ? word[digits..] : i + 1 < words.Length && char.IsAsciiLetter(words[i + 1][0]) && words[i + 1] != "ago" ? words[++i] : "second";
            switch (unit)
            {
                case "us" or "usec" or "usecs" or "usecond" or "useconds" or "microsecond" or "microseconds":
                    microseconds += amount;
                    break;
                case "ms" or "msec" or "msecs" or "msecond" or "mseconds" or "millisecond" or "milliseconds":
                    microseconds += amount * 1000;
                    break;
                case "s" or "sec" or "secs" or "second" or "seconds":
                    microseconds += amount * 1_000_000;
                    break;
                case "m" or "min" or "mins" or "minute" or "minutes":
                    microseconds += amount * 60_000_000;
                    break;
                case "h" or "hr" or "hrs" or "hour" or "hours":
                    microseconds += amount * 3_600_000_000;
                    break;
                case "d" or "day" or "days":
                    days += amount;
                    break;
                case "w" or "week" or "weeks":
                    days += amount * 7;
                    break;
                case "mon" or "mons" or "month" or "months":
                    months += amount;
                    break;
                case "y" or "yr" or "yrs" or "year" or "years":
                    months += amount * 12;
                    break;
                default:
                    return null;
            }
        }
        if (!any)
            return null;
        days += (months - Math.Truncate(months)) * 30;
        microseconds += (days - Math.Truncate(days)) * SqlInterval.MicrosecondsPerDay;
        if (Math.Abs(microseconds) > long.MaxValue || Math.Abs(days) > int.MaxValue || Math.Abs(months) > int.MaxValue)
            return null;
        var interval = new SqlInterval((long)Math.Round(microseconds), (int)days, (int)months);
        return ago ? -interval : interval;
    }

    /// <summary>[-]hh:mm[:ss[.ffffff]] in microseconds.</summary>
    private static decimal? TryTime(string word)
    {
        bool minus = word[0] == '-';
        string[] parts = (word[0] is '-' or '+' ? word[1..] : word).Split(':');
        if (parts.Length > 3)
            return null;
        decimal time = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            NumberStyles style = i == 2 ? NumberStyles.AllowDecimalPoint : NumberStyles.None;
            if (!decimal.TryParse(parts[i], style, CultureInfo.InvariantCulture, out decimal part) || part > 1e9m || (i > 0 && part >= (i == 1 ? 60 : 61)))
                return null;
            time += part * (i == 0 ? 3_600_000_000m : i == 1 ? 60_000_000m : 1_000_000m);
        }
        return minus ? -time : time;
    }
}
