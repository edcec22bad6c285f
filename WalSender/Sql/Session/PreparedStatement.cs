using Pgrepl.Shared.Protocol;

namespace Pgrepl.WalSender.Sql;

/// <summary>One statement with what planning found out; kept by a name, or in the cache of texts.</summary>
internal sealed class PreparedStatement
{
    private static readonly FieldDescription[] ShowAllColumns = [TextColumn("name"), TextColumn("setting"), TextColumn("description")];
    private static readonly SqlType[] ThreeTexts = [SqlType.Text, SqlType.Text, SqlType.Text];
    private static readonly SqlType[] OneText = [SqlType.Text];

    /// <param name="syntax">null: an empty text.</param>
    /// <param name="parameterTypes">OIDs of the Parse message; null: a simple query.</param>
    /// <exception cref="Shared.PgException">What is wrong with the statement.</exception>
    public PreparedStatement(Statement? syntax, IReadOnlyList<uint>? parameterTypes, RowSources sources)
    {
        Syntax = syntax;
        switch (syntax)
        {
            case SelectStatement select:
                Select = SelectPlanner.Plan(select, parameterTypes, sources);
                (Columns, Types, ParameterTypes) = (Select.Columns, Select.Types, Select.ParameterTypes);
                break;
            case ShowSettingStatement { Name: null }:
                (Columns, Types) = (ShowAllColumns, ThreeTexts);
                break;
            case ShowSettingStatement show:
                (Columns, Types) = ([TextColumn(SettingLabel(show.Name))], OneText);
                break;
        }
        if (Select is null)
            ParameterTypes = new ParameterList(parameterTypes).Finish();
    }

    public Statement? Syntax { get; }
    public SelectPlan? Select { get; }

    /// <summary>Of the result; empty for a statement that gives no rows, but also for SELECT of nothing.</summary>
    public FieldDescription[] Columns { get; } = [];

    public SqlType[] Types { get; } = [];
    public SqlType[] ParameterTypes { get; } = [];

    public bool ReturnsRows => Syntax is SelectStatement or ShowSettingStatement;

    private static FieldDescription TextColumn(string name) => new(name, SqlType.Text.TypeOid, SqlType.Text.Length);

    /// <summary>Setting names that PostgreSQL spells with capitals.</summary>
    private static string SettingLabel(string name) => name.ToLowerInvariant() switch
    {
        "datestyle" => "DateStyle",
        "intervalstyle" => "IntervalStyle",
        "timezone" => "TimeZone",
        var other => other,
    };
}
