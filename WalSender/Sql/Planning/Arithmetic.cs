using Pgrepl.Shared;
using Pgrepl.Wal;

namespace Pgrepl.WalSender.Sql;

/// <summary>Calculation with PostgreSQL's overflow errors.</summary>
internal static class Arithmetic
{
    public static Func<SqlValue, SqlValue, SqlValue> Number(string sign, SqlType type) => type.Kind switch
    {
        TypeKind.Float8 => (left, right) => SqlValue.From(Float(sign, left.Double, right.Double)),
        TypeKind.Numeric => (left, right) => SqlValue.From(Exact(sign, left.Decimal, right.Decimal)),
        TypeKind.Int2 => (left, right) => Whole(sign, type, left.Int64, right.Int64, short.MinValue, short.MaxValue),
        TypeKind.Int4 => (left, right) => Whole(sign, type, left.Int64, right.Int64, int.MinValue, int.MaxValue),
        _ => (left, right) => Whole(sign, type, left.Int64, right.Int64, long.MinValue, long.MaxValue),
    };

    public static SqlValue Negate(SqlType type, SqlValue value) => type.Kind switch
    {
        TypeKind.Float8 => SqlValue.From(-value.Double),
        TypeKind.Numeric => SqlValue.From(SqlNumeric.Normalise(-value.Decimal)),
        TypeKind.Interval => SqlValue.From(-value.Interval),
        _ => Number("-", type)(SqlValue.From(0L), value),
    };

    /// <exception cref="PgException">22023: not within the 64 bits of a position.</exception>
    public static SqlValue Move(Lsn position, decimal bytes)
    {
        decimal target = position.Value + decimal.Round(bytes, 0, MidpointRounding.AwayFromZero);
        return target is < 0 or > ulong.MaxValue ? throw new PgException(SqlStates.InvalidParameterValue, "pg_lsn out of range") : SqlValue.From(new Lsn((ulong)target));
    }

    /// <summary>timestamptz - timestamptz: whole days apart, then the time.</summary>
    public static SqlValue Between(long left, long right)
    {
        if (left is SqlTimestamp.Infinity or SqlTimestamp.MinusInfinity || right is SqlTimestamp.Infinity or SqlTimestamp.MinusInfinity)
            throw new PgException(SqlErrors.DatetimeFieldOverflow, "cannot subtract infinite timestamps");
        Int128 difference = (Int128)left - right;
        if (difference > long.MaxValue || difference < long.MinValue)
            throw new PgException(SqlErrors.DatetimeFieldOverflow, "interval out of range");
        long days = Math.DivRem((long)difference, SqlInterval.MicrosecondsPerDay, out long time);
        return SqlValue.From(new SqlInterval(time, (int)days));
    }

    public static SqlValue Divide(SqlInterval interval, double divisor) =>
        divisor == 0 ? throw SqlErrors.DivisionByZeroError() : SqlValue.From(interval.Times(1 / divisor));

    private static SqlValue Whole(string sign, SqlType type, long left, long right, long least, long most)
    {
        if (sign is "/" or "%" && right == 0)
            throw SqlErrors.DivisionByZeroError();
        Int128 result = sign switch
        {
            "+" => (Int128)left + right,
            "-" => (Int128)left - right,
            "*" => (Int128)left * right,
            "/" => (Int128)left / right,
            _ => right == -1 ? 0 : left % right,
        };
        return result < least || result > most ? throw SqlErrors.OutOfRange(type) : SqlValue.From((long)result);
    }

    private static double Float(string sign, double left, double right)
    {
        if (sign == "/" && right == 0 && !double.IsNaN(left))
            throw SqlErrors.DivisionByZeroError();
        double result = sign switch
        {
            "+" => left + right,
            "-" => left - right,
            "*" => left * right,
            _ => left / right,
        };
        if (double.IsInfinity(result) && double.IsFinite(left) && double.IsFinite(right))
            throw new PgException(SqlErrors.NumericValueOutOfRange, "value out of range: overflow");
        return result;
    }

    private static decimal Exact(string sign, decimal left, decimal right)
    {
        try
        {
            return SqlNumeric.Normalise(sign switch
            {
                "+" => left + right,
                "-" => left - right,
                "*" => left * right,
                "/" => SqlNumeric.Divide(left, right),
                _ => right == 0 ? throw SqlErrors.DivisionByZeroError() : left % right,
            });
        }
        catch (OverflowException)
        {
            throw SqlNumeric.Overflow();
        }
    }
}
