namespace Pgrepl.WalSender.Sql;

internal readonly record struct SourceColumn(string Name, SqlType Type);

/// <summary>Something FROM can name: a view, or a function that gives rows.</summary>
/// <param name="Arguments">Types of a function's arguments; null: a view.</param>
/// <param name="Produce">Rows in the columns' order; evaluates the arguments itself. A row is valid until the next one is asked for.</param>
internal sealed record RowSource(string Name, SqlType[]? Arguments, SourceColumn[] Columns, Func<EvaluationContext, SqlValue[], IEnumerable<SqlValue[]>> Produce)
{
    public static RowSource View(string name, SourceColumn[] columns, Func<EvaluationContext, IEnumerable<SqlValue[]>> rows) => new(name, null, columns, (context, _) => rows(context));

    public static RowSource Function(string name, SourceColumn[] columns, Func<EvaluationContext, IEnumerable<SqlValue[]>> rows) => new(name, [], columns, (context, _) => rows(context));

    public IEnumerable<SqlValue[]> Rows(EvaluationContext context, Expr[] arguments) =>
        Produce(context, Array.ConvertAll(arguments, argument => argument.Evaluate(context)));
}
