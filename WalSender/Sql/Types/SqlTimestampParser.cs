using System.Globalization;

namespace Pgrepl.WalSender.Sql;

/// <summary>Reads timestamps in ISO form, <c>2026-11-22[ 07:05[:00[.123]]][ zone]</c>, and PostgreSQL's words now, epoch, infinity. The zone is UTC, Z or an offset; without one the time is the session's zone's.</summary>
internal static class SqlTimestampParser
{
    /// <param name="now">What <c>now</c> means: the transaction's start.</param>
    public static bool TryParse(string text, long now, SqlTimeZone zone, out long value)
    {
        value = 0;
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        switch (rest.ToString().ToLowerInvariant())
        {
            case "now":
                value = now;
                return true;
            case "epoch":
                value = SqlTimestamp.FromUnixSeconds(0);
                return true;
            case "infinity" or "+infinity":
                value = SqlTimestamp.Infinity;
                return true;
            case "-infinity":
                value = SqlTimestamp.MinusInfinity;
                return true;
        }
        if (!Number(ref rest, 4, 6, out int year) || !Sign(ref rest, '-') || !Number(ref rest, 1, 2, out int month) || !Sign(ref rest, '-') || !Number(ref rest, 1, 2, out int day))
            return false;
        if (year == 0 || month is < 1 or > 12 || day < 1 || day > SqlTimestamp.DaysIn(year, month) || year > 294_275)
            return false;
        long time = 0;
        ReadOnlySpan<char> clock = rest.TrimStart(" Tt");
        if (clock.Length is > 0 && clock.Length < rest.Length && char.IsAsciiDigit(clock[0]))
        {
            rest = clock;
            if (!Time(ref rest, out time))
                return false;
        }
        value = SqlTimestamp.DaysOf(year, month, day) * SqlInterval.MicrosecondsPerDay + time;
        rest = rest.Trim();
        if (rest.IsEmpty)
        {
            value = zone.ToUtc(value);
            return true;
        }
        if (!Zone(rest, out int offsetSeconds))
            return false;
        value -= offsetSeconds * 1_000_000L;
        return true;
    }

    private static bool Time(ref ReadOnlySpan<char> rest, out long microseconds)
    {
        microseconds = 0;
        if (!Number(ref rest, 1, 2, out int hour) || !Sign(ref rest, ':') || !Number(ref rest, 2, 2, out int minute) || hour > 24 || minute > 59)
            return false;
        int second = 0;
        long fraction = 0;
        if (Sign(ref rest, ':'))
        {
            if (!Number(ref rest, 2, 2, out second) || second > 60)
                return false;
            if (Sign(ref rest, '.'))
            {
                int digits = 0;
                while (digits < rest.Length && char.IsAsciiDigit(rest[digits]))
                    digits++;
                if (!decimal.TryParse($"0.{rest[..Math.Min(digits, 20)]}", CultureInfo.InvariantCulture, out decimal part))
                    return false;
                fraction = (long)Math.Round(part * 1_000_000);
                rest = rest[digits..];
            }
        }
        microseconds = ((hour * 60L + minute) * 60 + second) * 1_000_000 + fraction;
        return microseconds <= SqlInterval.MicrosecondsPerDay;
    }

    private static bool Zone(ReadOnlySpan<char> rest, out int seconds)
    {
        seconds = 0;
        if (rest.Equals("Z", StringComparison.OrdinalIgnoreCase) || rest.Equals("UTC", StringComparison.OrdinalIgnoreCase) || rest.Equals("GMT", StringComparison.OrdinalIgnoreCase))
            return true;
        if (rest[0] is not ('+' or '-'))
            return false;
        int sign = rest[0] == '-' ? -1 : 1;
        rest = rest[1..];
        int minutes = 0, parts = 0;
        if (!Number(ref rest, 1, 2, out int hours))
            return false;
        Sign(ref rest, ':');
        if (!rest.IsEmpty && !Number(ref rest, 2, 2, out minutes))
            return false;
        if (Sign(ref rest, ':') && !Number(ref rest, 2, 2, out parts))
            return false;
        seconds = sign * ((hours * 60 + minutes) * 60 + parts);
        return rest.IsEmpty && hours <= 15 && minutes < 60 && parts < 60;
    }

    private static bool Number(ref ReadOnlySpan<char> rest, int least, int most, out int value)
    {
        int digits = 0;
        value = 0;
        while (digits < rest.Length && digits < most && char.IsAsciiDigit(rest[digits]))
            value = value * 10 + (rest[digits++] - '0');
        if (digits < least)
            return false;
        rest = rest[digits..];
        return true;
    }

    private static bool Sign(ref ReadOnlySpan<char> rest, char sign)
    {
        if (rest.IsEmpty || rest[0] != sign)
            return false;
        rest = rest[1..];
        return true;
    }
}
