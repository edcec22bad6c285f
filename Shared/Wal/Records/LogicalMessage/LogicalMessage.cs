using System.Buffers.Binary;

namespace Pgrepl.Wal;

/// <summary>What pg_logical_emit_message writes; spans point into the record it was read from.</summary>
/// <remarks>Source of truth: xl_logical_message and LogLogicalMessage, PostgreSQL 15, src/include/replication/message.h. Little-endian.
/// <code>
/// offset  size  field
///      0     4  DatabaseOid
///      4     1  Transactional  then 3 bytes of padding
///      8     8  prefix size    the terminating zero included
///     16     8  content size
///     24        prefix, zero, content
/// </code></remarks>
public readonly ref struct LogicalMessage
{
    /// <summary>XLOG_LOGICAL_MESSAGE.</summary>
    public const byte Operation = 0x00;

    /// <summary>SizeOfLogicalMessage, bytes before the prefix.</summary>
    public const int HeaderSize = 24;

    private LogicalMessage(uint databaseOid, bool transactional, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> content)
    {
        DatabaseOid = databaseOid;
        Transactional = transactional;
        Prefix = prefix;
        Content = content;
    }

    public uint DatabaseOid { get; }

    /// <summary>Counts only when its transaction commits.</summary>
    public bool Transactional { get; }

    /// <summary>Without the terminating zero.</summary>
    public ReadOnlySpan<byte> Prefix { get; }

    public ReadOnlySpan<byte> Content { get; }

    /// <returns>False: the sizes do not add up, or the prefix does not end in its zero.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out LogicalMessage message)
    {
        message = default;
        if (mainData.Length < HeaderSize)
            return false;
        ulong prefixSize = BinaryPrimitives.ReadUInt64LittleEndian(mainData[8..]);
        ulong contentSize = BinaryPrimitives.ReadUInt64LittleEndian(mainData[16..]);
        ReadOnlySpan<byte> body = mainData[HeaderSize..];
        if (prefixSize == 0 || prefixSize > (ulong)body.Length || contentSize != (ulong)body.Length - prefixSize)
            return false;
        ReadOnlySpan<byte> prefix = body[..(int)prefixSize];
        if (prefix.IndexOf((byte)0) != prefix.Length - 1)
            return false;
        message = new(BinaryPrimitives.ReadUInt32LittleEndian(mainData), mainData[4] != 0, prefix[..^1], body[(int)prefixSize..]);
        return true;
    }

    /// <param name="xid">Of the transaction; may be 0 for a message that is not transactional.</param>
    /// <param name="prefix">Without a zero byte.</param>
    /// <exception cref="ArgumentException">The prefix holds a zero byte.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The record would exceed <see cref="WalRecordBuilder.MaxRecordSize"/>.</exception>
    public static void Build(WalRecordBuilder builder, uint xid, uint databaseOid, bool transactional, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> content)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (prefix.Contains((byte)0))
            throw new ArgumentException("the prefix holds a zero byte", nameof(prefix));
        builder.Begin(ResourceManagerId.LogicalMessage, Operation, xid);
        builder.AppendUInt32(databaseOid);
        builder.AppendUInt32(transactional ? 1u : 0);
        builder.AppendUInt64((ulong)prefix.Length + 1);
        builder.AppendUInt64((ulong)content.Length);
        builder.Append(prefix);
        builder.AppendByte(0);
        builder.Append(content);
    }
}
