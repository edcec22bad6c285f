namespace Pgrepl.Benchmarks;

/// <summary>Commits of one message each, on PostgreSQL 15, on pgrepl, and on pgrepl that looks for work before it sleeps, by short turns in many rounds; alone and with a
/// synchronous standby of their own kind; and how many commits share one flush of the disk.</summary>
internal static class EmitBenchmark
{
    private const string Theirs = "PostgreSQL", Ours = "pgrepl", Looking = "pgrepl, busy_poll";

    private static readonly int[] Clients = [1, 8, 32];

    /// <param name="seconds">Of one turn.</param>
    /// <param name="plot">File of the plot; <see langword="null"/>: none.</param>
    public static void Run(double seconds, int rounds, string? plot)
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
        using IDisposable sessions = Sql.KeepSessions();

        List<Report> alone = [.. Clients.Select(clients => Rounds("alone", clients))];
        theirStandby.Start();
        ourStandby.Start();
        theirs.Configure("synchronous_standby_names = '*'");
        Build.Expect(PostgresTools.RunAsOwner("pg_ctl", "reload", "-D", theirs.Data));
        settings.Add("synchronous_standby_names = '*'");
        Poll(BusyPolling.Off);
        const string WaitsForStandby = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync' AND flush_lsn >= pg_current_wal_flush_lsn()";
        _ = Timing.Until(() => theirs.TryAsk(WaitsForStandby) == "1" && ours.TryAsk(WaitsForStandby) == "1");
        List<Report> synchronous = [.. Clients.Select(clients => Rounds("with a synchronous standby", clients))];
        if (plot is not null)
            File.WriteAllText(plot, RatePlot.Draw(Clients, [.. Lines(alone, ""), .. Lines(synchronous, " with standby")]));

        Report Rounds(string how, int clients)
        {
            Console.WriteLine($"\n{how}, {clients} client{(clients == 1 ? "" : "s")}");
            Report report = new("commits/s", "commits/flush");
            using HeldLoad onTheirs = new(theirs.Conninfo, clients, script, flushes), onOurs = new(ours.Conninfo, clients, script, flushes);
            _ = onTheirs.Turn(WarmUp(clients));
            _ = onOurs.Turn(WarmUp(clients));
            (string Contestant, HeldLoad Load, int Poll)[] turns = [(Theirs, onTheirs, BusyPolling.Off), (Ours, onOurs, BusyPolling.Off), (Looking, onOurs, BusyPolling.On)];
            for (int round = 0; round < rounds; round++)
            {
                foreach ((string contestant, HeldLoad load, int poll) in turns)
                {
                    Poll(poll);
                    report.Add(contestant, load.Turn(seconds));
                }
                Array.Reverse(turns); // nobody is always behind the same one
            }
            report.PrintMedians();
            foreach (string contestant in (string[])[Ours, Looking])
                report.PrintRatioByRound($"commits {how}, {clients} clients, at least 1.0 wanted", contestant, Theirs, column: 0);
            return report;
        }

        void Poll(int microseconds)
        {
            foreach (TestNode node in (TestNode[])[ours, ourStandby])
                BusyPolling.Switch(node, microseconds, settings);
        }
    }

    /// <summary>Seconds after which every session of ours, on two cores, has had the calls that its methods are compiled for the last time after.</summary>
    private static int WarmUp(int clients) => 5 + clients * 2 / 3;

    private static IEnumerable<(string Name, double[] Rates)> Lines(List<Report> byClients, string suffix) =>
        ((string[])[Theirs, Ours, Looking]).Select(contestant => (contestant + suffix, byClients.Select(report => report.Median(contestant, column: 0)).ToArray()));
}
