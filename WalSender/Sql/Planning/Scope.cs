using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>The columns an expression may name: those of the one relation in FROM.</summary>
internal sealed class Scope
{
    /// <summary>No FROM.</summary>
    public static readonly Scope Empty = new(null, []);

    private readonly string? _relation;
    private readonly SourceColumn[] _columns;

    /// <param name="relation">Its alias, or its name.</param>
    public Scope(string? relation, SourceColumn[] columns)
    {
        _relation = relation;
        _columns = columns;
    }

    public int Count => _columns.Length;

    /// <exception cref="PgException">42703: no such column; 42P01: no such relation in FROM; 0A000: the whole row.</exception>
    public ColumnExpr Resolve(ColumnNode node)
    {
        string name = node.Parts[^1];
        string? relation = node.Parts.Count == 1 ? null : node.Parts[^2];
        if (relation is not null && relation != _relation)
            throw NoRelation(relation, node.Position);
        int index = Array.FindIndex(_columns, column => column.Name == name);
        if (index >= 0)
            return Column(index, node.Position);
        if (relation is null && name == _relation)
            throw SqlErrors.NotSupported("a reference to a whole row is not supported by this node", "Name its columns.").At(node.Position);
        throw new PgException(SqlStates.UndefinedColumn, relation is null ? $"column \"{name}\" does not exist" : $"column {relation}.{name} does not exist").At(node.Position);
    }

    public ColumnExpr Column(int index, int position) => new(index, $"{_relation}.{_columns[index].Name}", _columns[index].Type, position);

    public string ColumnName(int index) => _columns[index].Name;

    /// <exception cref="PgException">42601: * without FROM; 42P01: another relation.</exception>
    public void CheckStar(StarNode star)
    {
        if (_relation is null && star.Relation is null)
            throw new PgException(SqlStates.SyntaxError, "SELECT * with no tables specified is not valid").At(star.Position);
        if (star.Relation is { } relation && relation != _relation)
            throw NoRelation(relation, star.Position);
    }

    private static PgException NoRelation(string relation, int position) =>
        new PgException(SqlStates.UndefinedTable, $"missing FROM-clause entry for table \"{relation}\"").At(position);
}
