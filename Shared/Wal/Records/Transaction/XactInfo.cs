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

    /// <summary>From 14 on.</summary>
    public const byte Invalidations = 0x60;

    /// <summary>XLOG_XACT_OPMASK.</summary>
    public const byte OperationMask = 0x70;

    /// <summary>XLOG_XACT_HAS_INFO: an xinfo word follows the time.</summary>
    public const byte HasInfo = 0x80;

    /// <summary>XACT_XINFO_HAS_DBINFO: database and tablespace follow the xinfo word.</summary>
    public const uint HasDatabase = 1u << 0;

    public const uint HasSubxacts = 1u << 1;
    public const uint HasRelations = 1u << 2;
    public const uint HasInvalidations = 1u << 3;
    public const uint HasTwoPhase = 1u << 4;
    public const uint HasOrigin = 1u << 5;
    public const uint HasAccessExclusiveLocks = 1u << 6;
    public const uint HasGid = 1u << 7;

    /// <summary>XACT_XINFO_HAS_DROPPED_STATS, from 15 on.</summary>
    public const uint HasDroppedStats = 1u << 8;

    /// <summary>XACT_COMPLETION_APPLY_FEEDBACK: a standby that applied this commit reports at once.</summary>
    public const uint ApplyFeedback = 1u << 29;

    /// <summary>XACT_COMPLETION_UPDATE_RELCACHE_FILE.</summary>
    public const uint UpdateRelcacheFile = 1u << 30;

    /// <summary>XACT_COMPLETION_FORCE_SYNC_COMMIT.</summary>
    public const uint ForceSyncCommit = 1u << 31;
}
