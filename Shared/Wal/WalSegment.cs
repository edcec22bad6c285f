using System.Buffers;
using System.Globalization;

namespace Pgrepl.Wal;

/// <summary>One WAL segment: its number counts segments of one size since position zero; its file name adds the timeline.</summary>
/// <remarks>Source of truth: XLogFileName and friends, PostgreSQL 15, src/include/access/xlog_internal.h.</remarks>
public readonly record struct WalSegment(TimelineId Timeline, ulong Number)
{
    private static readonly SearchValues<char> UpperHexDigits = SearchValues.Create("0123456789ABCDEF");

    /// <summary>The segment that holds the byte at <paramref name="position"/> (XLByteToSeg).</summary>
    public static WalSegment Containing(Lsn position, TimelineId timeline, int segmentSize) => new(timeline, position.Value / (ulong)segmentSize);

    /// <summary>The segment that holds the byte before <paramref name="end"/> (XLByteToPrevSeg): for end positions.</summary>
    public static WalSegment EndingAt(Lsn end, TimelineId timeline, int segmentSize) => new(timeline, (end.Value - 1) / (ulong)segmentSize);

    public Lsn Start(int segmentSize) => new(Number * (ulong)segmentSize);
    public Lsn End(int segmentSize) => new((Number + 1) * (ulong)segmentSize);
    public WalSegment Next => this with { Number = Number + 1 };

    /// <summary>24 hexadecimal digits: timeline, high part, low part.</summary>
    public string FileName(int segmentSize)
    {
        ulong perId = 0x1_0000_0000UL / (ulong)segmentSize;
        return string.Create(CultureInfo.InvariantCulture, $"{Timeline.Value:X8}{Number / perId:X8}{Number % perId:X8}");
    }

    /// <summary>Reads a plain segment name; .partial, .history and others are not segments.</summary>
    public static bool TryParse(ReadOnlySpan<char> name, int segmentSize, out WalSegment segment)
    {
        segment = default;
        if (name.Length != 24 || name.ContainsAnyExcept(UpperHexDigits))
            return false;
        ulong perId = 0x1_0000_0000UL / (ulong)segmentSize;
        uint timeline = uint.Parse(name[..8], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        uint high = uint.Parse(name[8..16], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        uint low = uint.Parse(name[16..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        if (low >= perId)
            return false;
        segment = new WalSegment(new TimelineId(timeline), high * perId + low);
        return true;
    }
}
