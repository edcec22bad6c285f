using System.Globalization;

namespace Pgrepl.Wal;

/// <summary>What the WAL, the slot files and the replication protocol of one PostgreSQL major have that another's have not.</summary>
/// <param name="Number">10 to 18.</param>
/// <param name="PageMagic">XLOG_PAGE_MAGIC: names the WAL format.</param>
/// <param name="CatalogVersion">CATALOG_VERSION_NO: part of the name of a tablespace's folder.</param>
/// <param name="SlotVersion">SLOT_VERSION of pg_replslot/NAME/state.</param>
/// <param name="SlotBody">Bytes of that file behind its header of 16.</param>
/// <param name="SlotInvalidation">How that file says that the slot has lost its WAL.</param>
/// <remarks>Everything else that a reader of WAL needs is the same from 10 to 18: page and record headers, the bits of a page header (XLP_ALL_FLAGS since the minors of
/// November 2021 and February 2022), fragments, CRC-32C, the numbers of the built-in resource managers, XLOG_SWITCH and OVERWRITE_CONTRECORD.
/// Source of truth: src/include/access/xlog_internal.h, xlogrecord.h, rmgr.h, src/include/catalog/catversion.h, src/backend/access/transam/xlogreader.c, src/include/replication/slot.h,
/// src/backend/replication/slot.c, walsender.c, repl_gram.y of each major; tests/Interop/MajorTests.cs asks a server of every major.</remarks>
public sealed record PostgresMajor(int Number, ushort PageMagic, uint CatalogVersion, uint SlotVersion, int SlotBody, SlotInvalidation SlotInvalidation)
{
    private static readonly PostgresMajor[] Known =
    [
        new(10, 0xD097, 201707211, 2, 160, SlotInvalidation.Unknown),
        new(11, 0xD098, 201809051, 2, 160, SlotInvalidation.Unknown),
        new(12, 0xD101, 201909212, 2, 160, SlotInvalidation.Unknown),
        new(13, 0xD106, 202007201, 2, 168, SlotInvalidation.Position),
        new(14, 0xD10D, 202107181, 2, 184, SlotInvalidation.Position),
        new(WalFormat.ServerMajor, WalFormat.PageMagic, WalFormat.CatalogVersion, 2, 184, SlotInvalidation.Position),
        new(16, 0xD113, 202307071, 3, 184, SlotInvalidation.Cause),
        new(17, 0xD116, 202406281, 5, 184, SlotInvalidation.Cause),
        new(18, 0xD118, 202506291, 5, 184, SlotInvalidation.Cause),
    ];

    /// <summary>All that a relay can be of, oldest first.</summary>
    public static IReadOnlyList<PostgresMajor> All => Known;

    /// <summary>What a log cluster writes and speaks.</summary>
    public static PostgresMajor LogCluster { get; } = Of(WalFormat.ServerMajor);

    /// <exception cref="ArgumentOutOfRangeException">We do not know it.</exception>
    public static PostgresMajor Of(int number) => TryOf(number) ?? throw new ArgumentOutOfRangeException(nameof(number), number, "no major that we know");

    /// <returns><see langword="null"/>: we do not know it.</returns>
    public static PostgresMajor? TryOf(int number) => Array.Find(Known, major => major.Number == number);

    /// <returns><see langword="null"/>: not the first two bytes of a WAL page of a major that we know.</returns>
    public static PostgresMajor? OfPage(ushort magic) => Array.Find(Known, major => major.PageMagic == magic);

    /// <summary>isCatalogRel: a record that a standby's queries may conflict with says whether its relation is a catalogue (logical decoding on standbys).</summary>
    public bool TellsCatalogRelations => Number >= 16;

    /// <summary>Pages of pg_xact, pg_commit_ts and pg_multixact have numbers of 8 bytes; before, of 4.</summary>
    public bool HasLongPageNumbers => Number >= 17;

    /// <summary>Checkpoints and the end of recovery say wal_level.</summary>
    public bool TellsWalLevel => Number >= 17;

    /// <summary>Commits, aborts and prepared transactions name the statistics that they drop; the numbers of the records of databases are 15's.</summary>
    public bool HasDroppedStatistics => Number >= 15;

    /// <summary>Dropped statistics have object ids of 8 bytes; before, of 4.</summary>
    public bool HasLongStatisticsObjects => Number >= 18;

    /// <summary>XLR_BLOCK_ID_TOPLEVEL_XID: a subtransaction's record may name its top-level transaction.</summary>
    public bool HasTopLevelXid => Number >= 14;

    /// <summary>Resource managers 128 to 255 belong to extensions.</summary>
    public bool HasCustomResourceManagers => Number >= 15;

    /// <summary>BKPIMAGE_COMPRESSED: bits of a block image's info that say that it is compressed.</summary>
    public byte CompressedImageBits => Number >= 15 ? (byte)0x1C : (byte)0x02;

    /// <summary>BKPIMAGE_APPLY: the bit of a block image's info that says that replay restores the page from it.</summary>
    public byte ApplyImageBit => Number >= 15 ? (byte)0x02 : (byte)0x04;

    /// <summary>A checkpoint record has the next transaction id in 64 bits; before, its epoch stood in front of the 32.</summary>
    public bool HasFullXids => Number >= 12;

    /// <summary>READ_REPLICATION_SLOT is a command, and options of CREATE_REPLICATION_SLOT may stand in parentheses.</summary>
    public bool ReadsSlots => Number >= 15;

    /// <summary>CommandComplete names the replication command; before, it was SELECT for all.</summary>
    public bool HasCommandTags => Number >= 13;

    /// <summary>TIMELINE_HISTORY's content is text; before, bytea.</summary>
    public bool HistoryIsText => Number >= 14;

    /// <summary>IDENTIFY_SYSTEM's timeline is a bigint, and TIMELINE_HISTORY's columns have no type modifier.</summary>
    public bool TimelineIsBigint => Number >= 16;

    public override string ToString() => Number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>How a slot's file says that the slot has lost its WAL.</summary>
public enum SlotInvalidation
{
    /// <summary>It cannot: the major does not take WAL from slots.</summary>
    Unknown,

    /// <summary>invalidated_at: where its restart_lsn was.</summary>
    Position,

    /// <summary>invalidated: a number for the cause; 1: its WAL was removed.</summary>
    Cause,
}
