using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>A planned expression: types are known, names are resolved.</summary>
/// <remarks>Used by one session, one evaluation at a time: nodes keep scratch space.</remarks>
internal abstract class Expr(SqlType type, int position)
{
    public virtual SqlType Type { get; } = type;

    /// <summary>Offset in the text that errors point to.</summary>
    public int Position { get; } = position;

    /// <summary>pg_attribute.atttypmod of a column made of this; -1: none.</summary>
    public virtual int TypeModifier => -1;

    /// <summary>Always the same value, whatever row, parameter, session or time.</summary>
    public virtual bool IsConstant => false;

    public abstract SqlValue Evaluate(EvaluationContext context);
}

internal sealed class ConstExpr(SqlType type, SqlValue value, int position, int typeModifier = -1) : Expr(type, position)
{
    public override int TypeModifier => typeModifier;
    public SqlValue Value { get; } = value;
    public override bool IsConstant => true;
    public override SqlValue Evaluate(EvaluationContext context) => Value;
}

/// <summary>$n. Its type is what the client declared, or what the first use asked for.</summary>
internal sealed class ParameterExpr(ParameterSlot slot, int position) : Expr(SqlType.Unknown, position)
{
    public ParameterSlot Slot { get; } = slot;
    public override SqlType Type => Slot.Type;
    public override SqlValue Evaluate(EvaluationContext context) => context.Parameters[Slot.Index];
}

/// <summary>One parameter of a statement.</summary>
internal sealed class ParameterSlot(int index, SqlType type)
{
    /// <summary>From 0: $1 has index 0.</summary>
    public int Index { get; } = index;

    public SqlType Type { get; set; } = type;
}

internal sealed class ColumnExpr(int index, string name, SqlType type, int position) : Expr(type, position)
{
    /// <summary>relation.column, for messages.</summary>
    public string Name { get; } = name;

    public override SqlValue Evaluate(EvaluationContext context) => context.Row[index];
}

/// <summary>A value another pass has computed: an aggregate over all rows.</summary>
internal sealed class AggregateExpr(Aggregate aggregate, int index, int position) : Expr(aggregate.ResultType, position)
{
    public override SqlValue Evaluate(EvaluationContext context) => context.Aggregates[index];
}

/// <summary>A call of a function with values for all its arguments.</summary>
internal sealed class FunctionExpr(SqlFunction function, Expr[] arguments, int position) : Expr(function.Result, position)
{
    private readonly SqlValue[] _values = new SqlValue[arguments.Length];

    public SqlFunction Function => function;

    public override bool IsConstant => function.IsImmutable && Array.TrueForAll(arguments, argument => argument.IsConstant);

    public override SqlValue Evaluate(EvaluationContext context)
    {
        if (function.IsForSuperusers && !context.Host.IsSuperuser)
            throw new PgException(SqlStates.InsufficientPrivilege, $"permission denied for function {function.Name}");
        bool anyNull = false;
        for (int i = 0; i < arguments.Length; i++)
        {
            _values[i] = arguments[i].Evaluate(context);
            anyNull |= _values[i].IsNull;
        }
        SqlValue result = anyNull && function.IsStrict ? SqlValue.Null : function.Body(context, _values);
        Array.Clear(_values);
        return result;
    }
}

/// <summary>An operator: NULL when an operand is.</summary>
internal sealed class OperatorExpr(SqlType type, Expr left, Expr right, Func<SqlValue, SqlValue, SqlValue> compute, int position) : Expr(type, position)
{
    public override bool IsConstant => left.IsConstant && right.IsConstant;

    public override SqlValue Evaluate(EvaluationContext context)
    {
        SqlValue first = left.Evaluate(context);
        SqlValue second = right.Evaluate(context);
        return first.IsNull || second.IsNull ? SqlValue.Null : compute(first, second);
    }
}

/// <summary>A conversion, or another function of one value: NULL stays NULL.</summary>
internal sealed class ConversionExpr(SqlType type, Expr operand, Func<EvaluationContext, SqlValue, SqlValue> convert, int position, int typeModifier = -1, bool stable = false) : Expr(type, position)
{
    public override int TypeModifier => typeModifier;
    public override bool IsConstant => !stable && operand.IsConstant;

    public override SqlValue Evaluate(EvaluationContext context)
    {
        SqlValue value = operand.Evaluate(context);
        return value.IsNull ? value : convert(context, value);
    }
}

/// <summary>An operand that several expressions look at and that is computed once: it may write WAL.</summary>
internal sealed class HeldExpr : Expr
{
    private readonly Expr _inner;
    private SqlValue _value;

    private HeldExpr(Expr inner)
        : base(inner.Type, inner.Position) => _inner = inner;

    /// <summary>Constants, parameters and columns stay as they are: to look at them twice costs nothing.</summary>
    public static Expr Around(Expr operand) => operand is ConstExpr or ParameterExpr or ColumnExpr ? operand : new HeldExpr(operand);

    public SqlValue Hold(EvaluationContext context) => _value = _inner.Evaluate(context);

    public override SqlValue Evaluate(EvaluationContext context) => _value;
}
