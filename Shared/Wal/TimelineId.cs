using System.Globalization;

namespace Pgrepl.Wal;

/// <summary>Names one line of history of a cluster; every promotion starts a new one. Zero is no timeline.</summary>
/// <remarks>Source of truth: TimeLineID, PostgreSQL 15, src/include/access/xlogdefs.h.</remarks>
public readonly record struct TimelineId(uint Value) : IComparable<TimelineId>
{
    public static readonly TimelineId First = new(1);

    public bool IsValid => Value != 0;
    public TimelineId Next => new(Value + 1);

    public static bool operator <(TimelineId left, TimelineId right) => left.Value < right.Value;
    public static bool operator >(TimelineId left, TimelineId right) => left.Value > right.Value;
    public static bool operator <=(TimelineId left, TimelineId right) => left.Value <= right.Value;
    public static bool operator >=(TimelineId left, TimelineId right) => left.Value >= right.Value;
    public int CompareTo(TimelineId other) => Value.CompareTo(other.Value);
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
