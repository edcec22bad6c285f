using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>Conversions between types.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/include/catalog/pg_cast.dat; text to and from everything goes by the types' text form, and is never implicit.</remarks>
internal static class Casts
{
    /// <summary>May happen without a word in the query.</summary>
    public static bool IsImplicit(SqlType from, SqlType to)
    {
        if (from == to)
            return true;
        if (from.NumericRank > 0 && to.NumericRank > 0)
            return from.NumericRank < to.NumericRank;
        return (from.Kind, to.Kind) switch
        {
            (TypeKind.Int2 or TypeKind.Int4 or TypeKind.Int8, TypeKind.Oid) => true,
            (TypeKind.Oid, TypeKind.Int8) => true,
            (TypeKind.Varchar or TypeKind.Name, TypeKind.Text) => true,
            (TypeKind.Text, TypeKind.Varchar or TypeKind.Name) => true,
            (TypeKind.Varchar, TypeKind.Name) => true,
            _ => false,
        };
    }

    /// <summary>May be asked for with :: or CAST.</summary>
    private static bool IsExplicit(SqlType from, SqlType to)
    {
        if (IsImplicit(from, to) || from.IsTextLike || (to.IsTextLike && from.Kind != TypeKind.Void))
            return to.Kind is not (TypeKind.Void or TypeKind.TextArray or TypeKind.Record);
        if (from.NumericRank > 0 && to.NumericRank > 0)
            return true;
        return (from.Kind, to.Kind) switch
        {
            (TypeKind.Bool, TypeKind.Int4) or (TypeKind.Int4, TypeKind.Bool) => true,
            (TypeKind.Oid, TypeKind.Int4) => true,
            _ => false,
        };
    }

    /// <summary>The expression as a value of <paramref name="target"/>.</summary>
    /// <exception cref="PgException">42846, or the input error of a literal.</exception>
    public static Expr Explicit(Expr operand, SqlType target, int position) =>
        TryConvert(operand, target, isExplicit: true, position)
            ?? throw new PgException(SqlErrors.CannotCoerce, $"cannot cast type {operand.Type.DisplayName} to {target.DisplayName}").At(position);

    /// <returns>null: there is no implicit cast.</returns>
    public static Expr? Implicit(Expr operand, SqlType target) => TryConvert(operand, target, isExplicit: false, operand.Position);

    private static Expr? TryConvert(Expr operand, SqlType target, bool isExplicit, int position)
    {
        if (operand.Type == target)
            return operand;
        if (operand is ParameterExpr parameter && parameter.Type == SqlType.Unknown)
        {
            parameter.Slot.Type = target;
            return operand;
        }
        if (operand is ConstExpr { Value.IsNull: true } && operand.Type == SqlType.Unknown)
            return new ConstExpr(target, SqlValue.Null, operand.Position);
        if (operand.Type == SqlType.Unknown)
            return Literal(operand, target);
        return (isExplicit ? IsExplicit(operand.Type, target) : IsImplicit(operand.Type, target)) ? Convert(operand, target, position) : null;
    }

    /// <summary>A literal is read once, at planning time, but for times: those mean another value each time.</summary>
    private static Expr Literal(Expr operand, SqlType target)
    {
        if (operand is ConstExpr constant)
            try
            {
                SqlValue read = TypeInput.Read(target, constant.Value);
                if (target != SqlType.Timestamptz) // which means what the session's time zone makes of it
                    return new ConstExpr(target, read, operand.Position);
            }
            catch (PgException error)
            {
                throw error.At(operand.Position);
            }
        return new ConversionExpr(target, operand, (context, value) => TypeInput.Read(target, value, context.TransactionTime, context.Style.Zone), operand.Position, stable: true);
    }

    private static ConversionExpr Convert(Expr operand, SqlType target, int position)
    {
        SqlType source = operand.Type;
        bool stable = source.IsTextLike && target == SqlType.Timestamptz;
        if (source == SqlType.Bool && target.IsTextLike)
            return new ConversionExpr(target, operand, static (_, value) => SqlValue.From(value.Bool ? "true" : "false"), position);
        if (target.IsTextLike)
            return TypeOutput.DependsOnStyle(source)
                ? new ConversionExpr(target, operand, (context, value) => TypeInput.Read(target, TypeOutput.ToText(source, value, context.Style)), position, stable: true)
                : new ConversionExpr(target, operand, (_, value) => TypeInput.Read(target, TypeOutput.ToText(source, value)), position);
        if (source.IsTextLike && stable)
            return new ConversionExpr(target, operand, (context, value) => TypeInput.Read(target, value, context.TransactionTime, context.Style.Zone), position, stable: true);
        if (source.IsTextLike)
            return new ConversionExpr(target, operand, (_, value) => TypeInput.Read(target, value), position);
        return new ConversionExpr(target, operand, (_, value) => ConvertValue(source, target, value), position);
    }

