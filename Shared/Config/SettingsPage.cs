using System.Text;

namespace Pgrepl.Shared.Config;

/// <summary>docs/reference/settings.md, made from <see cref="SettingsTable"/>.</summary>
public static class SettingsPage
{
    private const string Introduction = """
        # Settings

        <!-- Made from Shared/Config/SettingsTable.cs: run "PGREPL_WRITE_SETTINGS_PAGE=1 dotnet test tests/Shared.Tests --filter SettingsPage" instead of editing. -->

        Where a value comes from, lowest first: the default here; `pgrepl.toml` in the data directory, or the file of `--config`; the recovery settings of the directory
        (`postgresql.auto.conf` with `standby.signal`, or `recovery.conf`); `-c name=value` on the command line; then, for settings of context *user* and *superuser*, the session itself.

        - **default**, **range**: as `SHOW` prints them. An integer without a unit is taken in the unit in brackets; memory takes `B kB MB GB TB`, time `us ms s min h d`.
        - **context**, when a change counts: *internal* never, it is only shown; *postmaster* at the next start; *sighup* at a reload (`pgrepl reload`, SIGHUP); *superuser* and *user* also by `SET`.
        - **effect**: *none* means that the setting is accepted, kept and shown, and changes nothing, for the reason given.

        Names, defaults, ranges and contexts are PostgreSQL 15's but for those that say otherwise in [Other than in PostgreSQL](#other-than-in-postgresql).
        Settings in front of a dot are our own; in `pgrepl.toml` they stand in the table `[pgrepl]`.

        """;

    public static string Markdown()
    {
        var page = new StringBuilder(Introduction);
        foreach (IGrouping<string, SettingDefinition> group in SettingsTable.All.GroupBy(d => d.Group))
        {
            page.Append('\n').Append($"## {group.Key}\n\n");
            page.Append("| name | default | range | context | what it does | effect |\n|---|---|---|---|---|---|\n");
            foreach (SettingDefinition d in group.OrderBy(d => d.Name, StringComparer.OrdinalIgnoreCase))
                page.Append($"| `{d.Name}` | {Default(d)} | {Range(d)} | {d.Context.ToString().ToLowerInvariant()} | {Cell(d.Description)} | {Effect(d)} |\n");
        }
        page.Append("\n## Other than in PostgreSQL\n\n| setting | what | PostgreSQL 15 | here | why |\n|---|---|---|---|---|\n");
        foreach (SettingDeviation deviation in SettingDeviations.All)
            page.Append($"| `{deviation.Name}` | {deviation.What} | {Code(deviation.PostgreSql)} | {Code(deviation.Ours)} | {Cell(deviation.Why)} |\n");
        return page.ToString();
    }

    private static string Default(SettingDefinition d) => Code(SettingsTable.Show(d, d.Default));

    private static string Range(SettingDefinition d) => d.Kind switch
    {
        SettingKind.Bool => "on, off",
        SettingKind.Enum => string.Join(", ", d.EnumValues),
        SettingKind.Integer when d.Min == d.Max => "",
        SettingKind.Integer => $"{Limit(d, d.Min)} .. {Limit(d, d.Max)}{(d.Unit is null ? "" : $" [{d.Unit}]")}",
        _ => d.IsList ? $"list, separated by `{d.ListSeparator}`" : "text",
    };

    private static string Limit(SettingDefinition d, int value) => SettingsTable.Show(d, value.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private static string Effect(SettingDefinition d) => SettingEffects.WhyNone(d) is { } why ? $"none: {Cell(why)}" : d.Context == SettingContext.Internal ? "shown" : "yes";

    private static string Code(string text) => text.Length == 0 ? "empty" : $"`{Cell(text)}`";

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
