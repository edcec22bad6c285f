using System.Globalization;
using System.Text.RegularExpressions;

namespace Pgrepl.Benchmarks;

/// <summary>pgbench 15, one thread.</summary>
internal static partial class PgBench
{
    /// <param name="seconds">Behind the warm-up.</param>
    /// <param name="warmUp">Seconds that do not count, so that nobody is measured while its sessions start.</param>
    /// <param name="script">pgbench's options for what it runs.</param>
    /// <returns>Transactions per second without the warm-up.</returns>
    public static double Run(string conninfo, int clients, int seconds, int warmUp, params string[] script)
    {
        (int code, string output, string errors) = Build.Run(PostgresTools.Find("pgbench"),
            ["-n", "-c", $"{clients}", "-j", "1", "-T", $"{warmUp + seconds}", "-P", "1", .. script, conninfo], (warmUp + seconds + 60) * 1000);
        if (code != 0)
            throw new InvalidOperationException(output + errors);
        double[] rates = [.. ProgressLine().Matches(errors).Where(line => Number(line.Groups[1].Value) > warmUp).Select(line => Number(line.Groups[2].Value))];
        return rates.Average();
    }

    /// <param name="transactions">So many of each client.</param>
    public static void Count(string conninfo, int clients, int transactions, params string[] script) =>
        Build.Expect(PostgresTools.Run("pgbench", ["-n", "-c", $"{clients}", "-j", "1", "-t", $"{transactions}", .. script, conninfo]));

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"progress: ([\d.]+) s, ([\d.]+) tps")]
    private static partial Regex ProgressLine();
}
