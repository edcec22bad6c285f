namespace Pgrepl.WalSender.Sql;

/// <summary>Functions that make and drop replication slots.</summary>
internal static class SlotFunctions
{
    private static readonly SourceColumn[] CreatedColumns = [new("slot_name", SqlType.Name), new("lsn", SqlType.Lsn)];

    public static readonly SqlFunction[] All =
    [
        new("pg_create_physical_replication_slot", [SqlType.Name, SqlType.Bool, SqlType.Bool], SqlType.Record, static (context, values) => Create(context, values))
        {
            Names = ["slot_name", "immediately_reserve", "temporary"],
            Defaults = [SqlValue.False, SqlValue.False],
            Columns = CreatedColumns,
        },
        new("pg_drop_replication_slot", [SqlType.Name], SqlType.Void, static (context, values) => Drop(context, values[0].Text)) { Names = ["slot_name"] },
    ];

    private static SqlValue Create(EvaluationContext context, SqlValue[] values)
    {
        SqlValue name = values[0];
        return SqlValue.From(new SqlRecord(CreatedColumns, [name, SqlValue.FromPosition(context.Host.Slots.Create(name.Text, values[1].Bool, values[2].Bool))]));
    }

    private static SqlValue Drop(EvaluationContext context, string name)
    {
        context.Host.Slots.Drop(name);
        return SqlValue.EmptyText;
    }
}