    private static SqlValue ConvertValue(SqlType source, SqlType target, SqlValue value)
    {
        switch (target.Kind)
        {
            case TypeKind.Bool:
                return SqlValue.From(value.Int64 != 0);
            case TypeKind.Int2:
                return Within(target, ToInt64(source, target, value), short.MinValue, short.MaxValue);
            case TypeKind.Int4 when source.Kind == TypeKind.Oid:
                return SqlValue.From((long)(int)value.Int64);
            case TypeKind.Int4:
                return Within(target, ToInt64(source, target, value), int.MinValue, int.MaxValue);
            case TypeKind.Int8:
                return SqlValue.From(ToInt64(source, target, value));
            case TypeKind.Oid when source.Kind == TypeKind.Int8:
                return Within(target, value.Int64, 0, uint.MaxValue);
            case TypeKind.Oid:
                return SqlValue.From((long)(uint)value.Int64);
            case TypeKind.Numeric when source.Kind == TypeKind.Float8:
                return SqlValue.From(TypeInput.Numeric(value.Double.ToString("G15", System.Globalization.CultureInfo.InvariantCulture)));
            case TypeKind.Numeric:
                return SqlValue.From((decimal)value.Int64);
            default:
                return SqlValue.From(source.Kind == TypeKind.Numeric ? (double)value.Decimal : value.Int64);
        }
    }

    private static SqlValue Within(SqlType type, long value, long least, long most) => value < least || value > most ? throw SqlErrors.OutOfRange(type) : SqlValue.From(value);

    /// <summary>numeric rounds half away from zero, float8 half to even.</summary>
    private static long ToInt64(SqlType source, SqlType target, SqlValue value)
    {
        switch (source.Kind)
        {
            case TypeKind.Numeric:
                decimal rounded = decimal.Round(value.Decimal, 0, MidpointRounding.AwayFromZero);
                return rounded is < long.MinValue or > long.MaxValue ? throw SqlErrors.OutOfRange(target) : (long)rounded;
            case TypeKind.Float8:
                double nearest = Math.Round(value.Double, MidpointRounding.ToEven);
                return nearest is >= -9223372036854775808.0 and < 9223372036854775808.0 ? (long)nearest : throw SqlErrors.OutOfRange(target);
            default:
                return value.Int64;
        }
    }

    /// <summary>varchar(n) and numeric(p,s).</summary>
    /// <exception cref="PgException">42601: the type takes no modifier; 22023: a bad one; 22003: the value does not fit.</exception>
    public static Expr WithModifiers(Expr operand, SqlType type, TypeName name)
    {
        IReadOnlyList<int> modifiers = name.Modifiers;
        if (type.Kind == TypeKind.Varchar && modifiers.Count == 1)
        {
            if (modifiers[0] is < 1 or > 10_485_760)
                throw new PgException(SqlStates.InvalidParameterValue, modifiers[0] < 1 ? "length for type varchar must be at least 1" : "length for type varchar cannot exceed 10485760").At(name.Position);
            int length = modifiers[0];
            return new ConversionExpr(type, operand, (_, value) => TextFunctions.CutCharacters(value, length), operand.Position, length + 4);
        }
        if (type.Kind == TypeKind.Numeric && modifiers.Count is 1 or 2)
        {
            int precision = modifiers[0], scale = modifiers.Count == 2 ? modifiers[1] : 0;
            if (precision is < 1 or > 1000)
                throw new PgException(SqlStates.InvalidParameterValue, $"NUMERIC precision {precision} must be between 1 and 1000").At(name.Position);
            if (scale > 1000)
                throw new PgException(SqlStates.InvalidParameterValue, $"NUMERIC scale {scale} must be between -1000 and 1000").At(name.Position);
            return new ConversionExpr(type, operand, (_, value) => SqlValue.From(Fit(value.Decimal, precision, scale)), operand.Position, (precision << 16 | scale) + 4);
        }
        throw type.Kind == TypeKind.Numeric
            ? new PgException(SqlStates.InvalidParameterValue, "invalid NUMERIC type modifier").At(name.Position)
            : new PgException(SqlStates.SyntaxError, $"type modifier is not allowed for type \"{name.Name}\"").At(name.Position);
    }

    private static decimal Fit(decimal value, int precision, int scale)
    {
        decimal rounded = SqlNumeric.Round(value, scale);
        double bound = Math.Pow(10, precision - scale);
        return (double)Math.Abs(rounded) < bound ? rounded : throw new PgException(SqlErrors.NumericValueOutOfRange, "numeric field overflow",
            $"A field with precision {precision}, scale {scale} must round to an absolute value less than {(precision == scale ? "1" : $"10^{precision - scale}")}.");
    }
}
