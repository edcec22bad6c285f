using System.Buffers.Binary;
using System.Text;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Storage;

/// <summary>What a relay knows about itself: whose WAL it holds, and how far it is sure of it. Its pg_control, so to speak.</summary>
/// <param name="ServerVersionNumber">server_version_num of the PostgreSQL whose WAL this is, as it said last.</param>
/// <param name="ServerVersion">Its server_version; at most 63 bytes of it.</param>
/// <param name="SegmentSize">Bytes.</param>
/// <param name="Timeline">The timeline that is followed.</param>
/// <param name="Oldest">Start of the oldest segment there is: the first WAL that can be served.</param>
/// <param name="Validated">End of a record; everything from <paramref name="Oldest"/> up to here was judged and is durable. Invalid: no record was found yet.</param>
/// <param name="LastRecord">Start of the record that ends at <paramref name="Validated"/>: the next one's backlink.</param>
/// <param name="LastCommitTime">Time in the last commit record before <paramref name="Validated"/>, TimestampTz; 0: none is known.</param>
/// <remarks>The layout is ours. Little-endian (docs/decisions/0003).
/// <code>
/// offset  size  field
///      0     4  magic        "PRLY"
///      4     4  CRC-32C      of everything from version on
///      8     4  version      1
///     12     4  ServerVersionNumber
///     16     8  SystemId
///     24     4  SegmentSize
///     28     4  Timeline
///     32     8  Oldest
///     40     8  Validated
///     48     8  LastRecord
///     56    64  ServerVersion  ends with a zero byte
///    120     8  LastCommitTime
/// </code></remarks>
public readonly record struct RelayFileData(
    ulong SystemId, int ServerVersionNumber, string ServerVersion, int SegmentSize, TimelineId Timeline, Lsn Oldest, Lsn Validated, Lsn LastRecord, long LastCommitTime = 0)
{
    /// <summary>Bytes of the file.</summary>
    public const int Size = 56 + VersionSize + 8;

    private const uint Magic = 0x594C5250;
    private const uint Version = 1;
    private const int ChecksumFrom = 8;
    private const int VersionSize = 64;

    /// <summary>Of the PostgreSQL whose WAL this is.</summary>
    public int Major => ServerVersionNumber / 10_000;

    /// <summary>The whole file.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Size];
        Span<byte> span = bytes;
        BinaryPrimitives.WriteUInt32LittleEndian(span, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(span[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(span[12..], ServerVersionNumber);
        BinaryPrimitives.WriteUInt64LittleEndian(span[16..], SystemId);
        BinaryPrimitives.WriteInt32LittleEndian(span[24..], SegmentSize);
        BinaryPrimitives.WriteUInt32LittleEndian(span[28..], Timeline.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(span[32..], Oldest.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(span[40..], Validated.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(span[48..], LastRecord.Value);
        Encoding.UTF8.GetEncoder().Convert(ServerVersion, span[56..(56 + VersionSize - 1)], flush: true, out _, out _, out _); // whole characters
        BinaryPrimitives.WriteInt64LittleEndian(span[120..], LastCommitTime);
        BinaryPrimitives.WriteUInt32LittleEndian(span[4..], Crc32C.Compute(span[ChecksumFrom..]));
        return bytes;
    }

    /// <summary>Reads and judges a file's bytes.</summary>
    /// <exception cref="PgException">XX001, the detail says why; 0A000: a later version of the layout.</exception>
    public static RelayFileData Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
            throw Damaged($"It has {bytes.Length} bytes instead of {Size}.");
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) is var magic and not Magic)
            throw Damaged($"Its magic number is {magic:X8} instead of {Magic:X8}.");
        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]), computed = Crc32C.Compute(bytes[ChecksumFrom..]);
        if (stored != computed)
            throw Damaged($"Its checksum is {stored:X8}, its contents have {computed:X8}.");
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) is var version and not Version)
            throw new PgException(SqlStates.FeatureNotSupported, $"file \"pgrepl.relay\" has version {version}, which this pgrepl does not know", $"It knows version {Version}.");
        RelayFileData data = new(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]),
            Encoding.UTF8.GetString(bytes.Slice(56, VersionSize)).TrimEnd('\0'),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[24..]),
            new TimelineId(BinaryPrimitives.ReadUInt32LittleEndian(bytes[28..])),
            new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..])),
            new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..])),
            new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(bytes[48..])),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[120..]));
        if (!WalFormat.IsValidSegmentSize(data.SegmentSize))
            throw Damaged($"Its segment size is {data.SegmentSize}.");
        if (!data.Timeline.IsValid || !data.Oldest.IsValid || data.Oldest.Value % (ulong)data.SegmentSize != 0)
            throw Damaged($"It names timeline {data.Timeline} and an oldest segment at {data.Oldest}.");
        if (data.Validated.IsValid && (data.Validated <= data.Oldest || !data.LastRecord.IsValid || data.LastRecord >= data.Validated))
            throw Damaged($"It says that WAL from {data.Oldest} to {data.Validated} is valid and ends with a record at {data.LastRecord}.");
        return data;
    }

    private static PgException Damaged(string why) => new(SqlStates.DataCorrupted, "file \"pgrepl.relay\" is damaged", why, "Make the relay anew with \"pgrepl init --relay\".");
}
