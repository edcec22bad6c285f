namespace Pgrepl.WalSender.Sql;

/// <summary>pg_settings.</summary>
/// <remarks>Source of truth: PostgreSQL 15, pg_show_all_settings() in src/backend/utils/misc/guc.c.</remarks>
internal static class SettingsView
{
    private static readonly SourceColumn[] Columns =
    [
        new("name", SqlType.Text), new("setting", SqlType.Text), new("unit", SqlType.Text), new("category", SqlType.Text),
        new("short_desc", SqlType.Text), new("extra_desc", SqlType.Text), new("context", SqlType.Text), new("vartype", SqlType.Text), new("source", SqlType.Text),
        new("min_val", SqlType.Text), new("max_val", SqlType.Text), new("enumvals", SqlType.TextArray), new("boot_val", SqlType.Text), new("reset_val", SqlType.Text),
        new("sourcefile", SqlType.Text), new("sourceline", SqlType.Int4), new("pending_restart", SqlType.Bool),
    ];

    public static readonly RowSource Settings = RowSource.View("pg_settings", Columns, context => context.Settings.All().Select(Row));

    private static SqlValue[] Row(SettingRow row) =>
    [
        SqlValue.From(row.Name), SqlValue.From(row.Setting), SqlValue.From(row.Unit), SqlValue.From(row.Category),
        SqlValue.From(row.Description), SqlValue.From(row.ExtraDescription), SqlValue.From(row.Context), SqlValue.From(row.ValueType), SqlValue.From(row.Source),
        SqlValue.From(row.Min), SqlValue.From(row.Max), SqlValue.From(row.EnumValues?.ToArray<string?>()), SqlValue.From(row.BootValue), SqlValue.From(row.ResetValue),
        SqlValue.From(row.SourceFile), SqlValue.From((long?)row.SourceLine), SqlValue.From(row.PendingRestart),
    ];
}
