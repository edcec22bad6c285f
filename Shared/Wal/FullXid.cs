namespace Pgrepl.Wal;

/// <summary>Transaction ids of 64 bits: the epoch above the 32 bits that records and messages carry.</summary>
/// <remarks>Source of truth: FullTransactionId, TransactionIdPrecedes, PostgreSQL 15, src/include/access/transam.h, src/backend/access/transam/transam.c.</remarks>
public static class FullXid
{
    /// <summary>What a transaction can have; ids below are special, and 0 is none.</summary>
    public const uint FirstNormal = 3;

    /// <returns>0: not a normal id.</returns>
    public static ulong Of(uint epoch, uint xid) => xid < FirstNormal ? 0 : (ulong)epoch << 32 | xid;

    /// <summary>The id with these 32 bits that is nearest to a known one.</summary>
    public static ulong Nearest(uint xid, ulong known)
    {
        long near = (long)known + (int)(xid - (uint)known);
        return near < 0 ? xid : (ulong)near;
    }

    /// <summary>The older one; 0 is none.</summary>
    public static ulong Older(ulong one, ulong other) => one == 0 ? other : other == 0 ? one : Math.Min(one, other);
}
