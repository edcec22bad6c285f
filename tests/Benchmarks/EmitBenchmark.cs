namespace Pgrepl.Benchmarks;

/// <summary>Commits of one message each, on PostgreSQL 15, on pgrepl, and on pgrepl that looks for work before it sleeps, by turns; alone and with a synchronous standby
/// of their own kind; and how many commits share one flush of the disk.</summary>
internal static class EmitBenchmark
{
    private const string Theirs = "PostgreSQL", Ours = "pgrepl", Looking = "pgrepl, busy_poll";

    private static readonly int[] Clients = [1, 8, 32];

    /// <param name="seconds">Of one turn, behind its warm-up.</param>
    /// <param name="plot">File of the plot; <see langword="null"/>: none.</param>
    public static void Run(int seconds, int rounds, string? plot)
    {
        using PostgresServer theirs = PostgresServer.Primary(16, "fsync = on", "synchronous_commit = on", "max_wal_size = 20GB", "checkpoint_timeout = 1h", "autovacuum = off").Start();
        using PostgresServer theirStandby = theirs.Standby($"{theirs.Conninfo} application_name=b");
        theirStandby.Configure("fsync = on");
        List<string> settings = ["max_wal_size = '20GB'", "checkpoint_timeout = '1h'"];
        using TestNode ours = TestNode.Primary();
        ours.Configure([.. settings]);
        ours.Start();
        using TestNode ourStandby = ours.Standby();
        string script = Path.Combine(ours.Folder, "emit.sql");
        File.WriteAllText(script, "SELECT pg_logical_emit_message(true, 'bench', repeat('x', 200));\n");
        DiskFlushes flushes = new(ours.Folder);

        Report alone = Turns("alone");
        theirStandby.Start();
        ourStandby.Start();
        theirs.Configure("synchronous_standby_names = '*'");
        Build.Expect(PostgresTools.RunAsOwner("pg_ctl", "reload", "-D", theirs.Data));
        settings.Add("synchronous_standby_names = '*'");
        Poll(BusyPolling.Off);
        const string WaitsForStandby = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync' AND flush_lsn >= pg_current_wal_flush_lsn()";
        _ = Timing.Until(() => theirs.TryAsk(WaitsForStandby) == "1" && ours.TryAsk(WaitsForStandby) == "1");
        Report synchronous = Turns("with a synchronous standby");
        if (plot is not null)
            File.WriteAllText(plot, RatePlot.Draw(Clients, [.. Lines(alone, ""), .. Lines(synchronous, " with standby")]));

        Report Turns(string how)
        {
            Console.WriteLine($"\n{how}");
            Report report = new([.. Clients.SelectMany(clients => new[] { $"tps {clients}", $"commits/flush {clients}" })]);
            for (int round = 0; round < rounds; round++)
            {
                List<double> theirRates = [], ourRates = [], lookingRates = [];
                foreach (int clients in Clients)
                {
                    theirRates.AddRange(Turn(theirs.Conninfo, clients));
                    ourRates.AddRange(Turn(ours.Conninfo, clients));
                    Poll(BusyPolling.On);
                    lookingRates.AddRange(Turn(ours.Conninfo, clients));
                    Poll(BusyPolling.Off);
                }
                report.Add(Theirs, [.. theirRates]);
                report.Add(Ours, [.. ourRates]);
                report.Add(Looking, [.. lookingRates]);
            }
            report.PrintMedians();
            foreach (string contestant in (string[])[Ours, Looking])
                for (int i = 0; i < Clients.Length; i++)
                    report.PrintRatio($"commits {how}, {Clients[i]} clients, at least 1.0 wanted", contestant, Theirs, 2 * i);
            return report;
        }

        void Poll(int microseconds)
        {
            foreach (TestNode node in (TestNode[])[ours, ourStandby])
                BusyPolling.Switch(node, microseconds, settings);
        }

        double[] Turn(string conninfo, int clients)
        {
            long before = flushes.Count();
            (double rate, long transactions) = PgBench.Run(conninfo, clients, seconds, WarmUp(clients), "-f", script);
            return [rate, (double)transactions / Math.Max(1, flushes.Count() - before)];
        }
    }

    /// <summary>Seconds after which every session of ours, on two cores, has had the calls that its methods are compiled for the last time after.</summary>
    private static int WarmUp(int clients) => 5 + clients * 2 / 3;

    private static IEnumerable<(string Name, double[] Rates)> Lines(Report report, string suffix) =>
        ((string[])[Theirs, Ours, Looking]).Select(contestant => (contestant + suffix, Clients.Select((_, i) => report.Median(contestant, 2 * i)).ToArray()));
}
