using System.Globalization;
using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>Turns an expression as written into one that can be evaluated: names, types, functions, operators.</summary>
/// <remarks>Source of truth: transformExpr, PostgreSQL 15, src/backend/parser/parse_expr.c, and its messages.</remarks>
internal sealed partial class Analyzer(ParameterList parameters, Scope scope, RowSources sources)
{
    private readonly List<Aggregate> _aggregates = [];
    private ColumnExpr? _ungrouped;
    private bool _insideAggregate;
    private int _conditional;

    /// <summary>Clause that forbids aggregates, for the message; null: they are welcome.</summary>
    public string? AggregatesForbiddenIn { get; set; }

    public IReadOnlyList<Aggregate> Aggregates => _aggregates;

    /// <summary>What the first constant that is always computed fails with: PostgreSQL says so before it sends anything of the result.</summary>
    public PgException? ConstantError { get; private set; }

    /// <summary>A column that stands outside any aggregate.</summary>
    public ColumnExpr? Ungrouped => _ungrouped;

    public Expr Analyze(SyntaxNode node) => Fold(Build(node));

    /// <exception cref="PgException">42804: not a boolean.</exception>
    public Expr Boolean(SyntaxNode node, string where)
    {
        Expr expression = Analyze(node);
        return Casts.Implicit(expression, SqlType.Bool)
            ?? throw new PgException(SqlStates.DatatypeMismatch, $"argument of {where} must be type boolean, not type {expression.Type}").At(node.Position);
    }

    private Expr Build(SyntaxNode node)
    {
        switch (node)
        {
            case NullNode:
                return new ConstExpr(SqlType.Unknown, SqlValue.Null, node.Position);
            case BooleanNode boolean:
                return new ConstExpr(SqlType.Bool, SqlValue.From(boolean.Value), node.Position);
            case TextNode text:
                return new ConstExpr(SqlType.Unknown, SqlValue.From(text.Value), node.Position);
            case IntegerNode integer:
                return Integer(integer);
            case NumberNode number:
                return Number(number.Digits, number.Position);
            case ParameterNode parameter:
                return parameters.Use(parameter);
            case ColumnNode column:
                return Column(column);
            case StarNode star:
                throw new PgException(SqlStates.SyntaxError, "syntax error at or near \"*\"").At(star.Position);
            case CallNode call:
                return Call(call);
            case FieldNode field:
                return Field(field);
            case CastNode cast:
                return Cast(cast);
            case UnaryNode unary:
                return Operators.Unary(unary.Operator, Analyze(unary.Operand), unary.Position);
            case BinaryNode binary:
                return Operators.Binary(binary.Operator, Analyze(binary.Left), Analyze(binary.Right), binary.Position);
            case LogicNode logic:
                return new LogicExpr(logic.IsAnd, Conditional<Expr[]>(() => [.. logic.Operands.Select(operand => Boolean(operand, logic.IsAnd ? "AND" : "OR"))]), logic.Position);
            case NotNode not:
                return new ConversionExpr(SqlType.Bool, Boolean(not.Operand, "NOT"), (_, value) => SqlValue.From(!value.Bool), not.Position);
            case IsNode test:
                return Is(test);
            case DistinctNode distinct:
                return Distinct(distinct);
            case InNode list:
                return In(list);
            case BetweenNode between:
                return Between(between);
            case CaseNode choice:
                return Conditional(() => Case(choice));
            default:
                throw new InvalidOperationException($"no meaning for {node.GetType().Name}");
        }
    }

    /// <summary>A constant is computed once. One that fails stays: it may stand in a branch that is never taken.</summary>
    private Expr Fold(Expr expression)
    {
        if (expression is not (FunctionExpr or OperatorExpr or ConversionExpr) || !expression.IsConstant)
            return expression;
        try
        {
            SqlValue value = expression.Evaluate(null!);
            return value.Bytes.Length <= SqlLimits.FoldedConstantBytes ? new ConstExpr(expression.Type, value, expression.Position, expression.TypeModifier) : expression;
        }
        catch (PgException error)
        {
            if (_conditional == 0)
                ConstantError ??= error;
            return expression;
        }
    }

    /// <summary>Something that may never be computed.</summary>
    private T Conditional<T>(Func<T> build)
    {
        _conditional++;
        T built = build();
        _conditional--;
        return built;
    }

    private static ConstExpr Integer(IntegerNode node)
    {
        if (!long.TryParse(node.Digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value))
            return Number(node.Digits, node.Position);
        return new ConstExpr(value is >= int.MinValue and <= int.MaxValue ? SqlType.Int4 : SqlType.Int8, SqlValue.From(value), node.Position);
    }

    private static ConstExpr Number(string digits, int position)
    {
        try
        {
            return new ConstExpr(SqlType.Numeric, SqlValue.From(TypeInput.Numeric(digits)), position);
        }
        catch (PgException error)
        {
            throw error.At(position);
        }
    }

    private ColumnExpr Column(ColumnNode node)
    {
        ColumnExpr column = scope.Resolve(node);
        if (!_insideAggregate)
            _ungrouped ??= column;
        return column;
    }

