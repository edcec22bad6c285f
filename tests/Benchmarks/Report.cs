using System.Globalization;

namespace Pgrepl.Benchmarks;

/// <summary>Measurements by contestant; prints them as they come, and at the end the median of each and the ratios.</summary>
internal sealed class Report(params string[] columns)
{
    private readonly OrderedDictionary<string, List<double[]>> _rows = [];

    public void Add(string contestant, params double[] values)
    {
        if (!_rows.TryGetValue(contestant, out List<double[]>? rows))
            _rows[contestant] = rows = [];
        rows.Add(values);
        Console.WriteLine($"{contestant,-44} {string.Join("  ", columns.Zip(values, (column, value) => $"{column} {Show(value)}"))}");
    }

    public double Median(string contestant, int column) => Quantile([.. _rows[contestant].Select(row => row[column]).Order()], 0.5);

    public void PrintMedians()
    {
        Console.WriteLine($"\n| median of {_rows.GetAt(0).Value.Count} | {string.Join(" | ", columns)} |\n|---|{string.Concat(columns.Select(_ => "---|"))}");
        foreach (string contestant in _rows.Keys)
            Console.WriteLine($"| {contestant} | {string.Join(" | ", columns.Select((_, i) => Show(Median(contestant, i))))} |");
        Console.WriteLine();
    }

    /// <param name="ours">Contestant.</param>
    /// <param name="theirs">Contestant.</param>
    public void PrintRatio(string what, string ours, string theirs, int column) =>
        Console.WriteLine($"{what}: {Show(Median(ours, column) / Median(theirs, column))} ({ours} / {theirs})");

    /// <summary>The median, and the quartiles, of the ratios in each round: what the machine did in that round has met both.</summary>
    /// <inheritdoc cref="PrintRatio"/>
    public void PrintRatioByRound(string what, string ours, string theirs, int column)
    {
        double[] sorted = [.. _rows[ours].Zip(_rows[theirs], (our, their) => our[column] / their[column]).Order()];
        Console.WriteLine($"{what}: {Show(Quantile(sorted, 0.5))} ({Show(Quantile(sorted, 0.25))} to {Show(Quantile(sorted, 0.75))}; {ours} / {theirs})");
    }

    private static double Quantile(double[] sorted, double part)
    {
        double at = (sorted.Length - 1) * part;
        int below = (int)at;
        return sorted[below] + (at - below) * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]);
    }

    private static string Show(double value) => value.ToString(value >= 100 ? "0" : value >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);
}
