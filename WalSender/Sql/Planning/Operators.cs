using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>Finds the operator for two operands and their types.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/include/catalog/pg_operator.dat, and its rule that a literal of unknown type takes the other side's.</remarks>
internal static class Operators
{
    private const string Hint = "No operator matches the given name and argument types. You might need to add explicit type casts.";

    /// <exception cref="PgException">42883: there is no such operator.</exception>
    public static Expr Binary(string sign, Expr left, Expr right, int position) =>
        TryBinary(sign, left, right, position)
            ?? throw new PgException(SqlStates.UndefinedFunction, $"operator does not exist: {left.Type} {sign} {right.Type}", hint: Hint).At(position);

    public static Expr Unary(string sign, Expr operand, int position)
    {
        SqlType type = operand.Type;
        if (type.NumericRank > 0 || (type == SqlType.Interval && sign == "-"))
            return sign == "+" ? operand : new ConversionExpr(type, operand, (_, value) => Arithmetic.Negate(type, value), position);
        if (type == SqlType.Unknown)
            throw new PgException(SqlErrors.AmbiguousFunction, $"operator is not unique: {sign} {type}", hint: "Could not choose a best candidate operator. You might need to add explicit type casts.").At(position);
        throw new PgException(SqlStates.UndefinedFunction, $"operator does not exist: {sign} {type}", hint: "No operator matches the given name and argument type. You might need to add an explicit type cast.").At(position);
    }

    /// <summary>An equality, for IN, CASE, NULLIF and the like.</summary>
    public static Expr Equality(Expr left, Expr right, int position) => Binary("=", left, right, position);

    private static Expr? TryBinary(string sign, Expr left, Expr right, int position)
    {
        if (Comparisons.Predicate(sign) is { } predicate)
            return Comparison(predicate, left, right, position);
        return sign switch
        {
            "||" => Concatenation(left, right, position),
            "~~" or "!~~" or "~~*" or "!~~*" => Like(sign, left, right, position),
            "+" or "-" or "*" or "/" or "%" => ArithmeticOperator(sign, left, right, position),
            _ => null,
        };
    }

    private static OperatorExpr? Comparison(Func<int, bool> predicate, Expr left, Expr right, int position)
    {
        if (left.Type == SqlType.Unknown && right.Type != SqlType.Unknown && Casts.Implicit(left, right.Type) is { } typedLeft)
            left = typedLeft;
        else if (right.Type == SqlType.Unknown && left.Type != SqlType.Unknown && Casts.Implicit(right, left.Type) is { } typedRight)
            right = typedRight;
        if (left.Type == SqlType.Unknown || right.Type == SqlType.Unknown)
        {
            left = Casts.Implicit(left, SqlType.Text)!;
            right = Casts.Implicit(right, SqlType.Text)!;
        }
        if (Comparisons.CommonType(left.Type, right.Type) is not { } type || Comparisons.For(type) is not { } compare)
            return null;
        if (Casts.Implicit(left, type) is not { } first || Casts.Implicit(right, type) is not { } second)
            return null;
        return new OperatorExpr(SqlType.Bool, first, second, (a, b) => SqlValue.From(predicate(compare(a, b))), position);
    }

    /// <summary>text || anything, or bytea || bytea.</summary>
    private static OperatorExpr? Concatenation(Expr left, Expr right, int position)
    {
        if (left.Type == SqlType.Bytea || right.Type == SqlType.Bytea)
        {
            if (Casts.Implicit(left, SqlType.Bytea) is { } first && Casts.Implicit(right, SqlType.Bytea) is { } second)
                return new OperatorExpr(SqlType.Bytea, first, second, TextFunctions.Concatenate, position);
            return null;
        }
        if (!left.Type.IsTextLike && !right.Type.IsTextLike)
            return null;
        return new OperatorExpr(SqlType.Text, Casts.Explicit(left, SqlType.Text, position), Casts.Explicit(right, SqlType.Text, position), TextFunctions.Concatenate, position);
    }

    private static OperatorExpr? Like(string sign, Expr left, Expr right, int position)
    {
        if (!left.Type.IsTextLike || !right.Type.IsTextLike)
            return null;
        bool negated = sign[0] == '!';
        bool foldCase = sign[^1] == '*';
        return new OperatorExpr(SqlType.Bool, Casts.Implicit(left, SqlType.Text)!, Casts.Implicit(right, SqlType.Text)!,
            (text, pattern) => SqlValue.From(TextFunctions.IsLike(text, pattern, foldCase) != negated), position);
    }

