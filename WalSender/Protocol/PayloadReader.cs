using System.Buffers.Binary;
using Pgrepl.Shared;

namespace Pgrepl.WalSender.Protocol;

/// <summary>Takes the fields of one message, from front to back.</summary>
/// <remarks>Source of truth: pq_getmsg… of PostgreSQL 15, src/backend/libpq/pqformat.c; every failure is its 08P01.</remarks>
internal ref struct PayloadReader(ReadOnlySpan<byte> payload)
{
    private ReadOnlySpan<byte> _rest = payload;

    /// <summary>Bytes not taken yet.</summary>
    public readonly int Remaining => _rest.Length;

    public byte ReadByte() => _rest.IsEmpty
        ? throw new PgException(SqlStates.ProtocolViolation, "no data left in message")
        : Take(1)[0];

    public short ReadInt16() => BinaryPrimitives.ReadInt16BigEndian(Take(2));

    /// <summary>A count: PostgreSQL takes it without a sign.</summary>
    public int ReadCount() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    public int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    public ReadOnlySpan<byte> ReadBytes(int count) => Take(count);

    /// <summary>Bytes up to the next NUL, which is taken too.</summary>
    public ReadOnlySpan<byte> ReadCString()
    {
        int length = _rest.IndexOf((byte)0);
        if (length < 0)
            throw new PgException(SqlStates.ProtocolViolation, "invalid string in message");
        ReadOnlySpan<byte> text = _rest[..length];
        _rest = _rest[(length + 1)..];
        return text;
    }

    /// <exception cref="PgException">08P01: bytes are left over.</exception>
    public readonly void End()
    {
        if (!_rest.IsEmpty)
            throw new PgException(SqlStates.ProtocolViolation, "invalid message format");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > _rest.Length)
            throw new PgException(SqlStates.ProtocolViolation, "insufficient data left in message");
        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
