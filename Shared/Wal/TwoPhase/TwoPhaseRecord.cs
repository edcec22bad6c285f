namespace Pgrepl.Wal;

/// <summary>TwoPhaseRmgrId: who left a record in the state of a prepared transaction.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/include/access/twophase_rmgr.h.</remarks>
public enum TwoPhaseRmgrId : byte
{
    /// <summary>TWOPHASE_RM_END_ID: no more records.</summary>
    End = 0,
    Lock = 1,
    Pgstat = 2,
    MultiXact = 3,
    PredicateLock = 4,
}

/// <summary>TwoPhaseRecordOnDisk: one record behind the header of a two-phase state.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/access/transam/twophase.c.
/// <code>
/// 4 length of the data · 1 resource manager · 1 padding · 2 info; then the data, aligned to 8
/// </code></remarks>
public readonly ref struct TwoPhaseRecord
{
    /// <summary>Bytes before the data.</summary>
    public const int HeaderSize = 8;

    public TwoPhaseRmgrId Rmgr { get; private init; }

    /// <summary>The resource manager's own.</summary>
    public ushort Info { get; private init; }

    public ReadOnlySpan<byte> Data { get; private init; }

    /// <summary>Takes the next record and its padding.</summary>
    /// <returns>False: too short, or of no resource manager.</returns>
    internal static bool TryTake(scoped ref ReadOnlySpan<byte> rest, out TwoPhaseRecord record)
    {
        record = default;
        var fields = new RecordCursor(rest);
        (uint length, byte rmgr) = (fields.UInt32(), fields.Byte());
        fields.Skip(1);
        ushort info = fields.UInt16();
        if (!fields.Whole || rmgr > (byte)TwoPhaseRmgrId.PredicateLock || length > (uint)fields.Rest.Length)
            return false;
        record = new() { Rmgr = (TwoPhaseRmgrId)rmgr, Info = info, Data = fields.Bytes((int)length) };
        fields.Align(8);
        rest = fields.Rest;
        return true;
    }
}

/// <summary>The records of a two-phase state that was judged, without the one that ends them.</summary>
public ref struct TwoPhaseRecords(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;
    private TwoPhaseRecord _current;

    public readonly TwoPhaseRecord Current => _current;

    public readonly TwoPhaseRecords GetEnumerator() => this;

    public bool MoveNext()
    {
        ReadOnlySpan<byte> rest = _rest;
        if (!TwoPhaseRecord.TryTake(ref rest, out TwoPhaseRecord record) || record.Rmgr == TwoPhaseRmgrId.End)
            return false;
        _rest = rest;
        _current = record;
        return true;
    }
}
