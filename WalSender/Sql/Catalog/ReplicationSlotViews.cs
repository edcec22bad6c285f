namespace Pgrepl.WalSender.Sql;

/// <summary>Replication slots: physical ones, so that everything about logical decoding is NULL or false.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/backend/catalog/system_views.sql and pg_get_replication_slots() in slotfuncs.c.</remarks>
internal static class ReplicationSlotViews
{
    private const int DatabaseColumn = 4; // the view's own: the function tells the OID only

    private static readonly SourceColumn[] FunctionColumns = [.. MajorColumns.Slots[..DatabaseColumn], .. MajorColumns.Slots[(DatabaseColumn + 1)..]];

    public static readonly RowSource[] All =
    [
        RowSource.View("pg_replication_slots", MajorColumns.Slots, context => context.Host.Slots.All().Select(Row)),
        RowSource.Function("pg_get_replication_slots", FunctionColumns, context => context.Host.Slots.All().Select(slot =>
        {
            SqlValue[] row = Row(slot);
            return (SqlValue[])[.. row[..DatabaseColumn], .. row[(DatabaseColumn + 1)..]];
        })),
    ];

    private static SqlValue[] Row(SlotRow slot) =>
    [
        SqlValue.From(slot.Name), SqlValue.Null, SqlValue.From("physical"), SqlValue.Null, SqlValue.Null,
        SqlValue.From(slot.Temporary), SqlValue.From(slot.ActivePid is not null), SqlValue.From((long?)slot.ActivePid), SqlValue.From(slot.Xmin), SqlValue.From(slot.CatalogXmin),
        SqlValue.FromPosition(slot.Restart), SqlValue.Null, SqlValue.From(slot.WalStatus), SqlValue.From(slot.SafeWalSize),
        SqlValue.False, SqlValue.Null, SqlValue.Null,
        SqlValue.Null, SqlValue.From(slot.WalStatus == "lost" ? "wal_removed" : null), SqlValue.False, SqlValue.False,
    ];
}
