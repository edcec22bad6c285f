using System.Globalization;

namespace Pgrepl.Wal;

/// <summary>A position in the WAL: the number of bytes since the cluster's beginning of time. An end position is the byte after the last one.</summary>
/// <remarks>Source of truth: XLogRecPtr, PostgreSQL 15, src/include/access/xlogdefs.h. Its text form is two hexadecimal halves, <c>0/16B3748</c>.</remarks>
public readonly record struct Lsn(ulong Value) : IComparable<Lsn>
{
    /// <summary>InvalidXLogRecPtr: no WAL starts at zero.</summary>
    public static readonly Lsn Invalid;

    public static readonly Lsn MaxValue = new(ulong.MaxValue);

    public bool IsValid => Value != 0;

    public static bool operator <(Lsn left, Lsn right) => left.Value < right.Value;
    public static bool operator >(Lsn left, Lsn right) => left.Value > right.Value;
    public static bool operator <=(Lsn left, Lsn right) => left.Value <= right.Value;
    public static bool operator >=(Lsn left, Lsn right) => left.Value >= right.Value;
    public static Lsn operator +(Lsn left, ulong bytes) => new(left.Value + bytes);
    public static Lsn operator -(Lsn left, ulong bytes) => new(left.Value - bytes);
    public static Lsn Max(Lsn left, Lsn right) => left > right ? left : right;
    public static Lsn Min(Lsn left, Lsn right) => left < right ? left : right;

    /// <summary>Bytes from <paramref name="other"/> to here; negative when other is ahead.</summary>
    public long BytesSince(Lsn other) => unchecked((long)(Value - other.Value));

    /// <summary>First byte of the 8 KiB page that holds this position.</summary>
    public Lsn PageStart => new(Value & ~(ulong)(WalFormat.PageSize - 1));

    public int PageOffset => (int)(Value & (WalFormat.PageSize - 1));

    public int CompareTo(Lsn other) => Value.CompareTo(other.Value);

    /// <summary>PostgreSQL's form: upper-case hexadecimal halves without leading zeros.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value >> 32:X}/{Value & 0xFFFFFFFF:X}");

    /// <summary>Reads <c>X/X</c> with one to eight hexadecimal digits in each half, as pg_lsn_in does.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Lsn lsn)
    {
        lsn = Invalid;
        int slash = text.IndexOf('/');
        if (slash is < 1 or > 8 || text.Length - slash - 1 is < 1 or > 8)
            return false;
        if (!uint.TryParse(text[..slash], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint high)
            || !uint.TryParse(text[(slash + 1)..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint low))
            return false;
        lsn = new Lsn((ulong)high << 32 | low);
        return true;
    }

    /// <exception cref="FormatException">Not an LSN.</exception>
    public static Lsn Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out Lsn lsn) ? lsn : throw new FormatException($"invalid input syntax for type pg_lsn: \"{text}\"");
}
