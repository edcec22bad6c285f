using System.Text;
using Pgrepl.Wal;

namespace Pgrepl.WalSender.Sql;

/// <summary>One value; its type is known from the expression that made it. <see langword="default"/> is NULL.</summary>
/// <remarks>
/// bool, int2/4/8, oid, xid, pg_lsn, timestamptz (µs since 2000-01-01 UTC) and float8 (its bits) lie in the 64 bits. text, varchar, name, bytea
/// and unknown are a slice of a byte array, text in UTF-8 without NUL: a parameter points into the Bind message's copy, so nothing is decoded that is only passed on.
/// numeric is a boxed decimal, interval a <see cref="SqlInterval"/>, inet a <see cref="SqlInet"/>, text[] a string?[], record a <see cref="SqlRecord"/>.
/// </remarks>
internal readonly struct SqlValue
{
    private static readonly object ByValue = new();

    private readonly object? _object;
    private readonly long _bits;

    private SqlValue(object reference, long bits)
    {
        _object = reference;
        _bits = bits;
    }

    public static SqlValue Null => default;
    public static readonly SqlValue True = new(ByValue, 1);
    public static readonly SqlValue False = new(ByValue, 0);
    public static readonly SqlValue EmptyText = FromBytes([]);

    public bool IsNull => _object is null;
    public bool Bool => _bits != 0;
    public long Int64 => _bits;
    public int Int32 => (int)_bits;
    public double Double => BitConverter.Int64BitsToDouble(_bits);
    public Lsn Lsn => new((ulong)_bits);
    public decimal Decimal => (decimal)_object!;
    public SqlInterval Interval => (SqlInterval)_object!;
    public SqlInet Inet => (SqlInet)_object!;
    public SqlRecord Record => (SqlRecord)_object!;
    public string?[] TextArray => (string?[])_object!;

    /// <summary>The bytes of text or bytea.</summary>
    public ReadOnlySpan<byte> Bytes => _object is byte[] bytes ? bytes.AsSpan((int)(_bits >> 32), (int)_bits) : default;

    /// <summary>Text, decoded.</summary>
    public string Text => Encoding.UTF8.GetString(Bytes);

    public static SqlValue From(bool value) => value ? True : False;
    public static SqlValue From(long value) => new(ByValue, value);
    public static SqlValue From(long? value) => value is { } some ? From(some) : Null;
    public static SqlValue From(uint? value) => value is { } some ? From((long)some) : Null;

    /// <summary>Every NaN is the same one, C's.</summary>
    public static SqlValue From(double value) => new(ByValue, double.IsNaN(value) ? 0x7FF8_0000_0000_0000 : BitConverter.DoubleToInt64Bits(value));

    public static SqlValue From(Lsn value) => new(ByValue, (long)value.Value);

    /// <summary>A position in a view: the invalid one shows as NULL.</summary>
    public static SqlValue FromPosition(Lsn? value) => value is { IsValid: true } position ? From(position) : Null;

    public static SqlValue From(decimal value) => new(value, 0);
    public static SqlValue From(string? value) => value is null ? Null : FromBytes(Encoding.UTF8.GetBytes(value));
    public static SqlValue From(SqlInterval? value) => value is null ? Null : new(value, 0);
    public static SqlValue From(SqlInet? value) => value is null ? Null : new(value, 0);
    public static SqlValue From(SqlRecord value) => new(value, 0);
    public static SqlValue From(string?[]? value) => value is null ? Null : new(value, 0);
    public static SqlValue FromBytes(byte[] bytes) => new(bytes, bytes.Length);
    public static SqlValue FromBytes(byte[] bytes, int offset, int length) => new(bytes, (long)offset << 32 | (uint)length);
}
