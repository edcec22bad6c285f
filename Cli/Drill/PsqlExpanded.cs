using System.Globalization;
using System.Text;
using Pgrepl.Shared.Libpq;

namespace Pgrepl.Cli.Drill;

/// <summary>An answer as psql prints it with expanded display on.</summary>
/// <remarks>Source of truth: print_aligned_vertical, PostgreSQL 15, src/fe_utils/print.c (border 1, one line a value).</remarks>
internal static class PsqlExpanded
{
    internal static string Format(PgResult result)
    {
        if (result.Rows == 0)
            return "(0 rows)\n";
        string[] names = [.. Enumerable.Range(0, result.Columns).Select(result.ColumnName)];
        int nameWidth = names.Max(name => name.Length);
        int valueWidth = 0;
        for (int row = 0; row < result.Rows; row++)
        {
            for (int column = 0; column < names.Length; column++)
                valueWidth = Math.Max(valueWidth, (result.Value(row, column) ?? "").Length);
        }
        var text = new StringBuilder();
        for (int row = 0; row < result.Rows; row++)
        {
            text.Append(Header(row + 1, nameWidth, valueWidth)).Append('\n');
            for (int column = 0; column < names.Length; column++)
                text.Append(names[column].PadRight(nameWidth)).Append(" | ").Append(result.Value(row, column) ?? "").Append('\n');
        }
        return text.ToString();
    }

    /// <summary>A rule as wide as the table, with a joint between names and values and the record's number laid over it.</summary>
    private static string Header(int record, int nameWidth, int valueWidth)
    {
        string rule = new string('-', nameWidth + 1) + "+" + new string('-', valueWidth + 1);
        string label = string.Create(CultureInfo.InvariantCulture, $"-[ RECORD {record} ]");
        return label.Length >= rule.Length ? label : label + rule[label.Length..];
    }
}
