using Pgrepl.Shared;
using Pgrepl.Shared.Protocol;

namespace Pgrepl.WalSender.Sql;

/// <summary>Plans a SELECT.</summary>
internal static class SelectPlanner
{
    /// <param name="parameterTypes">OIDs of the Parse message; null: a simple query.</param>
    public static SelectPlan Plan(SelectStatement statement, IReadOnlyList<uint>? parameterTypes, RowSources sources)
    {
        var parameters = new ParameterList(parameterTypes);
        (RowSource? source, Expr[] arguments, Scope scope) = From(statement.From, parameters, sources);
        var analyzer = new Analyzer(parameters, scope, sources) { AggregatesForbiddenIn = "WHERE" };
        Expr? where = statement.Where is null ? null : analyzer.Boolean(statement.Where, "WHERE");

        var targets = new Analyzer(parameters, scope, sources);
        var expressions = new List<Expr>();
        var labels = new List<string>();
        foreach (TargetNode target in statement.Targets)
            AddTarget(target, targets, scope, expressions, labels);
        if (expressions.Count > SqlLimits.MaxColumns)
            throw new PgException(SqlErrors.TooManyColumns, $"target lists can have at most {SqlLimits.MaxColumns} entries");
        int visible = expressions.Count;
        SortKey[] order = [.. statement.OrderBy.Select(key => Key(key, statement, targets, expressions, labels, visible))];
        if (targets.Aggregates.Count > 0 && targets.Ungrouped is { } column)
            throw new PgException(SqlErrors.GroupingError, $"column \"{column.Name}\" must appear in the GROUP BY clause or be used in an aggregate function").At(column.Position);

        Expr? limit = Count(statement.Limit, "LIMIT", parameters, sources), offset = Count(statement.Offset, "OFFSET", parameters, sources);
        return new SelectPlan
        {
            Columns = [.. labels.Select((label, i) => new FieldDescription(label, expressions[i].Type.TypeOid, expressions[i].Type.Length, expressions[i].TypeModifier))],
            Targets = [.. expressions],
            Types = [.. expressions.Take(visible).Select(expression => expression.Type)],
            Source = source,
            SourceArguments = arguments,
            Where = where,
            OrderBy = order,
            Limit = limit,
            Offset = offset,
            Aggregates = [.. targets.Aggregates],
            ParameterTypes = parameters.Finish(),
            ConstantError = targets.ConstantError ?? analyzer.ConstantError,
        };
    }

    private static void AddTarget(TargetNode target, Analyzer analyzer, Scope scope, List<Expr> expressions, List<string> labels)
    {
        if (target.Expression is StarNode star)
        {
            scope.CheckStar(star);
            for (int i = 0; i < scope.Count; i++)
            {
                expressions.Add(analyzer.Analyze(new ColumnNode([scope.ColumnName(i)], star.Position)));
                labels.Add(scope.ColumnName(i));
            }
            return;
        }
        Expr expression = analyzer.Analyze(target.Expression);
        if (expression.Type == SqlType.Unknown)
            expression = Casts.Implicit(expression, SqlType.Text)!;
        expressions.Add(expression);
        labels.Add(target.Label ?? ColumnLabels.For(target.Expression));
    }

    /// <summary>A key is a column of the result by number or label, or an expression of its own, which becomes a hidden column.</summary>
    private static SortKey Key(OrderNode node, SelectStatement statement, Analyzer analyzer, List<Expr> expressions, List<string> labels, int visible)
    {
        int index = -1;
        switch (node.Expression)
        {
            case IntegerNode number:
                index = int.TryParse(number.Digits, out int ordinal) && ordinal >= 1 && ordinal <= visible
                    ? ordinal - 1
                    : throw new PgException(SqlErrors.InvalidColumnReference, $"ORDER BY position {number.Digits} is not in select list").At(number.Position);
                break;
            case NumberNode or TextNode or BooleanNode or NullNode:
                throw new PgException(SqlStates.SyntaxError, "non-integer constant in ORDER BY").At(node.Expression.Position);
            case ColumnNode { Parts: [var label] }:
                index = labels.IndexOf(label);
                break;
        }
        if (index < 0)
        {
            index = expressions.Count;
            Expr expression = analyzer.Analyze(node.Expression);
            expressions.Add(expression.Type == SqlType.Unknown ? Casts.Implicit(expression, SqlType.Text)! : expression);
        }
        Func<SqlValue, SqlValue, int> compare = Comparisons.For(expressions[index].Type)
            ?? throw new PgException(SqlStates.UndefinedFunction, $"could not identify an ordering operator for type {expressions[index].Type}",
                hint: "Use an explicit ordering operator or modify the query.").At(node.Expression.Position);
        return new SortKey(index, compare, node.Descending, node.NullsFirst);
    }

