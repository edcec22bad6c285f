using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>All views and row functions by name, as one major has them.</summary>
internal sealed class RowSources
{
    private static readonly RowSource[] All =
    [
        .. ReplicationViews.All,
        .. ReplicationSlotViews.All,
        ActivityView.Activity,
        SettingsView.Settings,
        .. ControlFunctions.All,
        .. SeriesFunctions.All,
        .. ClientTypes.All,
    ];

    private readonly Dictionary<string, RowSource> _views;
    private readonly Dictionary<string, RowSource[]> _functions;

    /// <param name="major">PostgreSQL's: 10 to 18.</param>
    public RowSources(int major)
    {
        RowSource[] sources = Array.ConvertAll(All, source => source.For(major));
        _views = sources.Where(source => source.Arguments is null).ToDictionary(source => source.Name);
        _functions = sources.Where(source => source.Arguments is not null).GroupBy(source => source.Name).ToDictionary(group => group.Key, group => group.ToArray());
    }

    /// <exception cref="PgException">42P01: no such view.</exception>
    public RowSource View(string? schema, string name, int position)
    {
        if (schema is null or "pg_catalog" && _views.TryGetValue(name, out RowSource? view))
            return view;
        string shown = schema is null ? name : $"{schema}.{name}";
        throw new PgException(SqlStates.UndefinedTable, $"relation \"{shown}\" does not exist",
            hint: $"This node has the views {string.Join(", ", _views.Keys.Where(known => !ClientTypes.IsHidden(known)).Order(StringComparer.Ordinal))}.").At(position);
    }

    /// <summary>The row functions of a name; none when it is no row function.</summary>
    public RowSource[] Overloads(string name) => _functions.GetValueOrDefault(name, []);
}
