using Pgrepl.Shared.Config;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Node;

/// <summary>Whether a slot still has the WAL from its position on.</summary>
/// <remarks>WALAvailability, PostgreSQL 15, src/include/access/xlog.h; the names are pg_replication_slots.wal_status.</remarks>
public enum WalAvailability
{
    /// <summary>The slot needs no WAL.</summary>
    None,

    /// <summary>Within max_wal_size.</summary>
    Reserved,

    /// <summary>Kept for slots or wal_keep_size beyond max_wal_size.</summary>
    Extended,

    /// <summary>No longer kept, and the next checkpoint may remove it.</summary>
    Unreserved,

    Lost,
}

/// <summary>Which WAL must stay: pure arithmetic on segment numbers, for walwriter, who removes, and for the views, that tell.</summary>
/// <param name="KeepBytes">wal_keep_size.</param>
/// <param name="SlotKeepBytes">max_slot_wal_keep_size; negative: no limit.</param>
/// <param name="MaxWalBytes">max_wal_size.</param>
/// <param name="KeepFrom">Segments from this number on stay too: pgrepl.relay_keep of a relay.</param>
/// <remarks>Source of truth: KeepLogSeg, GetWALAvailability, PostgreSQL 15, src/backend/access/transam/xlog.c; safe_wal_size: pg_get_replication_slots, slotfuncs.c.</remarks>
public readonly record struct WalRetention(int SegmentSize, long KeepBytes, long SlotKeepBytes, long MaxWalBytes, ulong KeepFrom = ulong.MaxValue)
{
    public static WalRetention Of(SettingValues settings, int segmentSize) => new(
        segmentSize, settings.Bytes("wal_keep_size"), settings.Int("max_slot_wal_keep_size") < 0 ? -1 : settings.Bytes("max_slot_wal_keep_size"), settings.Bytes("max_wal_size"));

    /// <summary>The first segment number that must stay.</summary>
    /// <param name="redo">Of the durable control file.</param>
    /// <param name="end">End of WAL: the sizes count back from here.</param>
    /// <param name="slots">The first position a slot needs; invalid: none does.</param>
    public ulong FirstToKeep(Lsn redo, Lsn end, Lsn slots) => Math.Min(Segment(redo), Keep(end, slots));

    public WalAvailability Availability(Lsn target, Lsn end, Lsn slots, ulong lastRemoved)
    {
        if (!target.IsValid)
            return WalAvailability.None;
        ulong segment = Segment(target), current = Segment(end), withinMax = Segments(MaxWalBytes) + 1;
        if (segment >= Math.Min(current, Keep(end, slots)))
            return segment >= (current > withinMax ? current - withinMax : 1) ? WalAvailability.Reserved : WalAvailability.Extended;
        return segment > lastRemoved ? WalAvailability.Unreserved : WalAvailability.Lost;
    }

    /// <summary>Bytes of WAL that may still be written before a slot is in danger; null: no limit.</summary>
    public long? SafeBytes(Lsn target, Lsn end)
    {
        if (SlotKeepBytes < 0)
            return null;
        ulong fails = Segment(target) + Math.Max(Segments(SlotKeepBytes), Segments(KeepBytes)) + 1;
        return unchecked((long)(fails * (ulong)SegmentSize - end.Value));
    }

    private ulong Keep(Lsn end, Lsn slots)
    {
        ulong current = Segment(end), first = current;
        if (slots.IsValid && slots < end)
        {
            first = Segment(slots);
            if (SlotKeepBytes >= 0 && current - first > Segments(SlotKeepBytes))
                first = current - Segments(SlotKeepBytes);
        }
        ulong keep = Segments(KeepBytes);
        if (keep > 0 && current - first < keep)
            first = current <= keep ? 1 : current - keep;
        return Math.Min(first, KeepFrom);
    }

    private ulong Segment(Lsn position) => position.Value / (ulong)SegmentSize;

    private ulong Segments(long bytes) => (ulong)(bytes / SegmentSize);
}
