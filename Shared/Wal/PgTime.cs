namespace Pgrepl.Wal;

/// <summary>TimestampTz: microseconds since 2000-01-01 00:00 UTC.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/include/datatype/timestamp.h.</remarks>
public static class PgTime
{
    /// <summary>DT_NOBEGIN, -infinity.</summary>
    public const long NegativeInfinity = long.MinValue;

    /// <summary>DT_NOEND, infinity.</summary>
    public const long Infinity = long.MaxValue;

    private const long EpochUnixMicroseconds = 946_684_800_000_000;
    private const long EpochTicks = 630_822_816_000_000_000;

    public static long FromUnixMicroseconds(long microseconds) => microseconds - EpochUnixMicroseconds;

    public static long ToUnixMicroseconds(long time) => time + EpochUnixMicroseconds;

    public static long FromUtc(DateTime utc) => (utc.Ticks - EpochTicks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>The wall clock: for records and messages, never for waiting.</summary>
    public static long Now() => FromUtc(DateTime.UtcNow);

    /// <summary>What does not fit, infinities too, becomes <see cref="DateTime.MinValue"/> or <see cref="DateTime.MaxValue"/>: such a value may come from a disk.</summary>
    public static DateTime ToUtc(long time)
    {
        if (time < -EpochTicks / TimeSpan.TicksPerMicrosecond)
            return DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc);
        if (time > (DateTime.MaxValue.Ticks - EpochTicks) / TimeSpan.TicksPerMicrosecond)
            return DateTime.SpecifyKind(DateTime.MaxValue, DateTimeKind.Utc);
        return new DateTime(EpochTicks + time * TimeSpan.TicksPerMicrosecond, DateTimeKind.Utc);
    }
}