    private Expr Cast(CastNode node)
    {
        SqlType? type = node.Type.Schema is null or "pg_catalog" ? SqlType.Find(node.Type.Name) : null;
        if (type is null || type == SqlType.Void || type == SqlType.Unknown)
            throw new PgException(SqlStates.UndefinedObject, $"type \"{(node.Type.Schema is null ? "" : node.Type.Schema + ".")}{node.Type.Name}\" does not exist",
                hint: $"Types here are {string.Join(", ", SqlType.All.Where(known => known != SqlType.Unknown && known != SqlType.Void))}.").At(node.Type.Position);
        // A number that numeric cannot hold here may well be a double precision.
        SyntaxNode written = type == SqlType.Float8 && node.Operand is NumberNode number ? new TextNode(number.Digits, number.Position) : node.Operand;
        Expr operand = Casts.Explicit(Analyze(written), type, node.Position);
        return node.Type.Modifiers.Count == 0 ? operand : Casts.WithModifiers(operand, type, node.Type);
    }

    private TestExpr Is(IsNode node)
    {
        if (node.Test == IsTest.Null)
        {
            return new TestExpr([Analyze(node.Operand)], static values => values[0].IsNull, node.Negated, node.Position);
        }
        Expr truth = Boolean(node.Operand, $"IS {(node.Negated ? "NOT " : "")}{node.Test.ToString().ToUpperInvariant()}");
        return new TestExpr([truth], node.Test switch
        {
            IsTest.True => static values => !values[0].IsNull && values[0].Bool,
            IsTest.False => static values => !values[0].IsNull && !values[0].Bool,
            _ => static values => values[0].IsNull,
        }, node.Negated, node.Position);
    }

    private TestExpr Distinct(DistinctNode node)
    {
        Expr left = HeldExpr.Around(Analyze(node.Left)), right = HeldExpr.Around(Analyze(node.Right));
        Expr equality = Operators.Equality(left, right, node.Position);
        Func<SqlValue[], bool> test = static values => values[0].IsNull != values[1].IsNull || (!values[0].IsNull && !values[2].Bool);
        return new TestExpr([left, right, equality], test, node.Negated, node.Position);
    }

    private InExpr In(InNode node)
    {
        Expr operand = HeldExpr.Around(Analyze(node.Operand));
        return new InExpr(operand as HeldExpr, [.. node.List.Select(member => Operators.Equality(operand, Analyze(member), node.Position))], node.Negated, node.Position);
    }

    private LogicExpr Between(BetweenNode node)
    {
        Expr operand = Analyze(node.Operand); // computed twice, as in PostgreSQL
        Expr low = Operators.Binary(node.Negated ? "<" : ">=", operand, Analyze(node.Low), node.Position);
        Expr high = Operators.Binary(node.Negated ? ">" : "<=", operand, Analyze(node.High), node.Position);
        return new LogicExpr(!node.Negated, [low, high], node.Position);
    }

    private CaseExpr Case(CaseNode node)
    {
        Expr? operand = node.Operand is null ? null : Analyze(node.Operand);
        if (operand is not null && operand.Type == SqlType.Unknown)
            operand = Casts.Implicit(operand, SqlType.Text)!;
        operand = operand is null ? null : HeldExpr.Around(operand);
        Expr[] conditions = [.. node.Branches.Select(branch => operand is null
            ? Boolean(branch.When, "CASE/WHEN")
            : Operators.Equality(operand, Analyze(branch.When), branch.When.Position))];
        // PostgreSQL looks at ELSE first.
        Expr otherwise = node.Else is null ? new ConstExpr(SqlType.Unknown, SqlValue.Null, node.Position) : Analyze(node.Else);
        Expr[] results = [otherwise, .. node.Branches.Select(branch => Analyze(branch.Then))];
        SqlType type = Unify(results, "CASE");
        return new CaseExpr(type, operand as HeldExpr, [.. conditions.Select((when, i) => (when, results[i + 1]))], results[0], node.Position);
    }

    /// <summary>Casts all to one type, PostgreSQL's select_common_type.</summary>
    /// <exception cref="PgException">42804: they do not match.</exception>
    public static SqlType Unify(Expr[] expressions, string where)
    {
        SqlType type = SqlType.Unknown;
        foreach (Expr expression in expressions)
        {
            SqlType next = expression.Type;
            if (next == SqlType.Unknown || next == type)
                continue;
            if (type != SqlType.Unknown && type.Category != next.Category)
                throw new PgException(SqlStates.DatatypeMismatch, $"{where} types {type} and {next} cannot be matched").At(expression.Position);
            if (type == SqlType.Unknown || (!type.IsPreferred && Casts.IsImplicit(type, next) && !Casts.IsImplicit(next, type)))
                type = next;
        }
        if (type == SqlType.Unknown)
            type = SqlType.Text;
        for (int i = 0; i < expressions.Length; i++)
            expressions[i] = Casts.Implicit(expressions[i], type)
                ?? throw new PgException(SqlErrors.CannotCoerce, $"{where} could not convert type {expressions[i].Type} to {type}").At(expressions[i].Position);
        return type;
    }
}