    private static Expr? ArithmeticOperator(string sign, Expr left, Expr right, int position)
    {
        if (left.Type == SqlType.Unknown && right.Type == SqlType.Unknown)
            throw new PgException(SqlErrors.AmbiguousFunction, $"operator is not unique: unknown {sign} unknown",
                hint: "Could not choose a best candidate operator. You might need to add explicit type casts.").At(position);
        (SqlType? first, SqlType? second) = Guess(sign, left.Type, right.Type);
        if (first is null || second is null)
            return null;
        if (Casts.Implicit(left, first) is not { } a || Casts.Implicit(right, second) is not { } b)
            return null;
        if (first.NumericRank > 0 && first == second)
            return new OperatorExpr(first, a, b, Arithmetic.Number(sign, first), position);
        return (sign, first.Kind, second.Kind) switch
        {
            ("-", TypeKind.Lsn, TypeKind.Lsn) => new OperatorExpr(SqlType.Numeric, a, b, static (x, y) => SqlValue.From((decimal)x.Lsn.Value - y.Lsn.Value), position),
            ("+", TypeKind.Lsn, TypeKind.Numeric) => new OperatorExpr(SqlType.Lsn, a, b, static (x, y) => Arithmetic.Move(x.Lsn, y.Decimal), position),
            ("-", TypeKind.Lsn, TypeKind.Numeric) => new OperatorExpr(SqlType.Lsn, a, b, static (x, y) => Arithmetic.Move(x.Lsn, -y.Decimal), position),
            ("+", TypeKind.Numeric, TypeKind.Lsn) => new OperatorExpr(SqlType.Lsn, a, b, static (x, y) => Arithmetic.Move(y.Lsn, x.Decimal), position),
            ("-", TypeKind.Timestamptz, TypeKind.Timestamptz) => new OperatorExpr(SqlType.Interval, a, b, static (x, y) => Arithmetic.Between(x.Int64, y.Int64), position),
            ("+", TypeKind.Timestamptz, TypeKind.Interval) => new FunctionExpr(TimeFunctions.Plus, [a, b], position),
            ("-", TypeKind.Timestamptz, TypeKind.Interval) => new FunctionExpr(TimeFunctions.Minus, [a, b], position),
            ("+", TypeKind.Interval, TypeKind.Timestamptz) => new FunctionExpr(TimeFunctions.Plus, [b, a], position),
            ("+", TypeKind.Interval, TypeKind.Interval) => new OperatorExpr(SqlType.Interval, a, b, static (x, y) => SqlValue.From(x.Interval + y.Interval), position),
            ("-", TypeKind.Interval, TypeKind.Interval) => new OperatorExpr(SqlType.Interval, a, b, static (x, y) => SqlValue.From(x.Interval + -y.Interval), position),
            ("*", TypeKind.Interval, TypeKind.Float8) => new OperatorExpr(SqlType.Interval, a, b, static (x, y) => SqlValue.From(x.Interval.Times(y.Double)), position),
            ("*", TypeKind.Float8, TypeKind.Interval) => new OperatorExpr(SqlType.Interval, a, b, static (x, y) => SqlValue.From(y.Interval.Times(x.Double)), position),
            ("/", TypeKind.Interval, TypeKind.Float8) => new OperatorExpr(SqlType.Interval, a, b, static (x, y) => Arithmetic.Divide(x.Interval, y.Double), position),
            _ => null,
        };
    }

    /// <summary>The operator's operand types; null where there is none.</summary>
    private static (SqlType? Left, SqlType? Right) Guess(string sign, SqlType left, SqlType right)
    {
        if (left == SqlType.Unknown)
            return (left.Kind, right.Kind, sign) switch
            {
                (_, TypeKind.Interval, "*") => (SqlType.Float8, right),
                (_, TypeKind.Lsn, "+") => (SqlType.Numeric, right),
                _ => (right, right),
            };
        if (right == SqlType.Unknown)
            return (left.Kind, sign) switch
            {
                (TypeKind.Timestamptz, "+") => (left, SqlType.Interval),
                (TypeKind.Interval, "*" or "/") => (left, SqlType.Float8),
                (TypeKind.Lsn, "+") => (left, SqlType.Numeric),
                _ => (left, left),
            };
        if (left.NumericRank > 0 && right.NumericRank > 0)
        {
            SqlType wider = left.NumericRank > right.NumericRank ? left : right;
            return sign == "%" && wider == SqlType.Float8 ? (null, null) : (wider, wider);
        }
        if (left == SqlType.Lsn && right.NumericRank is > 0 and < 5)
            return (left, SqlType.Numeric);
        if (right == SqlType.Lsn && left.NumericRank is > 0 and < 5)
            return (SqlType.Numeric, right);
        if (left == SqlType.Interval && right.NumericRank > 0)
            return (left, SqlType.Float8);
        if (right == SqlType.Interval && left.NumericRank > 0)
            return (SqlType.Float8, right);
        return (left, right);
    }
}
