using Pgrepl.Shared;
using Pgrepl.Shared.Protocol;

namespace Pgrepl.WalSender.Sql;

/// <param name="Column">Index of the target, which may be a hidden one.</param>
internal sealed record SortKey(int Column, Func<SqlValue, SqlValue, int> Compare, bool Descending, bool NullsFirst);

/// <summary>A SELECT, ready to run any number of times.</summary>
internal sealed class SelectPlan
{
    /// <summary>Rows between two looks at what else the process is asked to do.</summary>
    private const int RowsBetweenInterrupts = 1000;

    public required FieldDescription[] Columns { get; init; }

    /// <summary>Of the columns the client sees.</summary>
    public required SqlType[] Types { get; init; }

    /// <summary>The columns, then sort keys that are none.</summary>
    public required Expr[] Targets { get; init; }

    public required RowSource? Source { get; init; }
    public required Expr[] SourceArguments { get; init; }
    public required Expr? Where { get; init; }
    public required SortKey[] OrderBy { get; init; }
    public required Expr? Limit { get; init; }
    public required Expr? Offset { get; init; }
    public required Aggregate[] Aggregates { get; init; }
    public required SqlType[] ParameterTypes { get; init; }

    /// <summary>It cannot but fail with this.</summary>
    public required PgException? ConstantError { get; init; }

    /// <summary>Computes the rows and hands each to <paramref name="take"/>, whose array is valid during the call only and may have hidden columns at its end.</summary>
    public void Run(EvaluationContext context, Action<SqlValue[]> take)
    {
        long limit = Bound(Limit, context, SqlErrors.InvalidRowCountInLimit, "LIMIT") ?? long.MaxValue;
        long offset = Bound(Offset, context, SqlErrors.InvalidRowCountInOffset, "OFFSET") ?? 0;
        if (OrderBy.Length > 0 && Aggregates.Length == 0)
        {
            foreach (SqlValue[] row in Sorted(context))
            {
                if (offset-- > 0)
                    continue;
                if (limit-- <= 0)
                    break;
                take(row);
            }
            return;
        }
        if (limit == 0)
            return;
        var values = new SqlValue[Targets.Length];
        foreach (bool _ in Matches(context))
        {
            if (offset-- > 0)
                continue;
            Compute(context, values);
            take(values);
            if (--limit <= 0)
                return;
        }
    }

    /// <summary>Puts one row after the other into the context: those of FROM that WHERE lets through, or the one that aggregates make.</summary>
    private IEnumerable<bool> Matches(EvaluationContext context)
    {
        if (Aggregates.Length == 0)
            return Rows(context);
        foreach (Aggregate aggregate in Aggregates)
            aggregate.Start();
        foreach (bool _ in Rows(context))
            foreach (Aggregate aggregate in Aggregates)
                aggregate.Take(context);
        context.Aggregates = Array.ConvertAll(Aggregates, aggregate => aggregate.Result);
        return [true];
    }

    private IEnumerable<bool> Rows(EvaluationContext context)
    {
        if (Source is null)
        {
            if (Passes(context))
                yield return true;
            yield break;
        }
        int seen = 0;
        foreach (SqlValue[] row in Source.Rows(context, SourceArguments))
        {
            if (++seen % RowsBetweenInterrupts == 0)
                context.Host.CheckForInterrupts();
            context.Row = row;
            if (Passes(context))
                yield return true;
        }
    }

    private bool Passes(EvaluationContext context)
    {
        if (Where is null)
            return true;
        SqlValue truth = Where.Evaluate(context);
        return !truth.IsNull && truth.Bool;
    }

    private void Compute(EvaluationContext context, SqlValue[] values)
    {
        for (int i = 0; i < Targets.Length; i++)
            values[i] = Targets[i].Evaluate(context);
    }

    private IEnumerable<SqlValue[]> Sorted(EvaluationContext context)
    {
        var rows = new List<SqlValue[]>();
        foreach (bool _ in Matches(context))
        {
            if (rows.Count == SqlLimits.MaxRows)
                throw new PgException(SqlStates.ProgramLimitExceeded, $"cannot sort more than {SqlLimits.MaxRows} rows");
            var values = new SqlValue[Targets.Length];
            Compute(context, values);
            rows.Add(values);
        }
        return rows.Order(Comparer<SqlValue[]>.Create(Compare)); // keeps the order of equal rows
    }

    private int Compare(SqlValue[]? left, SqlValue[]? right)
    {
        foreach (SortKey key in OrderBy)
        {
            SqlValue first = left![key.Column], second = right![key.Column];
            int order = first.IsNull || second.IsNull
                ? first.IsNull == second.IsNull ? 0 : first.IsNull == key.NullsFirst ? -1 : 1
                : key.Descending ? -key.Compare(first, second) : key.Compare(first, second);
            if (order != 0)
                return order;
        }
        return 0;
    }

    private static long? Bound(Expr? expression, EvaluationContext context, string sqlState, string clause)
    {
        if (expression is null)
            return null;
        SqlValue value = expression.Evaluate(context);
        if (value.IsNull)
            return null;
        return value.Int64 >= 0 ? value.Int64 : throw new PgException(sqlState, $"{clause} must not be negative");
    }
}
