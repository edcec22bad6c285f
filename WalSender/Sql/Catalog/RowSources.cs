using System.Collections.Frozen;
using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>All views and row functions by name.</summary>
internal static class RowSources
{
    private static readonly RowSource[] All =
    [
        .. ReplicationViews.All,
        ActivityView.Activity,
        SettingsView.Settings,
        .. ControlFunctions.All,
        .. SeriesFunctions.All,
    ];

    private static readonly FrozenDictionary<string, RowSource> Views = All.Where(source => source.Arguments is null).ToFrozenDictionary(source => source.Name);
    private static readonly FrozenDictionary<string, RowSource[]> Functions =
        All.Where(source => source.Arguments is not null).GroupBy(source => source.Name).ToFrozenDictionary(group => group.Key, group => group.ToArray());

    /// <exception cref="PgException">42P01: no such view.</exception>
    public static RowSource View(string? schema, string name, int position)
    {
        if (schema is null or "pg_catalog" && Views.TryGetValue(name, out RowSource? view))
            return view;
        string shown = schema is null ? name : $"{schema}.{name}";
        throw new PgException(SqlStates.UndefinedTable, $"relation \"{shown}\" does not exist",
            hint: $"This node has the views {string.Join(", ", Views.Keys.Order(StringComparer.Ordinal))}.").At(position);
    }

    /// <summary>The row functions of a name; none when it is no row function.</summary>
    public static RowSource[] Overloads(string name) => Functions.GetValueOrDefault(name, []);
}
