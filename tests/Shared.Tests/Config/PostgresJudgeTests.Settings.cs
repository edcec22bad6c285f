using System.Globalization;
using Pgrepl.Shared.Config;

namespace Pgrepl.Shared.Tests.Config;

public sealed partial class PostgresJudgeTests
{
    private static readonly string[] Columns = ["context", "vartype", "unit", "min_val", "max_val", "enumvals", "boot_val", "category", "short_desc"];

    [Test]
    public void The_settings_table_is_pg_settings()
    {
        Dictionary<string, string[]> theirs = Rows($"SELECT concat_ws('|', name, {string.Join(", ", Columns.Select(c => c == "enumvals" ? "coalesce(array_to_string(enumvals, ','), '')" : $"coalesce({c}::text, '')"))}) FROM pg_settings")
            .Select(row => row.Split('|')).ToDictionary(row => row[0], row => row[1..]);
        var different = new List<string>();
        foreach (SettingDefinition definition in SettingsTable.All.Where(d => !d.Name.Contains('.')))
        {
            if (!theirs.TryGetValue(definition.Name, out string[]? judged))
            {
                different.Add(Difference(definition.Name, "name", "", definition.Name));
                continue;
            }
            string[] ours = Row(definition);
            for (int i = 0; i < Columns.Length; i++)
                if (ours[i] != judged[i])
                    different.Add(Difference(definition.Name, Columns[i], judged[i], ours[i]));
        }
        Assert.That(string.Join('\n', different.Order(StringComparer.Ordinal)),
            Is.EqualTo(string.Join('\n', SettingDeviations.All.Select(d => Difference(d.Name, d.What, d.PostgreSql, d.Ours)).Order(StringComparer.Ordinal))), string.Join('\n', different));
    }

    private static string Difference(string name, string what, string theirs, string ours) => $"{name} {what}: \"{theirs}\" there, \"{ours}\" here";

    /// <summary>What pg_settings shows in <see cref="Columns"/>.</summary>
    private static string[] Row(SettingDefinition d) =>
    [
        d.Context.ToString().ToLowerInvariant(), d.Kind.ToString().ToLowerInvariant(), d.Unit ?? "",
        d.Kind == SettingKind.Integer ? d.Min.ToString(CultureInfo.InvariantCulture) : "", d.Kind == SettingKind.Integer ? d.Max.ToString(CultureInfo.InvariantCulture) : "",
        string.Join(',', d.EnumValues), d.Default, d.Group, d.Description,
    ];
}
