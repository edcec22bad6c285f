namespace Pgrepl.WalSender.Sql;

/// <summary>Order and equality of values.</summary>
internal static class Comparisons
{
    /// <returns>null: the type has no order.</returns>
    public static Func<SqlValue, SqlValue, int>? For(SqlType type) => type.Kind switch
    {
        TypeKind.Bool or TypeKind.Int2 or TypeKind.Int4 or TypeKind.Int8 or TypeKind.Oid or TypeKind.Xid or TypeKind.Timestamptz => static (left, right) => left.Int64.CompareTo(right.Int64),
        TypeKind.Lsn => static (left, right) => left.Lsn.CompareTo(right.Lsn),
        TypeKind.Float8 => static (left, right) => CompareFloats(left.Double, right.Double),
        TypeKind.Numeric => static (left, right) => left.Decimal.CompareTo(right.Decimal),
        TypeKind.Interval => static (left, right) => left.Interval.CompareTo(right.Interval),
        TypeKind.Inet => static (left, right) => left.Inet.CompareTo(right.Inet),
        TypeKind.TextArray or TypeKind.Record or TypeKind.Void => null,
        _ => static (left, right) => left.Bytes.SequenceCompareTo(right.Bytes),
    };

    /// <summary>NaN equals itself and is above everything.</summary>
    private static int CompareFloats(double left, double right) =>
        double.IsNaN(left) ? double.IsNaN(right) ? 0 : 1 : double.IsNaN(right) ? -1 : left.CompareTo(right);

    /// <summary>The type in which two types are compared; null: they are not.</summary>
    public static SqlType? CommonType(SqlType left, SqlType right)
    {
        if (left == right)
            return left;
        if (left.NumericRank > 0 && right.NumericRank > 0)
            return left.NumericRank > right.NumericRank ? left : right;
        if (left.IsTextLike && right.IsTextLike)
            return SqlType.Text;
        return (left.Kind, right.Kind) switch
        {
            (TypeKind.Oid, TypeKind.Int8) or (TypeKind.Int8, TypeKind.Oid) => SqlType.Int8,
            (TypeKind.Oid, TypeKind.Int2 or TypeKind.Int4) or (TypeKind.Int2 or TypeKind.Int4, TypeKind.Oid) => SqlType.Oid,
            _ => null,
        };
    }

    /// <summary>A comparison's result from the order of its sides.</summary>
    public static Func<int, bool>? Predicate(string sign) => sign switch
    {
        "=" => static order => order == 0,
        "<>" => static order => order != 0,
        "<" => static order => order < 0,
        "<=" => static order => order <= 0,
        ">" => static order => order > 0,
        ">=" => static order => order >= 0,
        _ => null,
    };
}
