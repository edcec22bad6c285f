using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>generate_series over integers.</summary>
internal static class SeriesFunctions
{
    public static readonly RowSource[] All = [Series(SqlType.Int4, false), Series(SqlType.Int8, false), Series(SqlType.Int4, true), Series(SqlType.Int8, true)];

    private static RowSource Series(SqlType type, bool withStep) =>
        new("generate_series", withStep ? [type, type, type] : [type, type], [new("generate_series", type)], (_, arguments) => Numbers(arguments));

    private static IEnumerable<SqlValue[]> Numbers(SqlValue[] arguments)
    {
        if (Array.Exists(arguments, argument => argument.IsNull))
            yield break;
        long last = arguments[1].Int64, step = arguments.Length > 2 ? arguments[2].Int64 : 1;
        if (step == 0)
            throw new PgException(SqlStates.InvalidParameterValue, "step size cannot equal zero");
        var row = new SqlValue[1];
        for (Int128 number = arguments[0].Int64; step > 0 ? number <= last : number >= last; number += step)
        {
            row[0] = SqlValue.From((long)number);
            yield return row;
        }
    }
}
