using System.Buffers.Binary;
using System.Text;
using Pgrepl.Shared.Native;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Ipc;

/// <summary>How bad a line of the log was.</summary>
public enum ErrorSeverity : byte
{
    Error = 0,
    Fatal = 1,
    Panic = 2,
}

/// <summary>One line of the log, as often as it came.</summary>
/// <param name="Kind">Of the process; None: the postmaster.</param>
/// <param name="Pid">Of whoever wrote it last.</param>
/// <param name="Time">When it came last, TimestampTz.</param>
public readonly record struct RecentError(ErrorSeverity Severity, ProcessKind Kind, int Pid, long Time, string SqlState, string Message, int Count);

/// <summary>The last ERROR, FATAL and PANIC lines of some processes, each text once.</summary>
/// <remarks>Any process writes, without a lock, and may be killed in the middle: a writer composes a whole entry and copies it to its place, a reader copies it out and believes it only
/// when the checksum fits. Of two writers in one place one is lost. An entry is
/// <code>
/// offset  size  field
///      0     4  CRC-32C of what follows
///      4     4  pid
///      8     8  number      a later line has a larger one; 0: nothing was written here
///     16     8  time        TimestampTz, of the last time
///     24     4  count       how often it came
///     28     1  kind        ProcessKind
///     29     1  severity    ErrorSeverity
///     30     5  SQLSTATE
///     35     1  zero
///     36     2  length      of the text, bytes
///     38   474  text        UTF-8, cut at a character's border
/// </code></remarks>
public sealed class RecentErrors
{
    private const int EntrySize = 512;
    private const int SqlStateLength = 5;
    private const int TextAt = 38;
    private const int ReadAttempts = 3;

    private readonly SharedMemory _memory;
    private readonly long _entries;
    private readonly int _capacity;
    private readonly SharedInt64 _last;

    internal RecentErrors(SharedMemory memory, SegmentLayout layout, string name, int capacity)
    {
        _memory = memory;
        _capacity = capacity;
        layout.NewCacheLine();
        _last = new(memory, layout.Int64($"{name}.last"));
        _entries = layout.Bytes($"{name}.entries", capacity * EntrySize);
    }

    /// <summary>Remembers a line in the place of the same line, else of the oldest.</summary>
    public void Note(ErrorSeverity severity, ProcessKind kind, string sqlState, string message)
    {
        Span<byte> entry = stackalloc byte[EntrySize], old = stackalloc byte[EntrySize];
        Compose(entry, severity, kind, sqlState, message);
        int place = -1, count = 1;
        ulong oldest = ulong.MaxValue;
        for (int i = 0; i < _capacity; i++)
        {
            ulong number = TryCopy(i, old) ? Number(old) : 0;
            if (number != 0 && old[28..].SequenceEqual(entry[28..]))
            {
                (place, count) = (i, BinaryPrimitives.ReadInt32LittleEndian(old[24..]) + 1);
                break;
            }
            if (number < oldest)
                (place, oldest) = (i, number);
        }
        BinaryPrimitives.WriteInt32LittleEndian(entry[24..], Math.Max(1, count));
        BinaryPrimitives.WriteInt64LittleEndian(entry[8..], _last.Increment());
        BinaryPrimitives.WriteUInt32LittleEndian(entry, Crc32C.Compute(entry[4..]));
        entry.CopyTo(Place(place));
    }

    /// <summary>The latest first; what is torn is left out.</summary>
    public IReadOnlyList<RecentError> Read()
    {
        List<(ulong Number, RecentError Error)> found = [];
        byte[] entry = new byte[EntrySize];
        for (int i = 0; i < _capacity; i++)
            if (TryCopy(i, entry))
                found.Add((Number(entry), Decode(entry)));
        return [.. found.OrderByDescending(f => f.Number).Select(f => f.Error)];
    }

    /// <summary>Takes over what another segment remembers, after a crash reset: nobody writes to either.</summary>
    internal void CopyFrom(RecentErrors other)
    {
        Span<byte> entry = stackalloc byte[EntrySize];
        ulong last = 0;
        for (int i = 0; i < _capacity; i++)
        {
            if (!other.TryCopy(i, entry))
                continue;
            entry.CopyTo(Place(i));
            last = Math.Max(last, Number(entry));
        }
        _last.Value = (long)last;
    }

    private static void Compose(Span<byte> entry, ErrorSeverity severity, ProcessKind kind, string sqlState, string message)
    {
        entry.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(entry[4..], Environment.ProcessId);
        BinaryPrimitives.WriteInt64LittleEndian(entry[16..], PgTime.Now());
        entry[28] = (byte)kind;
        entry[29] = (byte)severity;
        _ = Encoding.ASCII.GetBytes(sqlState.AsSpan(0, Math.Min(SqlStateLength, sqlState.Length)), entry[30..35]);
        Encoding.UTF8.GetEncoder().Convert(SecretText.Mask(message), entry[TextAt..], flush: true, out _, out int length, out _);
        BinaryPrimitives.WriteUInt16LittleEndian(entry[36..], (ushort)length);
    }

    private static RecentError Decode(ReadOnlySpan<byte> entry) => new(
        (ErrorSeverity)entry[29], (ProcessKind)entry[28], BinaryPrimitives.ReadInt32LittleEndian(entry[4..]), BinaryPrimitives.ReadInt64LittleEndian(entry[16..]),
        Encoding.ASCII.GetString(entry[30..35]).TrimEnd('\0'),
        Encoding.UTF8.GetString(entry.Slice(TextAt, Math.Min((int)BinaryPrimitives.ReadUInt16LittleEndian(entry[36..]), EntrySize - TextAt))),
        BinaryPrimitives.ReadInt32LittleEndian(entry[24..]));

    private static ulong Number(ReadOnlySpan<byte> entry) => BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]);

    private Span<byte> Place(int index) => _memory.Slice(_entries + (long)index * EntrySize, EntrySize);

    /// <returns>False: empty, or torn again and again.</returns>
    private bool TryCopy(int index, Span<byte> entry)
    {
        for (int attempt = 0; attempt < ReadAttempts; attempt++)
        {
            Place(index).CopyTo(entry);
            if (Number(entry) != 0 && BinaryPrimitives.ReadUInt32LittleEndian(entry) == Crc32C.Compute(entry[4..]))
                return true;
        }
        return false;
    }
}
