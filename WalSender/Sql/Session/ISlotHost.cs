using Pgrepl.Wal;

namespace Pgrepl.WalSender.Sql;

/// <summary>One replication slot, as pg_get_replication_slots() shows it.</summary>
/// <param name="Restart">Invalid: it needs no WAL.</param>
/// <param name="WalStatus">reserved, extended, unreserved, lost; null: it needs no WAL.</param>
/// <param name="SafeWalSize">Bytes that may still be written before it is in danger; null: no limit, or lost.</param>
/// <param name="Xmin">The oldest transaction that its standby's queries need; null: none.</param>
internal sealed record SlotRow(string Name, bool Temporary, int? ActivePid, Lsn Restart, string? WalStatus, long? SafeWalSize, uint? Xmin = null, uint? CatalogXmin = null);

/// <summary>What SQL may do with replication slots. Nothing of it belongs to a transaction.</summary>
internal interface ISlotHost
{
    IReadOnlyList<SlotRow> All();

    /// <summary>pg_create_physical_replication_slot</summary>
    /// <returns>Its restart_lsn; null: it reserves nothing yet.</returns>
    /// <exception cref="Shared.PgException">42602, 42622, 42710, 53400, or 55000 without max_replication_slots.</exception>
    Lsn? Create(string name, bool immediatelyReserve, bool temporary);

    /// <summary>pg_drop_replication_slot</summary>
    /// <exception cref="Shared.PgException">42704 it does not exist; 55006 it is active.</exception>
    void Drop(string name);
}