    private static Expr? Count(SyntaxNode? node, string clause, ParameterList parameters, RowSources sources)
    {
        if (node is null)
            return null;
        Expr expression = new Analyzer(parameters, Scope.Empty, sources) { AggregatesForbiddenIn = clause }.Analyze(node);
        if (expression.Type.NumericRank is > 3 and < 6)
            return Casts.Explicit(expression, SqlType.Int8, node.Position);
        return Casts.Implicit(expression, SqlType.Int8)
            ?? throw new PgException(SqlStates.DatatypeMismatch, $"argument of {clause} must be type bigint, not type {expression.Type}").At(node.Position);
    }

    private static (RowSource? Source, Expr[] Arguments, Scope Scope) From(FromNode? from, ParameterList parameters, RowSources sources)
    {
        if (from is null)
            return (null, [], Scope.Empty);
        RowSource source;
        Expr[] arguments = [];
        if (from.Arguments is null)
            source = sources.View(from.Schema, from.Name, from.Position);
        else
        {
            var analyzer = new Analyzer(parameters, Scope.Empty, sources) { AggregatesForbiddenIn = from.ValuesWidth > 0 ? "VALUES" : "functions in FROM" };
            arguments = [.. from.Arguments.Select(analyzer.Analyze)];
            source = from.ValuesWidth > 0 ? Values(from.Name, from.ValuesWidth, arguments) : Function(from, ref arguments, analyzer, sources);
        }
        SourceColumn[] columns = [.. source.Columns];
        if (from.ColumnAliases.Count > columns.Length)
            throw TooManyAliases(from, columns.Length);
        if (from is { Arguments: not null, Alias: not null, ValuesWidth: 0 } && columns.Length == 1)
            columns[0] = columns[0] with { Name = from.Alias }; // a function of one column: the alias names that, too
        for (int i = 0; i < from.ColumnAliases.Count; i++)
            columns[i] = columns[i] with { Name = from.ColumnAliases[i] };
        return (source, arguments, new Scope(from.Alias ?? from.Name, columns));
    }

    private static PgException TooManyAliases(FromNode from, int columns)
    {
        PgException error = new(SqlErrors.InvalidColumnReference, $"table \"{from.Alias}\" has {columns} columns available but {from.ColumnAliases.Count} columns specified");
        return from.ValuesWidth > 0 ? error : error.At(from.Position);
    }

    /// <summary>Each column gets the type that fits all its values.</summary>
    private static RowSource Values(string name, int width, Expr[] values)
    {
        var columns = new SourceColumn[width];
        for (int column = 0; column < width; column++)
        {
            var ofColumn = new Expr[values.Length / width];
            for (int row = 0; row < ofColumn.Length; row++)
                ofColumn[row] = values[(row * width) + column];
            columns[column] = new SourceColumn($"column{column + 1}", Analyzer.Unify(ofColumn, "VALUES"));
            for (int row = 0; row < ofColumn.Length; row++)
                values[(row * width) + column] = ofColumn[row];
        }
        return new RowSource(name, [.. values.Select(value => value.Type)], columns, (_, all) => all.Chunk(width));
    }

    private static RowSource Function(FromNode from, ref Expr[] arguments, Analyzer analyzer, RowSources sources)
    {
        string name = from.Schema is null or "pg_catalog" ? from.Name : $"{from.Schema}.{from.Name}";
        Analyzer.CheckSchema(from.Schema, from.Position);
        RowSource[] overloads = sources.Overloads(name);
        foreach (RowSource candidate in overloads)
        {
            if (candidate.Arguments!.Length != arguments.Length || !Fits(arguments, candidate.Arguments))
                continue;
            arguments = [.. arguments.Zip(candidate.Arguments, (argument, type) => Casts.Implicit(argument, type)!)];
            return candidate;
        }
        if (overloads.Length > 0)
            throw Functions.DoesNotExist(name, arguments, from.ArgumentNames, from.Position);
        // A function that gives one value gives one row of one column.
        Expr call = analyzer.Analyze(new CallNode(from.Schema, from.Name, from.Arguments!, from.ArgumentNames, Star: false, from.Position));
        arguments = [call];
        if (call is FunctionExpr { Function.Columns: { Length: > 0 } columns })
            return new RowSource(from.Name, [call.Type], columns, (_, values) => [values[0].IsNull ? new SqlValue[columns.Length] : values[0].Record.Fields]);
        return new RowSource(from.Name, [call.Type], [new SourceColumn(from.Name, call.Type)], static (_, values) => [values]);
    }

    private static bool Fits(Expr[] arguments, SqlType[] types) =>
        arguments.Zip(types).All(pair => pair.First.Type == SqlType.Unknown || Casts.IsImplicit(pair.First.Type, pair.Second));
}
