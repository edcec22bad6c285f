using System.Buffers.Binary;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Storage;

/// <summary>When a relay received its WAL: at a time of its own clock, WAL had come to a segment.</summary>
/// <remarks>The clock counts the time that the relay has run, by a monotonic clock, and stands still in between. So no wall clock that jumps, no copy of the
/// directory and no long pause can make a segment look older than it is, and what is not known counts as received now.
/// The layout is ours. Little-endian (docs/decisions/0003).
/// <code>
/// offset  size  field
///      0     4  magic        "PRCV"
///      4     4  CRC-32C      of everything from version on
///      8     4  version      1
///     12     4  count        of the entries
///     16     8  Clock        milliseconds
///     24    16  an entry: milliseconds of the clock; the segment's number
/// </code></remarks>
public sealed class ReceivedTimes
{
    private const uint Magic = 0x56435250;
    private const uint Version = 1;
    private const int ChecksumFrom = 8;
    private const int HeaderSize = 24;
    private const int EntrySize = 16;
    private const int MostEntries = 4096;

    /// <summary>An age is measured in this many steps: so many entries are enough.</summary>
    private const int Steps = 256;

    private readonly List<(long At, ulong Segment)> _entries = [];

    /// <summary>Milliseconds that the relay has run.</summary>
    public long Clock { get; set; }

    /// <summary>How exactly an age is known: new entries are not closer to each other.</summary>
    public static TimeSpan Step(TimeSpan age) => TimeSpan.FromMilliseconds(Math.Max(1000, age.TotalMilliseconds / Steps));

    /// <summary>Notes that all segments before this one are complete by now.</summary>
    /// <param name="age">What the times are kept for.</param>
    /// <returns>True: there is something new to store.</returns>
    public bool Note(ulong segment, TimeSpan age)
    {
        if (_entries.Count > 0 && (_entries[^1].Segment >= segment || Clock - _entries[^1].At < Step(age).TotalMilliseconds))
            return false;
        _entries.Add((Clock, segment));
        return true;
    }

    /// <summary>The first segment that may have been received within this age: what lies before is older for sure.</summary>
    public ulong FirstWithin(TimeSpan age)
    {
        int old = _entries.FindLastIndex(entry => Clock - entry.At >= age.TotalMilliseconds);
        if (old > 0)
            _entries.RemoveRange(0, old);
        return old < 0 ? 0 : _entries[0].Segment;
    }

    /// <summary>The whole file.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[HeaderSize + EntrySize * _entries.Count];
        Span<byte> span = bytes;
        BinaryPrimitives.WriteUInt32LittleEndian(span, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(span[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(span[12..], _entries.Count);
        BinaryPrimitives.WriteInt64LittleEndian(span[16..], Clock);
        for (int i = 0; i < _entries.Count; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(span[(HeaderSize + i * EntrySize)..], _entries[i].At);
            BinaryPrimitives.WriteUInt64LittleEndian(span[(HeaderSize + i * EntrySize + 8)..], _entries[i].Segment);
        }
        BinaryPrimitives.WriteUInt32LittleEndian(span[4..], Crc32C.Compute(span[ChecksumFrom..]));
        return bytes;
    }

    /// <returns><see langword="null"/>: not such a file, or damaged: then nothing is known.</returns>
    public static ReceivedTimes? TryParse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderSize
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) != Crc32C.Compute(bytes[ChecksumFrom..])
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) != Version
            || BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]) is not (>= 0 and <= MostEntries and var count)
            || bytes.Length != HeaderSize + count * EntrySize)
            return null;
        ReceivedTimes times = new() { Clock = BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]) };
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = bytes[(HeaderSize + i * EntrySize)..];
            times._entries.Add((BinaryPrimitives.ReadInt64LittleEndian(entry), BinaryPrimitives.ReadUInt64LittleEndian(entry[8..])));
        }
        return times;
    }
}
