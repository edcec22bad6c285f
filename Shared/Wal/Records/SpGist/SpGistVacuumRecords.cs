namespace Pgrepl.Wal;

/// <summary>VACUUM_LEAF of block 0. Follow offsets of 2 bytes: those that become dead, those that become placeholders, moves from and to, chained from and to.</summary>
/// <param name="Dead">Offsets.</param>
/// <param name="Placeholders">Offsets.</param>
/// <param name="Moves">Pairs.</param>
/// <param name="Chains">Pairs.</param>
/// <param name="Source">Who writes.</param>
/// <remarks>Source of truth: spgxlogVacuumLeaf, PostgreSQL 15, src/include/access/spgxlog.h: 2, 2, 2, 2 and 8 bytes in this order.</remarks>
public readonly record struct SpGistVacuumLeaf(ushort Dead, ushort Placeholders, ushort Moves, ushort Chains, SpGistState Source)
{
    /// <summary>SizeOfSpgxlogVacuumLeaf, bytes.</summary>
    public const int Size = 16;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out SpGistVacuumLeaf record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt16At(0), mainData.UInt16At(2), mainData.UInt16At(4), mainData.UInt16At(6), SpGistState.Read(mainData[8..])) : default;
        return whole;
    }
}

/// <summary>VACUUM_ROOT of block 0, a root that is a leaf; the offsets that go (2 bytes each) follow.</summary>
/// <param name="Deletes">Offsets.</param>
/// <param name="Source">Who writes.</param>
/// <remarks>Source of truth: spgxlogVacuumRoot, PostgreSQL 15, src/include/access/spgxlog.h: 2 bytes, 2 of padding, 8 bytes.</remarks>
public readonly record struct SpGistVacuumRoot(ushort Deletes, SpGistState Source)
{
    /// <summary>SizeOfSpgxlogVacuumRoot, bytes.</summary>
    public const int Size = 12;

    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, out SpGistVacuumRoot record)
    {
        bool whole = mainData.Length >= Size;
        record = whole ? new(mainData.UInt16At(0), SpGistState.Read(mainData[4..])) : default;
        return whole;
    }
}

/// <summary>VACUUM_REDIRECT of block 0: redirections that nobody follows any more; the offsets of those that become placeholders (2 bytes each) follow, from 16 on behind 1 byte of padding.</summary>
/// <param name="ToPlaceholder">Offsets.</param>
/// <param name="FirstPlaceholder">OffsetNumber of the first placeholder, at the page's end, that goes; 0: none.</param>
/// <param name="NewestRedirectXid">Standbys cancel queries whose snapshots do not see it as finished; snapshotConflictHorizon from 16 on.</param>
/// <param name="IsCatalogRelation">From 16 on.</param>
/// <remarks>Source of truth: spgxlogVacuumRedirect, PostgreSQL 10 to 18, src/include/access/spgxlog.h: 2, 2, 4 and, from 16 on, 1 bytes in this order.</remarks>
public readonly record struct SpGistVacuumRedirect(ushort ToPlaceholder, ushort FirstPlaceholder, uint NewestRedirectXid, bool IsCatalogRelation)
{
    /// <returns>False: too short.</returns>
    public static bool TryRead(ReadOnlySpan<byte> mainData, PostgresMajor major, out SpGistVacuumRedirect record)
    {
        ArgumentNullException.ThrowIfNull(major);
        var fields = new RecordCursor(mainData);
        record = new(fields.UInt16(), fields.UInt16(), fields.UInt32(), major.TellsCatalogRelations && fields.Boolean());
        return fields.Whole;
    }
}
