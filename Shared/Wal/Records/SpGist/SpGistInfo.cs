namespace Pgrepl.Wal;

/// <summary>Operations of <see cref="ResourceManagerId.SpGist"/>.</summary>
/// <remarks>Source of truth: XLOG_SPGIST_*, PostgreSQL 15, src/include/access/spgxlog.h.</remarks>
public static class SpGistInfo
{
    public const byte AddLeaf = 0x10;
    public const byte MoveLeafs = 0x20;
    public const byte AddNode = 0x30;
    public const byte SplitTuple = 0x40;
    public const byte PickSplit = 0x50;
    public const byte VacuumLeaf = 0x60;
    public const byte VacuumRoot = 0x70;
    public const byte VacuumRedirect = 0x80;
}

/// <summary>Who writes: what replay needs to make redirections of its own.</summary>
/// <param name="Xid">Of the transaction.</param>
/// <param name="IsBuild">The index is being made: nobody needs redirections.</param>
/// <remarks>Source of truth: spgxlogState, PostgreSQL 15, src/include/access/spgxlog.h: 4 and 1 bytes in this order, padded to 8.</remarks>
public readonly record struct SpGistState(uint Xid, bool IsBuild)
{
    /// <summary>Bytes, padding included.</summary>
    public const int Size = 8;

    /// <summary>Decodes the layout and judges nothing.</summary>
    /// <param name="source">At least <see cref="Size"/> bytes.</param>
    public static SpGistState Read(ReadOnlySpan<byte> source) => new(source.UInt32At(0), source.BoolAt(4));
}
