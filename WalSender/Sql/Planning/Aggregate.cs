namespace Pgrepl.WalSender.Sql;

/// <summary>An aggregate over all rows: count, min, max, sum.</summary>
/// <param name="Argument">null: count(*).</param>
internal sealed record Aggregate(string Name, Expr? Argument, SqlType ResultType)
{
    private long _count;
    private SqlValue _value;

    public static bool IsAggregate(string name) => name is "count" or "min" or "max" or "sum";

    /// <returns>null: there is no such aggregate for the type.</returns>
    public static SqlType? ResultOf(string name, SqlType argument) => (name, argument.Kind) switch
    {
        ("count", _) => SqlType.Int8,
        ("min" or "max", TypeKind.Unknown or TypeKind.Varchar or TypeKind.Name) => SqlType.Text,
        ("min" or "max", TypeKind.Bool or TypeKind.Bytea or TypeKind.Xid) => null,
        ("min" or "max", _) => Comparisons.For(argument) is null ? null : argument,
        ("sum", TypeKind.Int2 or TypeKind.Int4) => SqlType.Int8,
        ("sum", TypeKind.Int8 or TypeKind.Numeric) => SqlType.Numeric,
        ("sum", TypeKind.Float8 or TypeKind.Interval) => argument,
        _ => null,
    };

    public SqlValue Result => Name == "count" ? SqlValue.From(_count) : _value;

    public void Start() => (_count, _value) = (0, SqlValue.Null);

    public void Take(EvaluationContext context)
    {
        if (Argument is null)
        {
            _count++;
            return;
        }
        SqlValue value = Argument.Evaluate(context);
        if (value.IsNull)
            return;
        _count++;
        if (Name == "sum")
            Add(value);
        else if (Name != "count" && (_value.IsNull || Comparisons.For(Argument.Type)!(value, _value) > 0 == (Name == "max")))
            _value = value;
    }

    private void Add(SqlValue value)
    {
        if (ResultType.Kind == TypeKind.Interval)
            _value = _value.IsNull ? value : SqlValue.From(_value.Interval + value.Interval);
        else
        {
            if (ResultType.Kind == TypeKind.Numeric && Argument!.Type.Kind == TypeKind.Int8)
                value = SqlValue.From((decimal)value.Int64);
            _value = _value.IsNull ? value : Arithmetic.Number("+", ResultType)(_value, value);
        }
    }
}
