using System.Globalization;
using System.Text;

namespace Pgrepl.WalSender.Sql;

/// <summary>An interval: months, days and microseconds are kept apart, because no month and no day is always equally long.</summary>
/// <remarks>Source of truth: Interval and EncodeInterval (IntervalStyle postgres), PostgreSQL 15, src/backend/utils/adt/datetime.c.</remarks>
internal sealed record SqlInterval(long Microseconds, int Days = 0, int Months = 0) : IComparable<SqlInterval>
{
    public const long MicrosecondsPerDay = 86_400_000_000;

    /// <summary>As PostgreSQL compares: a month is 30 days, a day 24 hours.</summary>
    private Int128 Span => (Int128)Microseconds + ((Int128)Months * 30 + Days) * MicrosecondsPerDay;

    /// <summary>extract(epoch): a year is 365.25 days.</summary>
    public decimal Epoch => (Months / 12 * 365.25m + Months % 12 * 30m + Days) * 86400m + Microseconds / 1_000_000m;

    public int CompareTo(SqlInterval? other) => other is null ? 1 : Span.CompareTo(other.Span);

    public static SqlInterval operator +(SqlInterval left, SqlInterval right) => Checked(() =>
        new(checked(left.Microseconds + right.Microseconds), checked(left.Days + right.Days), checked(left.Months + right.Months)));

    public static SqlInterval operator -(SqlInterval value) => Checked(() => new(checked(-value.Microseconds), checked(-value.Days), checked(-value.Months)));

    /// <summary>Every field by itself, what is left over going down to the smaller one.</summary>
    public SqlInterval Times(double factor)
    {
        double months = Months * factor;
        double days = Days * factor + (months - Math.Truncate(months)) * 30;
        double microseconds = Math.Round(Microseconds * factor + (days - Math.Truncate(days)) * MicrosecondsPerDay);
        if (!(Math.Abs(months) <= int.MaxValue && Math.Abs(days) <= int.MaxValue && Math.Abs(microseconds) < 9.2e18))
            throw OutOfRange();
        return new((long)microseconds, (int)days, (int)months);
    }

    /// <summary>PostgreSQL's form: <c>1 year 2 mons 3 days 04:05:06.789</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        bool before = false;
        Unit(text, Months / 12, "year", ref before);
        Unit(text, Months % 12, "mon", ref before);
        Unit(text, Days, "day", ref before);
        if (text.Length > 0 && Microseconds == 0)
            return text.ToString();
        if (text.Length > 0)
            text.Append(' ');
        if (Microseconds < 0)
            text.Append('-');
        else if (before)
            text.Append('+');
        ulong rest = Microseconds < 0 ? (ulong)-(Microseconds + 1) + 1 : (ulong)Microseconds;
        ulong seconds = rest / 1_000_000;
        text.Append(CultureInfo.InvariantCulture, $"{seconds / 3600:00}:{seconds / 60 % 60:00}:{seconds % 60:00}");
        if (rest % 1_000_000 != 0)
            text.Append(CultureInfo.InvariantCulture, $".{rest % 1_000_000:000000}").Length -= TrailingZeros(rest % 1_000_000);
        return text.ToString();
    }

    private static void Unit(StringBuilder text, int value, string unit, ref bool before)
    {
        if (value == 0)
            return;
        if (text.Length > 0)
            text.Append(' ');
        if (before && value > 0)
            text.Append('+');
        text.Append(CultureInfo.InvariantCulture, $"{value} {unit}{(value == 1 ? "" : "s")}");
        before = value < 0;
    }

    private static int TrailingZeros(ulong fraction)
    {
        int zeros = 0;
        for (; fraction % 10 == 0; fraction /= 10)
            zeros++;
        return zeros;
    }

    private static SqlInterval Checked(Func<SqlInterval> compute)
    {
        try
        {
            return compute();
        }
        catch (OverflowException)
        {
            throw OutOfRange();
        }
    }

    private static Shared.PgException OutOfRange() => new(SqlErrors.DatetimeFieldOverflow, "interval out of range");
}
