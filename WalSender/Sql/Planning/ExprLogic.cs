namespace Pgrepl.WalSender.Sql;

/// <summary>AND and OR: three-valued, from left to right, stopping when the result is known.</summary>
internal sealed class LogicExpr(bool isAnd, Expr[] operands, int position) : Expr(SqlType.Bool, position)
{
    public override bool IsConstant => Array.TrueForAll(operands, operand => operand.IsConstant);

    public override SqlValue Evaluate(EvaluationContext context)
    {
        bool anyNull = false;
        foreach (Expr operand in operands)
        {
            SqlValue value = operand.Evaluate(context);
            if (value.IsNull)
                anyNull = true;
            else if (value.Bool != isAnd)
                return SqlValue.From(!isAnd);
        }
        return anyNull ? SqlValue.Null : SqlValue.From(isAnd);
    }
}

/// <summary>A test that is never NULL: IS NULL, IS TRUE, IS DISTINCT FROM ….</summary>
internal sealed class TestExpr(Expr[] operands, Func<SqlValue[], bool> test, bool negated, int position) : Expr(SqlType.Bool, position)
{
    private readonly SqlValue[] _values = new SqlValue[operands.Length];

    public override bool IsConstant => Array.TrueForAll(operands, operand => operand.IsConstant);

    public override SqlValue Evaluate(EvaluationContext context)
    {
        for (int i = 0; i < operands.Length; i++)
            _values[i] = operands[i] is HeldExpr held ? held.Hold(context) : operands[i].Evaluate(context);
        return SqlValue.From(test(_values) != negated);
    }
}

/// <summary>x IN (…): true when one is equal, else NULL when one is NULL.</summary>
/// <param name="held">The operand, when it must be computed once.</param>
internal sealed class InExpr(HeldExpr? held, Expr[] equalities, bool negated, int position) : Expr(SqlType.Bool, position)
{
    public override SqlValue Evaluate(EvaluationContext context)
    {
        held?.Hold(context);
        bool anyNull = false;
        foreach (Expr equality in equalities)
        {
            SqlValue value = equality.Evaluate(context);
            if (value.IsNull)
                anyNull = true;
            else if (value.Bool)
                return SqlValue.From(!negated);
        }
        return anyNull ? SqlValue.Null : SqlValue.From(negated);
    }
}

/// <param name="held">CASE held WHEN …, when it must be computed once.</param>
internal sealed class CaseExpr(SqlType type, HeldExpr? held, (Expr When, Expr Then)[] branches, Expr otherwise, int position) : Expr(type, position)
{
    public override SqlValue Evaluate(EvaluationContext context)
    {
        held?.Hold(context);
        foreach ((Expr when, Expr then) in branches)
        {
            SqlValue condition = when.Evaluate(context);
            if (!condition.IsNull && condition.Bool)
                return then.Evaluate(context);
        }
        return otherwise.Evaluate(context);
    }
}

/// <summary>COALESCE, GREATEST, LEAST: one of the arguments, never a NULL when there is another.</summary>
internal sealed class ChoiceExpr(SqlType type, Expr[] arguments, Func<SqlValue, SqlValue, int>? compare, bool greatest, int position) : Expr(type, position)
{
    public override SqlValue Evaluate(EvaluationContext context)
    {
        SqlValue chosen = SqlValue.Null;
        foreach (Expr argument in arguments)
        {
            if (compare is null && !chosen.IsNull)
                break;
            SqlValue value = argument.Evaluate(context);
            if (!value.IsNull && (chosen.IsNull || (compare is not null && compare(value, chosen) > 0 == greatest && compare(value, chosen) != 0)))
                chosen = value;
        }
        return chosen;
    }
}

/// <summary>NULLIF(left, right): left, or NULL when they are equal.</summary>
internal sealed class NullIfExpr(Expr left, Expr equality, int position) : Expr(left.Type, position)
{
    public override SqlValue Evaluate(EvaluationContext context)
    {
        (left as HeldExpr)?.Hold(context);
        SqlValue equal = equality.Evaluate(context);
        return !equal.IsNull && equal.Bool ? SqlValue.Null : left.Evaluate(context);
    }
}

/// <summary>concat() and concat_ws(): the text of every argument that is not NULL, with a separator between them.</summary>
internal sealed class ConcatExpr(Expr? separator, Expr[] arguments, int position) : Expr(SqlType.Text, position)
{
    public override SqlValue Evaluate(EvaluationContext context)
    {
        SqlValue between = separator?.Evaluate(context) ?? SqlValue.EmptyText;
        if (between.IsNull)
            return between;
        var text = new Shared.Protocol.ByteBuffer(256) { Limit = SqlLimits.MaxValueBytes };
        bool first = true;
        foreach (Expr argument in arguments)
        {
            SqlValue value = argument.Evaluate(context);
            if (value.IsNull)
                continue;
            if (!first)
                text.Write(between.Bytes);
            first = false;
            TypeOutput.Write(text, argument.Type, value, context.Style);
        }
        return SqlValue.FromBytes(text.Span.ToArray());
    }
}

/// <summary>(function()).field: one column of a function's first row.</summary>
internal sealed class RowFieldExpr(RowSource source, Expr[] arguments, int column, int position) : Expr(source.Columns[column].Type, position)
{
    public override SqlValue Evaluate(EvaluationContext context)
    {
        foreach (SqlValue[] row in source.Rows(context, arguments))
            return row[column];
        return SqlValue.Null;
    }
}
