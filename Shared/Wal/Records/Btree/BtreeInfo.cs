namespace Pgrepl.Wal;

/// <summary>Operations of <see cref="ResourceManagerId.Btree"/>.</summary>
/// <remarks>Source of truth: XLOG_BTREE_*, PostgreSQL 15, src/include/access/nbtxlog.h.</remarks>
public static class BtreeInfo
{
    public const byte InsertLeaf = 0x00;
    public const byte InsertUpper = 0x10;

    /// <summary>As <see cref="InsertUpper"/>; the meta page changes too.</summary>
    public const byte InsertMeta = 0x20;

    /// <summary>The new item is on the left page.</summary>
    public const byte SplitLeft = 0x30;

    public const byte SplitRight = 0x40;

    /// <summary>The new item splits a posting list.</summary>
    public const byte InsertPosting = 0x50;

    public const byte Deduplicate = 0x60;
    public const byte Delete = 0x70;
    public const byte UnlinkPage = 0x80;
    public const byte UnlinkPageMeta = 0x90;
    public const byte NewRoot = 0xA0;
    public const byte MarkPageHalfDead = 0xB0;
    public const byte Vacuum = 0xC0;
    public const byte ReusePage = 0xD0;
    public const byte MetaCleanup = 0xE0;
}
