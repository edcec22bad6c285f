namespace Pgrepl.Wal;

/// <summary>ASSIGNMENT: subtransactions of a transaction, for a hot standby's memory.</summary>
/// <remarks>Source of truth: xl_xact_assignment, PostgreSQL 15, src/include/access/xact.h: 4 top-level xid, 4 count, 4 each.</remarks>
public readonly ref struct TransactionAssignment
{
    public uint TopXid { get; private init; }

    public ReadOnlySpan<uint> Subxacts { get; private init; }

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out TransactionAssignment record)
    {
        var fields = new RecordCursor(mainData);
        uint top = fields.UInt32();
        record = new() { TopXid = top, Subxacts = fields.Items<uint>(fields.Int32()) };
        return fields.Whole;
    }
}

/// <summary>INVALIDATION: what a transaction that is still running has invalidated, for logical decoding.</summary>
/// <remarks>Source of truth: xl_xact_invals, PostgreSQL 15, src/include/access/xact.h: 4 count, 16 each.</remarks>
public readonly ref struct TransactionInvalidations
{
    public ReadOnlySpan<InvalidationMessage> Messages { get; private init; }

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out TransactionInvalidations record)
    {
        var fields = new RecordCursor(mainData);
        record = new() { Messages = fields.Items<InvalidationMessage>(fields.Int32()) };
        return fields.Whole;
    }
}
