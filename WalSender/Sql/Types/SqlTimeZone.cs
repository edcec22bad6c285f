using Pgrepl.Shared.Config;

namespace Pgrepl.WalSender.Sql;

/// <summary>The time zone a session sees times in.</summary>
/// <remarks>Answers to timestamp2tm and DetermineTimeZoneOffset, PostgreSQL 15, src/backend/utils/adt. The rules come from .NET, which rounds offsets
/// to whole minutes: local mean times of before about 1900 differ from PostgreSQL's by seconds.</remarks>
internal sealed class SqlTimeZone(TimeZoneInfo zone)
{
    public static readonly SqlTimeZone Utc = new(TimeZoneInfo.Utc);

    private const long MicrosecondsPerSecond = 1_000_000;

    /// <summary>After so long the calendar repeats, weekdays included.</summary>
    private const long FourHundredYears = 146_097 * SqlInterval.MicrosecondsPerDay;

    private static readonly long Year1 = SqlTimestamp.FromDateTime(DateTime.MinValue), Year9999 = SqlTimestamp.FromDateTime(new DateTime(9999, 1, 1, 0, 0, 0, DateTimeKind.Utc));

    private readonly bool _isUtc = zone.BaseUtcOffset == TimeSpan.Zero && !zone.SupportsDaylightSavingTime && zone.GetAdjustmentRules().Length == 0;

    /// <param name="name">As SHOW TimeZone prints it.</param>
    public static SqlTimeZone Find(string name) => TimeZoneNames.Find(name) is { } found && found.Zone != TimeZoneInfo.Utc ? new SqlTimeZone(found.Zone) : Utc;

    /// <param name="utc">Microseconds since 2000-01-01 UTC.</param>
    /// <returns>Seconds east of UTC at that time.</returns>
    public int OffsetAt(long utc)
    {
        if (_isUtc)
            return 0;
        if (utc > Year9999)
            utc -= ((utc - Year9999) / FourHundredYears + 1) * FourHundredYears;
        return (int)zone.GetUtcOffset(SqlTimestamp.ToDateTime(Math.Max(utc, Year1))).TotalSeconds;
    }

    public long ToLocal(long utc) => utc + OffsetAt(utc) * MicrosecondsPerSecond;

    /// <summary>A time that a change of clocks skips is read with the offset before it, one that comes twice with the offset after it.</summary>
    public long ToUtc(long local)
    {
        if (_isUtc)
            return local;
        long before = local - OffsetAt(local - SqlInterval.MicrosecondsPerDay) * MicrosecondsPerSecond;
        long after = local - OffsetAt(local + SqlInterval.MicrosecondsPerDay) * MicrosecondsPerSecond;
        return ToLocal(after) == local ? after : before;
    }
}

/// <summary>What decides how values are written as text.</summary>
/// <param name="Zone">TimeZone; null is UTC.</param>
/// <param name="EscapeBytea">bytea_output is escape, not hex.</param>
/// <param name="FewerDigits">How far extra_float_digits is below 1, where all digits are written that a number needs.</param>
internal readonly record struct TextStyle(SqlTimeZone? Zone = null, bool EscapeBytea = false, int FewerDigits = 0);
