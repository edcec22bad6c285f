using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>Function calls, and what looks like one.</summary>
internal sealed partial class Analyzer
{
    private Expr Call(CallNode node)
    {
        string name = node.Schema is null or "pg_catalog" ? node.Name : $"{node.Schema}.{node.Name}";
        if (Aggregate.IsAggregate(name))
            return Aggregation(node);
        if (node.Star)
            throw new PgException(SqlErrors.WrongObjectType, $"{name}(*) specified, but {name} is not an aggregate function").At(node.Position);
        switch (name)
        {
            case "session_user" or "user" or "current_role":
                return Functions.Call("current_user", [], [], node.Position);
            case "current_catalog":
                return Functions.Call("current_database", [], [], node.Position);
            case "current_timestamp":
                return Functions.Call("now", [], [], node.Position);
        }
        CheckSchema(node.Schema, node.Position);
        Expr[] arguments = name is "coalesce" ? Conditional<Expr[]>(() => [.. node.Arguments.Select(Analyze)]) : [.. node.Arguments.Select(Analyze)];
        switch (name)
        {
            case "coalesce" when arguments.Length > 0:
                return new ChoiceExpr(Unify(arguments, "COALESCE"), arguments, null, greatest: false, node.Position);
            case "greatest" or "least" when arguments.Length > 0:
                SqlType type = Unify(arguments, name.ToUpperInvariant());
                if (Comparisons.For(type) is { } compare)
                    return new ChoiceExpr(type, arguments, compare, name == "greatest", node.Position);
                break;
            case "nullif" when arguments.Length == 2:
                return NullIf(arguments[0], arguments[1], node.Position);
            case "concat" when arguments.Length > 0:
                return new ConcatExpr(null, Known(arguments), node.Position);
            case "concat_ws" when arguments.Length > 1 && Casts.Implicit(arguments[0], SqlType.Text) is { } separator:
                return new ConcatExpr(separator, Known(arguments[1..]), node.Position);
        }
        if (sources.Overloads(name).Length > 0)
            throw SqlErrors.NotSupported($"{name}() outside FROM is not supported by this node", $"Use SELECT … FROM {name}(), or ({name}()).column.").At(node.Position);
        return Functions.Call(name, arguments, node.ArgumentNames, node.Position);
    }

    /// <exception cref="PgException">3F000: no such schema.</exception>
    public static void CheckSchema(string? schema, int position)
    {
        if (schema is not (null or "pg_catalog" or "public" or "information_schema"))
            throw new PgException(SqlErrors.InvalidSchemaName, $"schema \"{schema}\" does not exist").At(position);
    }

    private static NullIfExpr NullIf(Expr left, Expr right, int position)
    {
        left = HeldExpr.Around(left);
        Expr equality = Operators.Equality(left, right, position);
        return new NullIfExpr(left.Type == SqlType.Unknown ? Casts.Implicit(left, SqlType.Text)! : left, equality, position);
    }

    /// <summary>Literals and parameters of no type are text.</summary>
    private static Expr[] Known(Expr[] arguments) =>
        Array.ConvertAll(arguments, argument => argument.Type == SqlType.Unknown ? Casts.Implicit(argument, SqlType.Text)! : argument);

    private AggregateExpr Aggregation(CallNode node)
    {
        if (AggregatesForbiddenIn is { } clause)
            throw new PgException(SqlErrors.GroupingError, $"aggregate functions are not allowed in {clause}").At(node.Position);
        if (_insideAggregate)
            throw new PgException(SqlErrors.GroupingError, "aggregate function calls cannot be nested").At(node.Position);
        _insideAggregate = true;
        Expr[] arguments = [.. node.Arguments.Select(Analyze)];
        _insideAggregate = false;
        if (node.Star ? node.Name != "count" : arguments.Length != 1)
            throw Functions.DoesNotExist(node.Name, arguments, node.ArgumentNames, node.Position);
        SqlType result = SqlType.Int8;
        if (!node.Star)
        {
            result = Aggregate.ResultOf(node.Name, arguments[0].Type) ?? throw Functions.DoesNotExist(node.Name, arguments, node.ArgumentNames, node.Position);
            arguments = Known(arguments);
            if (result == SqlType.Text && Casts.Implicit(arguments[0], SqlType.Text) is { } text)
                arguments[0] = text;
        }
        _aggregates.Add(new Aggregate(node.Name, node.Star ? null : arguments[0], result));
        return new AggregateExpr(_aggregates[^1], _aggregates.Count - 1, node.Position);
    }

    /// <summary>(pg_control_checkpoint()).timeline_id</summary>
    private RowFieldExpr Field(FieldNode node)
    {
        if (node.Operand is not CallNode { Schema: null or "pg_catalog" } call || sources.Overloads(call.Name) is not [var source] || call.Arguments.Count != source.Arguments!.Length)
            throw new PgException(SqlErrors.WrongObjectType, $"column notation .{node.Field} applied to something that is not a composite type").At(node.Position);
        int column = Array.FindIndex(source.Columns, candidate => candidate.Name == node.Field);
        return column >= 0
            ? new RowFieldExpr(source, [], column, node.Position)
            : throw new PgException(SqlStates.UndefinedColumn, $"could not identify column \"{node.Field}\" in record data type").At(node.Operand.Position);
    }
}
