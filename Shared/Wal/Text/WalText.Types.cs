using System.Numerics;

namespace Pgrepl.Wal;

// Values as PostgreSQL 15's record descriptions print them.
public sealed partial class WalText
{
    private const int PadOfMicroseconds = 6;

    private readonly ILocalTime _localTime = localTime ?? UtcTime.Instance;
    private readonly byte[] _second = new byte[128]; // the date and time of _secondOf, then its zone
    private readonly Kept<Lsn>[] _lsns = new Kept<Lsn>[2];
    private readonly Kept<RelFileNode>[] _relations = new Kept<RelFileNode>[16];
    private long? _secondOf;
    private int _dateLength, _zoneLength, _nextLsn;

    /// <summary>%X/%X</summary>
    public WalText AppendLsn(Lsn lsn) => AppendHex((uint)(lsn.Value >> 32)).Append((byte)'/').AppendHex((uint)lsn.Value);

    /// <summary>%X/%08X: as pg_waldump prints the position of a record. A position is mostly printed twice, of its record and of the next one's predecessor.</summary>
    public WalText AppendLongLsn(Lsn lsn)
    {
        for (int i = 0; i < _lsns.Length; i++)
        {
            if (_lsns[i] is { Length: > 0 } known && known.Value == lsn)
                return Append(known.Text.AsSpan(0, known.Length));
        }
        int start = _length;
        AppendHex((uint)(lsn.Value >> 32)).Append((byte)'/').AppendHex((uint)lsn.Value, 8);
        _lsns[_nextLsn].Keep(lsn, Bytes[start..]);
        _nextLsn ^= 1;
        return this;
    }

    /// <summary>%u/%u/%u. The last few relations' texts are kept: records come back to the same ones.</summary>
    public WalText AppendRelation(in RelFileNode relation)
    {
        ref Kept<RelFileNode> kept = ref _relations[(relation.Relation ^ relation.Relation >> 4) % (uint)_relations.Length];
        if (kept.Length > 0 && kept.Value == relation)
            return Append(kept.Text.AsSpan(0, kept.Length));
        int start = _length;
        AppendUnsigned(relation.Tablespace).Append((byte)'/').AppendUnsigned(relation.Database).Append((byte)'/').AppendUnsigned(relation.Relation);
        kept.Keep(relation, Bytes[start..]);
        return this;
    }

    /// <summary>relpathperm: the path of a relation's file below the data directory.</summary>
    /// <remarks>Source of truth: GetRelationPath, PostgreSQL 10 to 18, src/common/relpath.c.</remarks>
    public WalText AppendPath(in RelFileNode relation, int fork, PostgresMajor major)
    {
        const uint DefaultTablespace = 1663, GlobalTablespace = 1664;
        if (relation.Tablespace == GlobalTablespace)
            Append("global/"u8);
        else if (relation.Tablespace == DefaultTablespace)
            Append("base/"u8).AppendUnsigned(relation.Database).Append((byte)'/');
        else
            Append("pg_tblspc/"u8).AppendUnsigned(relation.Tablespace).Append("/PG_"u8).AppendUnsigned((uint)major.Number).Append((byte)'_').AppendUnsigned(major.CatalogVersion)
                .Append((byte)'/').AppendUnsigned(relation.Database).Append((byte)'/');
        AppendUnsigned(relation.Relation);
        return fork == 0 ? this : Append((byte)'_').AppendFork(fork);
    }

    /// <summary>Each number with a blank before it.</summary>
    public WalText AppendEach(ReadOnlySpan<uint> numbers)
    {
        foreach (uint number in numbers)
            Append((byte)' ').AppendUnsigned(number);
        return this;
    }

    /// <summary>array_desc of offsets or OIDs, from 16 on: <c> [1, 2]</c>, with the blank.</summary>
    /// <remarks>Source of truth: PostgreSQL 16, src/backend/access/rmgrdesc/rmgrdesc_utils.c.</remarks>
    public WalText AppendArray<T>(ReadOnlySpan<T> numbers) where T : unmanaged, IBinaryInteger<T>
    {
        Append(" ["u8);
        for (int i = 0; i < numbers.Length; i++)
        {
            if (i > 0)
                Append(", "u8);
            AppendUnsigned(ulong.CreateTruncating(numbers[i]));
        }
        return Append((byte)']');
    }

    /// <summary>forkNames; of a number that is no fork's, which only a forged record holds, the number.</summary>
    public WalText AppendFork(int fork) => fork switch
    {
        0 => Append("main"u8),
        1 => Append("fsm"u8),
        2 => Append("vm"u8),
        3 => Append("init"u8),
        _ => AppendSigned(fork),
    };

    /// <summary>timestamptz_to_str as pg_waldump has it: the system's local time, six places of microseconds, the zone's abbreviation.</summary>
    /// <param name="time">TimestampTz.</param>
    /// <remarks>Division truncates towards zero and the microseconds keep their sign: times before 2000 look as odd as PostgreSQL prints them.
    /// Source of truth: PostgreSQL 15, src/bin/pg_waldump/compat.c.</remarks>
    public WalText AppendTimestamp(long time)
    {
        long second = time / 1_000_000;
        if (second != _secondOf)
        {
            _localTime.Format(second + PgTime.ToUnixMicroseconds(0) / 1_000_000, _second.AsSpan(0, 64), out _dateLength, _second.AsSpan(64), out _zoneLength);
            _secondOf = second;
        }
        Append(_second.AsSpan(0, _dateLength)).Append((byte)'.');
        int microseconds = (int)(time % 1_000_000);
        if (microseconds < 0)
            Append((byte)'-');
        int width = microseconds < 0 ? PadOfMicroseconds - 1 : PadOfMicroseconds;
        uint rest = (uint)Math.Abs(microseconds);
        uint limit = 10;
        int digits = 1;
        for (; limit <= rest; limit *= 10)
            digits++;
        for (; digits < width; digits++)
            Append((byte)'0');
        return AppendUnsigned(rest).Append((byte)' ').Append(_second.AsSpan(64, _zoneLength));
    }

    /// <summary>A value and its text; of length 0 there is none.</summary>
    private struct Kept<T>
    {
        internal T Value;
        internal byte[] Text;
        internal int Length;

        internal void Keep(in T value, ReadOnlySpan<byte> text)
        {
            Text ??= new byte[32]; // three numbers of 10 digits and what parts them
            Value = value;
            Length = text.Length;
            text.CopyTo(Text);
        }
    }
}
