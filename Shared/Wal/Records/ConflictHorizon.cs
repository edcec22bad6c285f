namespace Pgrepl.Wal;

/// <summary>How descriptions call the transaction that a standby's snapshots must see as finished, or else their queries are cancelled, and what they say of it.</summary>
/// <remarks>Hash indexes of 13 and Heap2 have words of their own. Source of truth: PostgreSQL 13 to 18, src/backend/access/rmgrdesc.</remarks>
internal static class ConflictHorizon
{
    internal static ReadOnlySpan<byte> Name(PostgresMajor major) => major.Number >= 16 ? "snapshotConflictHorizon"u8 : "latestRemovedXid"u8;

    /// <summary>From 17 on: whether the relation is a catalogue.</summary>
    internal static void AppendCatalog(bool isCatalogRelation, PostgresMajor major, WalText text, bool withColon = false)
    {
        if (major.Number >= 17)
            text.Append(withColon ? ", isCatalogRel: "u8 : ", isCatalogRel "u8).AppendFlag(isCatalogRelation);
    }
}
