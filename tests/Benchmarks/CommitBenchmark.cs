using System.Globalization;
using System.Text.RegularExpressions;

namespace Pgrepl.Benchmarks;

/// <summary>Commits per second of a PostgreSQL 15 that waits for one synchronous follower: pg_receivewal --synchronous, a PostgreSQL standby, a relay as witness.</summary>
internal static partial class CommitBenchmark
{
    private static readonly int[] Clients = [1, 16];

    public static void Run(int seconds, int rounds)
    {
        using PostgresServer primary = PostgresServer.Primary(16, "fsync = on", "max_wal_size = 20GB", "checkpoint_timeout = 1h", "synchronous_commit = on", "autovacuum = off").Start();
        Build.Expect(PostgresTools.Run("pgbench", "-i", "-q", "-s", "10", primary.Conninfo));
        using PostgresServer standby = primary.Standby($"{primary.Conninfo} application_name=standby");
        standby.Configure("fsync = on");
        standby.Start();
        using TestNode relay = TestNode.Relay(primary, "relay").Start();
        using ArchiveFolder folder = new();
        using RunningProgram tool = new(PostgresTools.Find("pg_receivewal"), "-D", folder.Path, "--synchronous", "-d", $"{primary.Conninfo} application_name=tool");
        Report report = new([.. Clients.Select(clients => $"tps, {clients} client{(clients == 1 ? "" : "s")}")]);
        for (int round = 0; round < rounds; round++)
        {
            foreach (string name in new[] { "tool", "standby", "relay" })
            {
                primary.Configure($"synchronous_standby_names = '{name}'");
                primary.Ask("SELECT pg_reload_conf()");
                _ = Timing.Until(() => primary.Ask($"SELECT sync_state FROM pg_stat_replication WHERE application_name = '{name}'") == "sync");
                report.Add(name, [.. Clients.Select(clients => Tps(primary, clients, seconds))]);
            }
        }
        report.PrintMedians();
        for (int i = 0; i < Clients.Length; i++)
        {
            string better = report.Median("tool", i) > report.Median("standby", i) ? "tool" : "standby";
            report.PrintRatio($"commits through the witness, {Clients[i]} clients, at least 1.0 wanted", "relay", better, i);
        }
    }

    /// <summary>Small transactions that change one row.</summary>
    private static double Tps(PostgresServer primary, int clients, int seconds)
    {
        (int code, string output, string errors) = Build.Run(PostgresTools.Find("pgbench"), ["-n", "-N", "-c", $"{clients}", "-j", "1", "-T", $"{seconds}", primary.Conninfo], (seconds + 60) * 1000);
        return code == 0 ? double.Parse(TpsLine().Match(output).Groups[1].Value, CultureInfo.InvariantCulture) : throw new InvalidOperationException(output + errors);
    }

    [GeneratedRegex(@"tps = ([\d.]+)")]
    private static partial Regex TpsLine();
}
