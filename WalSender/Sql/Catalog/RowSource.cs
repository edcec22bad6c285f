namespace Pgrepl.WalSender.Sql;

/// <param name="Since">First PostgreSQL major that has the column; 0: all that we know.</param>
/// <param name="Until">Last major that has it.</param>
internal sealed record SourceColumn(string Name, SqlType Type, int Since = 0, int Until = int.MaxValue)
{
    public bool IsIn(int major) => major >= Since && major <= Until;
}

/// <summary>Something FROM can name: a view, or a function that gives rows.</summary>
/// <param name="Arguments">Types of a function's arguments; null: a view.</param>
/// <param name="Produce">Rows in the columns' order; evaluates the arguments itself. A row is valid until the next one is asked for.</param>
internal sealed record RowSource(string Name, SqlType[]? Arguments, SourceColumn[] Columns, Func<EvaluationContext, SqlValue[], IEnumerable<SqlValue[]>> Produce)
{
    public static RowSource View(string name, SourceColumn[] columns, Func<EvaluationContext, IEnumerable<SqlValue[]>> rows) => new(name, null, columns, (context, _) => rows(context));

    public static RowSource Function(string name, SourceColumn[] columns, Func<EvaluationContext, IEnumerable<SqlValue[]>> rows) => new(name, [], columns, (context, _) => rows(context));

    /// <summary>The source as a server of that major has it: the columns of the others are left out.</summary>
    public RowSource For(int major)
    {
        if (Array.TrueForAll(Columns, column => column.IsIn(major)))
            return this;
        int[] kept = [.. Enumerable.Range(0, Columns.Length).Where(i => Columns[i].IsIn(major))];
        Func<EvaluationContext, SqlValue[], IEnumerable<SqlValue[]>> produce = Produce;
        return new RowSource(Name, Arguments, Array.ConvertAll(kept, i => Columns[i]),
            (context, arguments) => produce(context, arguments).Select(row => Array.ConvertAll(kept, i => row[i])));
    }

    public IEnumerable<SqlValue[]> Rows(EvaluationContext context, Expr[] arguments) =>
        Produce(context, Array.ConvertAll(arguments, argument => argument.Evaluate(context)));
}
