namespace Pgrepl.Wal;

/// <summary>Operations of <see cref="ResourceManagerId.Transaction"/> and the bits of the xinfo word that commits and aborts may carry.</summary>
/// <remarks>Source of truth: XLOG_XACT_*, XACT_XINFO_*, XACT_COMPLETION_*, PostgreSQL 15, src/include/access/xact.h.</remarks>
public static class XactInfo
{
    public const byte Commit = 0x00;
    public const byte Prepare = 0x10;
    public const byte Abort = 0x20;
    public const byte CommitPrepared = 0x30;
    public const byte AbortPrepared = 0x40;
    public const byte Assignment = 0x50;
    public const byte Invalidations = 0x60;

    /// <summary>XLOG_XACT_OPMASK.</summary>
    public const byte OperationMask = 0x70;

    /// <summary>XLOG_XACT_HAS_INFO: an xinfo word follows the time.</summary>
    public const byte HasInfo = 0x80;

    /// <summary>XACT_XINFO_HAS_DBINFO: database and tablespace follow the xinfo word.</summary>
    public const uint HasDatabase = 1u << 0;

    /// <summary>XACT_COMPLETION_APPLY_FEEDBACK: a standby that applied this commit reports at once.</summary>
    public const uint ApplyFeedback = 1u << 29;
}
