using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>The clock, and fields of times as the session's time zone shows them.</summary>
/// <remarks>Source of truth: timestamptz_part_common and interval_part_common, PostgreSQL 15, src/backend/utils/adt/timestamp.c.</remarks>
internal static class TimeFunctions
{
    public static readonly SqlFunction[] All =
    [
        new("now", [], SqlType.Timestamptz, static (context, _) => SqlValue.From(context.TransactionTime)),
        new("transaction_timestamp", [], SqlType.Timestamptz, static (context, _) => SqlValue.From(context.TransactionTime)),
        new("statement_timestamp", [], SqlType.Timestamptz, static (context, _) => SqlValue.From(context.StatementTime)),
        new("clock_timestamp", [], SqlType.Timestamptz, static (_, _) => SqlValue.From(SqlTimestamp.Now())),
        new("extract", [SqlType.Text, SqlType.Timestamptz], SqlType.Numeric, static (context, values) => SqlValue.From(Field(values[0].Text, values[1].Int64, context.Style.Zone))),
        new("extract", [SqlType.Text, SqlType.Interval], SqlType.Numeric, static (_, values) => SqlValue.From(Field(values[0].Text, values[1].Interval))) { IsImmutable = true },
        new("date_part", [SqlType.Text, SqlType.Timestamptz], SqlType.Float8, static (context, values) => SqlValue.From((double)Field(values[0].Text, values[1].Int64, context.Style.Zone))),
        new("date_part", [SqlType.Text, SqlType.Interval], SqlType.Float8, static (_, values) => SqlValue.From((double)Field(values[0].Text, values[1].Interval))) { IsImmutable = true },
    ];

    /// <summary>timestamptz + interval and timestamptz - interval: days and months are the time zone's.</summary>
    public static readonly SqlFunction Plus = new("timestamptz_pl_interval", [SqlType.Timestamptz, SqlType.Interval], SqlType.Timestamptz,
        static (context, values) => SqlValue.From(SqlTimestamp.Add(values[0].Int64, values[1].Interval, context.Style.Zone ?? SqlTimeZone.Utc)));

    /// <inheritdoc cref="Plus"/>
    public static readonly SqlFunction Minus = new("timestamptz_mi_interval", [SqlType.Timestamptz, SqlType.Interval], SqlType.Timestamptz,
        static (context, values) => SqlValue.From(SqlTimestamp.Add(values[0].Int64, -values[1].Interval, context.Style.Zone ?? SqlTimeZone.Utc)));

    private static decimal Field(string field, long instant, SqlTimeZone? zone)
    {
        if (instant is SqlTimestamp.Infinity or SqlTimestamp.MinusInfinity)
            throw SqlErrors.NotSupported("fields of an infinite timestamp are not supported", "Leave such rows out.");
        int offset = zone?.OffsetAt(instant) ?? 0;
        long time = instant + offset * 1_000_000L;
        (long year, int month, int day, long clock) = SqlTimestamp.Split(time);
        string unit = Unit(field);
        return unit switch
        {
            "epoch" => SqlNumeric.WithScale((instant + SqlTimestamp.UnixEpochOffset * 1_000_000m) / 1_000_000m, 6),
            "year" => year > 0 ? year : year - 1,
            "month" => month,
            "quarter" => (month - 1) / 3 + 1,
            "day" => day,
            "dow" => DayOfWeek(time),
            "isodow" => DayOfWeek(time) is var weekday && weekday == 0 ? 7 : DayOfWeek(time),
            "doy" => SqlTimestamp.DaysOf(year, month, day) - SqlTimestamp.DaysOf(year, 1, 1) + 1,
            "timezone" => offset,
            "timezone_hour" => offset / 3600,
            "timezone_minute" => offset / 60 % 60,
            _ => Clock(unit, clock) ?? throw Unrecognized(field, SqlType.Timestamptz),
        };
    }

    private static decimal Field(string field, SqlInterval interval)
    {
        string unit = Unit(field);
        return unit switch
        {
            "epoch" => SqlNumeric.WithScale(interval.Epoch, 6),
            "year" => interval.Months / 12,
            "month" => interval.Months % 12,
            "quarter" => interval.Months % 12 / 3 + 1,
            "day" => interval.Days,
            _ => Clock(unit, interval.Microseconds) ?? throw Unrecognized(field, SqlType.Interval),
        };
    }

    private static decimal? Clock(string unit, long microseconds) => unit switch
    {
        "hour" => microseconds / 3_600_000_000,
        "minute" => microseconds / 60_000_000 % 60,
        "second" => SqlNumeric.WithScale(microseconds % 60_000_000 / 1_000_000m, 6),
        "milliseconds" => SqlNumeric.WithScale(microseconds % 60_000_000 / 1000m, 3),
        "microseconds" => microseconds % 60_000_000,
        _ => null,
    };

    private static long DayOfWeek(long time)
    {
        long days = Math.DivRem(time, SqlInterval.MicrosecondsPerDay, out long rest) - (rest < 0 ? 1 : 0);
        return ((days + 6) % 7 + 7) % 7; // 2000-01-01 was a Saturday
    }

    private static string Unit(string field) => field.ToLowerInvariant() switch
    {
        "years" => "year",
        "months" or "mon" or "mons" => "month",
        "days" => "day",
        "hours" => "hour",
        "minutes" or "min" => "minute",
        "seconds" or "sec" => "second",
        "millisecond" or "ms" or "msec" => "milliseconds",
        "microsecond" or "us" or "usec" => "microseconds",
        var other => other,
    };

    private static PgException Unrecognized(string field, SqlType type) =>
        new(SqlStates.InvalidParameterValue, $"unit \"{field.ToLowerInvariant()}\" not recognized for type {type.DisplayName}");
}
