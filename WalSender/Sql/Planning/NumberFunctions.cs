namespace Pgrepl.WalSender.Sql;

/// <summary>Functions over numbers.</summary>
internal static class NumberFunctions
{
    private static readonly string[] Units = ["bytes", "kB", "MB", "GB", "TB", "PB"];

    public static readonly SqlFunction[] All =
    [
        new("pg_size_pretty", [SqlType.Int8], SqlType.Text, static (_, values) => SqlValue.From(Pretty(values[0].Int64))) { IsImmutable = true },
        new("pg_size_pretty", [SqlType.Numeric], SqlType.Text, static (_, values) => SqlValue.From(Pretty(values[0].Decimal))) { IsImmutable = true },
        new("round", [SqlType.Numeric], SqlType.Numeric, static (_, values) => SqlValue.From(SqlNumeric.Round(values[0].Decimal, 0))) { IsImmutable = true },
        new("round", [SqlType.Numeric, SqlType.Int4], SqlType.Numeric, static (_, values) => SqlValue.From(SqlNumeric.Round(values[0].Decimal, values[1].Int32))) { IsImmutable = true },
        new("round", [SqlType.Float8], SqlType.Float8, static (_, values) => SqlValue.From(Math.Round(values[0].Double, MidpointRounding.ToEven))) { IsImmutable = true },
        Abs(SqlType.Int2),
        Abs(SqlType.Int4),
        Abs(SqlType.Int8),
        new("abs", [SqlType.Numeric], SqlType.Numeric, static (_, values) => SqlValue.From(Math.Abs(values[0].Decimal))) { IsImmutable = true },
        new("abs", [SqlType.Float8], SqlType.Float8, static (_, values) => SqlValue.From(Math.Abs(values[0].Double))) { IsImmutable = true },
    ];

    private static SqlFunction Abs(SqlType type) =>
        new("abs", [type], type, (_, values) => values[0].Int64 < 0 ? Arithmetic.Negate(type, values[0]) : values[0]) { IsImmutable = true };

    /// <summary>A unit is used up to 10 of the next one (20 half-units), each step rounding half away from zero.</summary>
    /// <remarks>Source of truth: pg_size_pretty, PostgreSQL 15, src/backend/utils/adt/dbsize.c.</remarks>
    private static string Pretty(decimal bytes)
    {
        decimal size = decimal.Truncate(bytes) == bytes ? bytes : bytes;
        int unit = 0;
        if (Math.Abs(size) < 10 * 1024)
            return $"{size} bytes";
        // One bit more than the unit is kept until the last step, for the rounding.
        size = decimal.Truncate(size / 512);
        for (unit = 1; unit < Units.Length - 1 && Math.Abs(size) >= 20 * 1024 - 1; unit++)
            size = decimal.Truncate(size / 1024);
        decimal rounded = decimal.Truncate((size + (size < 0 ? -1 : 1)) / 2);
        return $"{rounded} {Units[unit]}";
    }
}
