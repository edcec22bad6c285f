using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Pgrepl.Wal;

/// <summary>Takes one field after another from a record's bytes. What lies behind their end is zero or empty, and <see cref="Whole"/> is false from then on.</summary>
/// <remarks>So a struct is read field by field and judged once. Little-endian (docs/decisions/0003).</remarks>
public ref struct RecordCursor(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _next;

    /// <summary>Every field so far was there.</summary>
    public bool Whole { get; private set; } = true;

    /// <summary>What no field has taken yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => _bytes[_next..];

    public byte Byte() => Take(1) is [var value] ? value : (byte)0;

    public bool Boolean() => Byte() != 0;

    public ushort UInt16() => Take(2) is { IsEmpty: false } field ? BinaryPrimitives.ReadUInt16LittleEndian(field) : (ushort)0;

    public uint UInt32() => Take(4) is { IsEmpty: false } field ? BinaryPrimitives.ReadUInt32LittleEndian(field) : 0;

    public int Int32() => (int)UInt32();

    public ulong UInt64() => Take(8) is { IsEmpty: false } field ? BinaryPrimitives.ReadUInt64LittleEndian(field) : 0;

    public long Int64() => (long)UInt64();

    /// <summary>The number of a page of pg_xact and its like.</summary>
    public long PageNumber(PostgresMajor major)
    {
        ArgumentNullException.ThrowIfNull(major);
        return major.HasLongPageNumbers ? Int64() : Int32();
    }

    public Lsn Lsn() => new(UInt64());

    public RelFileNode Relation() => Take(RelFileNode.Size) is { IsEmpty: false } field ? RelFileNode.Read(field) : default;

    /// <summary>An array of fixed-size items, which are structs of numbers in the order of the bytes.</summary>
    /// <param name="count">From the record: negative counts as none.</param>
    public ReadOnlySpan<T> Items<T>(int count) where T : unmanaged
    {
        if (count <= 0)
            return default;
        ReadOnlySpan<T> all = MemoryMarshal.Cast<byte, T>(Rest);
        if (all.Length < count)
        {
            Take(long.MaxValue);
            return default;
        }
        ReadOnlySpan<T> items = all[..count];
        _next += MemoryMarshal.AsBytes(items).Length;
        return items;
    }

    /// <summary>The same from the next multiple of 8 on (MAXALIGN).</summary>
    public ReadOnlySpan<T> AlignedItems<T>(int count) where T : unmanaged
    {
        Align(8);
        return Items<T>(count);
    }

    /// <summary><see cref="Rest"/> from the next multiple of 8 on.</summary>
    public ReadOnlySpan<byte> AlignedRest()
    {
        Align(8);
        return Rest;
    }

    /// <summary>So many bytes as they are.</summary>
    public ReadOnlySpan<byte> Bytes(long count) => count <= 0 ? default : Take(count);

    /// <summary>The same from the next multiple of 8 on (MAXALIGN).</summary>
    public ReadOnlySpan<byte> AlignedBytes(long count)
    {
        Align(8);
        return Bytes(count);
    }

    /// <summary>What stands before the next zero, which is taken too.</summary>
    public ReadOnlySpan<byte> UpToZero()
    {
        int end = Rest.IndexOf((byte)0);
        if (end < 0)
        {
            Whole = false;
            return default;
        }
        return Take(end + 1L)[..end];
    }

    public void Skip(int bytes) => Take(bytes);

    /// <summary>Goes on at the next multiple of an alignment, counted from the first byte; the padding may be missing at the very end.</summary>
    public void Align(int alignment) => _next = Math.Min(_bytes.Length, (_next + alignment - 1) / alignment * alignment);

    private ReadOnlySpan<byte> Take(long size)
    {
        if (size > _bytes.Length - _next)
        {
            Whole = false;
            _next = _bytes.Length;
            return default;
        }
        ReadOnlySpan<byte> field = _bytes.Slice(_next, (int)size);
        _next += (int)size;
        return field;
    }
}
