using System.Buffers.Binary;
using System.Net;
using System.Text;
using Pgrepl.Shared.Protocol;
using Pgrepl.Wal;

namespace Pgrepl.WalSender.Sql;

/// <summary>Values in PostgreSQL's binary form.</summary>
/// <remarks>Source of truth: the type send and receive functions of PostgreSQL 15, src/backend/utils/adt. Big-endian.</remarks>
internal static class TypeBinary
{
    private const byte FamilyV4 = 2;
    private const byte FamilyV6 = 3;

    public static void Send(ByteBuffer target, SqlType type, SqlValue value)
    {
        switch (type.Kind)
        {
            case TypeKind.Bool:
                target.WriteByte(value.Bool ? (byte)1 : (byte)0);
                break;
            case TypeKind.Int2:
                target.WriteInt16((short)value.Int64);
                break;
            case TypeKind.Int4 or TypeKind.Oid or TypeKind.Xid:
                target.WriteInt32((int)value.Int64);
                break;
            case TypeKind.Int8 or TypeKind.Lsn or TypeKind.Timestamptz or TypeKind.Float8:
                target.WriteInt64(value.Int64);
                break;
            case TypeKind.Numeric:
                SqlNumeric.Send(target, value.Decimal);
                break;
            case TypeKind.Interval:
                target.WriteInt64(value.Interval.Microseconds);
                target.WriteInt32(value.Interval.Days);
                target.WriteInt32(value.Interval.Months);
                break;
            case TypeKind.Inet:
                byte[] address = value.Inet.Address.GetAddressBytes();
                target.Write([address.Length == 4 ? FamilyV4 : FamilyV6, (byte)value.Inet.Prefix, 0, (byte)address.Length]);
                target.Write(address);
                break;
            case TypeKind.TextArray:
                SendArray(target, value.TextArray);
                break;
            case TypeKind.Record:
                value.Record.Send(target);
                break;
            case TypeKind.Void:
                break;
            default:
                target.Write(value.Bytes);
                break;
        }
    }

    /// <param name="owner">The array that holds the value's bytes, at <paramref name="offset"/>; text and bytea stay slices of it.</param>
    /// <returns>NULL: the bytes are no value of that type.</returns>
    public static SqlValue Receive(SqlType type, byte[] owner, int offset, int length)
    {
        ReadOnlySpan<byte> bytes = owner.AsSpan(offset, length);
        switch (type.Kind)
        {
            case TypeKind.Bool when length == 1:
                return SqlValue.From(bytes[0] != 0);
            case TypeKind.Int2 when length == 2:
                return SqlValue.From((long)BinaryPrimitives.ReadInt16BigEndian(bytes));
            case TypeKind.Int4 when length == 4:
                return SqlValue.From((long)BinaryPrimitives.ReadInt32BigEndian(bytes));
            case TypeKind.Oid or TypeKind.Xid when length == 4:
                return SqlValue.From((long)BinaryPrimitives.ReadUInt32BigEndian(bytes));
            case TypeKind.Int8 or TypeKind.Timestamptz when length == 8:
                return SqlValue.From(BinaryPrimitives.ReadInt64BigEndian(bytes));
            case TypeKind.Lsn when length == 8:
                return SqlValue.From(new Lsn(BinaryPrimitives.ReadUInt64BigEndian(bytes)));
            case TypeKind.Float8 when length == 8:
                return SqlValue.From(BinaryPrimitives.ReadDoubleBigEndian(bytes));
            case TypeKind.Numeric:
                return SqlNumeric.Receive(bytes) is { } number ? SqlValue.From(number) : SqlValue.Null;
            case TypeKind.Interval when length == 16:
                return SqlValue.From(new SqlInterval(BinaryPrimitives.ReadInt64BigEndian(bytes),
                    BinaryPrimitives.ReadInt32BigEndian(bytes[8..]), BinaryPrimitives.ReadInt32BigEndian(bytes[12..])));
            case TypeKind.Inet:
                return ReceiveInet(bytes);
            case TypeKind.Text or TypeKind.Varchar or TypeKind.Name or TypeKind.Unknown or TypeKind.Bytea:
                return SqlValue.FromBytes(owner, offset, length);
            case TypeKind.Void when length == 0:
                return SqlValue.EmptyText;
            default:
                return SqlValue.Null;
        }
    }

    private static SqlValue ReceiveInet(ReadOnlySpan<byte> bytes)
    {
        int size = bytes.Length > 4 ? bytes[3] : 0;
        if (bytes.Length != 4 + size || (bytes[0], size) is not ((FamilyV4, 4) or (FamilyV6, 16)) || bytes[1] > size * 8)
            return SqlValue.Null;
        return SqlValue.From(new SqlInet(new IPAddress(bytes[4..]), bytes[1]));
    }

    private static void SendArray(ByteBuffer target, string?[] elements)
    {
        target.WriteInt32(elements.Length == 0 ? 0 : 1);
        target.WriteInt32(Array.IndexOf(elements, null) >= 0 ? 1 : 0);
        target.WriteInt32((int)SqlType.Text.TypeOid);
        if (elements.Length == 0)
            return;
        target.WriteInt32(elements.Length);
        target.WriteInt32(1);
        foreach (string? element in elements)
        {
            target.WriteInt32(element is null ? -1 : Encoding.UTF8.GetByteCount(element));
            target.WriteText(element);
        }
    }
}
