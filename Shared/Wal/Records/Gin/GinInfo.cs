namespace Pgrepl.Wal;

/// <summary>Operations of <see cref="ResourceManagerId.Gin"/>.</summary>
/// <remarks>Source of truth: XLOG_GIN_*, PostgreSQL 15, src/include/access/ginxlog.h.</remarks>
public static class GinInfo
{
    public const byte CreatePostingTree = 0x10;
    public const byte Insert = 0x20;
    public const byte Split = 0x30;

    /// <summary>The image of a leaf of the tree of entries; no main data.</summary>
    public const byte VacuumPage = 0x40;

    public const byte DeletePage = 0x50;
    public const byte UpdateMetaPage = 0x60;
    public const byte InsertListPage = 0x70;
    public const byte DeleteListPage = 0x80;

    /// <summary>A leaf of a posting tree; data of block 0: <see cref="GinLeafActions"/>.</summary>
    public const byte VacuumDataLeafPage = 0x90;
}

/// <summary>GIN_INSERT_*, GIN_SPLIT_ROOT: which page an insertion or a split is about.</summary>
[Flags]
public enum GinPageFlags : ushort
{
    None = 0,

    /// <summary>Of a posting tree; else of the tree of entries.</summary>
    IsData = 1,

    IsLeaf = 2,

    /// <summary>SPLIT: of the root.</summary>
    IsRootSplit = 4,
}
