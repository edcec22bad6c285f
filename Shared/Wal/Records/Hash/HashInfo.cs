namespace Pgrepl.Wal;

/// <summary>Operations of <see cref="ResourceManagerId.Hash"/>.</summary>
/// <remarks>Source of truth: XLOG_HASH_*, PostgreSQL 15, src/include/access/hash_xlog.h.</remarks>
public static class HashInfo
{
    public const byte InitMetaPage = 0x00;
    public const byte InitBitmapPage = 0x10;
    public const byte Insert = 0x20;
    public const byte AddOverflowPage = 0x30;
    public const byte SplitAllocatePage = 0x40;

    /// <summary>The image of a page of the new bucket; no main data.</summary>
    public const byte SplitPage = 0x50;

    public const byte SplitComplete = 0x60;
    public const byte MovePageContents = 0x70;
    public const byte SqueezePage = 0x80;
    public const byte Delete = 0x90;

    /// <summary>The old bucket has lost what went to the new one; no main data.</summary>
    public const byte SplitCleanup = 0xA0;

    public const byte UpdateMetaPage = 0xB0;
    public const byte VacuumOnePage = 0xC0;
}

/// <summary>XLH_SPLIT_META_*: what a split changes on the meta page besides the number of buckets.</summary>
[Flags]
public enum HashSplitFlags : byte
{
    None = 0,

    /// <summary>The masks that make a bucket of a hash value; they are in the data of block 2.</summary>
    UpdatesMasks = 1,

    /// <summary>The split point, and how many pages there are in front of it; in the same data.</summary>
    UpdatesSplitPoint = 2,
}
