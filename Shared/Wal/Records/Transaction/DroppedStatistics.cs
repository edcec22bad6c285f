namespace Pgrepl.Wal;

/// <summary>An entry of the cumulative statistics that a transaction dropped.</summary>
/// <param name="Kind">PgStat_Kind.</param>
/// <param name="Object">OID of a relation or function; from 18 on any number of 64 bits.</param>
/// <remarks>Source of truth: xl_xact_stats_item, PostgreSQL 15 to 18, src/include/access/xact.h: 4, 4 and 4 bytes in this order; from 18 on 8 of the last, not aligned.</remarks>
public readonly record struct DroppedStatistics(int Kind, uint Database, ulong Object);

/// <summary>Several of them, in the record they were read from.</summary>
public readonly ref struct DroppedStatisticsList
{
    private const long ShortSize = 12, LongSize = 16; // bytes of one

    private readonly ReadOnlySpan<byte> _items;
    private readonly int _size;

    /// <param name="items">As many as there are.</param>
    /// <param name="major">Whose record it is.</param>
    public DroppedStatisticsList(ReadOnlySpan<byte> items, PostgresMajor major)
    {
        _items = items;
        _size = (int)BytesOf(1, major);
    }

    public int Count => _size == 0 ? 0 : _items.Length / _size;

    public DroppedStatistics this[int index]
    {
        get
        {
            ReadOnlySpan<byte> item = _items.Slice(index * _size, _size);
            return new(item.Int32At(0), item.UInt32At(4), _size == LongSize ? item.UInt64At(8) : item.UInt32At(8));
        }
    }

    /// <param name="count">From the record: negative counts as none.</param>
    /// <param name="major">Whose record it is.</param>
    public static long BytesOf(int count, PostgresMajor major)
    {
        ArgumentNullException.ThrowIfNull(major);
        return count * (major.HasLongStatisticsObjects ? LongSize : ShortSize);
    }
}
