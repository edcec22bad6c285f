using System.Globalization;
using Pgrepl.Shared.Protocol;

namespace Pgrepl.WalSender.Sql;

/// <summary>timestamptz: microseconds since 2000-01-01 00:00 UTC. Its text is DateStyle ISO in a time zone: <c>2026-11-22 07:05:00.123+00</c>.</summary>
/// <remarks>Source of truth: TimestampTz and EncodeDateTime, PostgreSQL 15, src/backend/utils/adt. The calendar is the proleptic Gregorian one.</remarks>
internal static class SqlTimestamp
{
    public const long Infinity = long.MaxValue;
    public const long MinusInfinity = long.MinValue;

    /// <summary>Seconds from 1970-01-01 to 2000-01-01.</summary>
    public const long UnixEpochOffset = 946_684_800;

    private const long MicrosecondsPerSecond = 1_000_000;
    private const long TicksPerMicrosecond = 10;
    private static readonly long EpochTicks = new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;

    /// <summary>Days from 0000-03-01 to 2000-01-01.</summary>
    private const long EpochDays = 730_425;

    public static long Now() => FromDateTime(DateTime.UtcNow);

    public static long FromDateTime(DateTime utc) => (utc.Ticks - EpochTicks) / TicksPerMicrosecond;

    /// <param name="value">Within the years 1 to 9999.</param>
    public static DateTime ToDateTime(long value) => new(value * TicksPerMicrosecond + EpochTicks, DateTimeKind.Utc);

    public static long FromUnixSeconds(long seconds) => (seconds - UnixEpochOffset) * MicrosecondsPerSecond;

    /// <summary>Year (1 BC is 0), month, day and microseconds of the day.</summary>
    public static (long Year, int Month, int Day, long TimeOfDay) Split(long value)
    {
        long days = Math.DivRem(value, SqlInterval.MicrosecondsPerDay, out long time);
        if (time < 0)
        {
            time += SqlInterval.MicrosecondsPerDay;
            days--;
        }
        // Years begin in March here, so that the leap day is the last of its year.
        long shifted = days + EpochDays;
        long era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097;
        long dayOfEra = shifted - era * 146_097;
        long yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        long dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        int march = (int)((5 * dayOfYear + 2) / 153);
        int day = (int)(dayOfYear - (153 * march + 2) / 5) + 1;
        int month = march < 10 ? march + 3 : march - 9;
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day, time);
    }

    /// <summary>Days since 2000-01-01 of a date that exists.</summary>
    public static long DaysOf(long year, int month, int day)
    {
        long shifted = month <= 2 ? year - 1 : year;
        long era = (shifted >= 0 ? shifted : shifted - 399) / 400;
        long yearOfEra = shifted - era * 400;
        long dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - EpochDays;
    }

    public static void Write(ByteBuffer target, long value, SqlTimeZone zone)
    {
        if (value is Infinity or MinusInfinity)
        {
            target.Write(value == Infinity ? "infinity"u8 : "-infinity"u8);
            return;
        }
        int offset = zone.OffsetAt(value);
        (long year, int month, int day, long time) = Split(value + offset * MicrosecondsPerSecond);
        Span<char> text = stackalloc char[64];
        long seconds = time / MicrosecondsPerSecond;
        text.TryWrite(CultureInfo.InvariantCulture,
            $"{(year > 0 ? year : 1 - year):0000}-{month:00}-{day:00} {seconds / 3600:00}:{seconds / 60 % 60:00}:{seconds % 60:00}.{time % MicrosecondsPerSecond:000000}", out int length);
        while (text[length - 1] == '0')
            length--;
        if (text[length - 1] == '.')
            length--;
        target.WriteText(text[..length]);
        WriteOffset(target, offset);
        if (year <= 0)
            target.Write(" BC"u8);
    }

    /// <summary>+01, -03:30: minutes when there are any.</summary>
    private static void WriteOffset(ByteBuffer target, int seconds)
    {
        target.WriteByte(seconds < 0 ? (byte)'-' : (byte)'+');
        seconds = Math.Abs(seconds);
        target.WriteFormatted(seconds / 3600, "00");
        if (seconds % 3600 == 0)
            return;
        target.WriteByte((byte)':');
        target.WriteFormatted(seconds / 60 % 60, "00");
    }

    /// <summary>Adds months (the day is cut to the month's length) and days on the zone's calendar, then time.</summary>
    public static long Add(long value, SqlInterval interval, SqlTimeZone zone)
    {
        if (value is Infinity or MinusInfinity)
            return value;
        try
        {
            if (interval.Months != 0)
            {
                (long year, int month, int day, long time) = Split(zone.ToLocal(value));
                long months = year * 12 + month - 1 + interval.Months;
                year = Math.DivRem(months, 12, out long zeroBased);
                if (zeroBased < 0)
                {
                    zeroBased += 12;
                    year--;
                }
                month = (int)zeroBased + 1;
                value = zone.ToUtc(checked(DaysOf(year, month, Math.Min(day, DaysIn(year, month))) * SqlInterval.MicrosecondsPerDay + time));
            }
            if (interval.Days != 0)
                value = zone.ToUtc(checked(zone.ToLocal(value) + interval.Days * SqlInterval.MicrosecondsPerDay));
            return checked(value + interval.Microseconds);
        }
        catch (OverflowException)
        {
            throw new Shared.PgException(SqlErrors.DatetimeFieldOverflow, "timestamp out of range");
        }
    }

    public static int DaysIn(long year, int month) => month switch
    {
        2 => year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28,
        4 or 6 or 9 or 11 => 30,
        _ => 31,
    };
}
