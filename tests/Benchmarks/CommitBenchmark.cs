using Pgrepl.Shared.Native;

namespace Pgrepl.Benchmarks;

/// <summary>Commits per second of a PostgreSQL 15 that waits for one follower: pg_receivewal --synchronous, a PostgreSQL standby, a relay as witness, and that relay
/// when it looks for work before it sleeps. All have run since the start; SIGSTOP holds those whose turn it is not. Short turns in many rounds, since a disk's
/// speed changes from minute to minute.</summary>
internal static class CommitBenchmark
{
    private const string Tool = "tool", Standby = "standby", Relay = "relay", Looking = "relay, busy_poll";

    private static readonly int[] Clients = [1, 16];

    /// <param name="seconds">Of one turn.</param>
    /// <param name="rounds">Behind the first, which does not count.</param>
    public static void Run(int seconds, int rounds)
    {
        using PostgresServer primary = PostgresServer.Primary(16, "fsync = on", "max_wal_size = 20GB", "checkpoint_timeout = 1h", "synchronous_commit = local", "autovacuum = off",
            "wal_keep_size = 20GB", "wal_sender_timeout = 0").Start();
        Build.Expect(PostgresTools.Run("pgbench", "-i", "-q", "-s", "10", primary.Conninfo));
        using PostgresServer standby = primary.Standby($"{primary.Conninfo} application_name={Standby}");
        standby.Configure("fsync = on", "wal_receiver_timeout = 0");
        standby.Start();
        using TestNode relay = TestNode.Relay(primary, Relay);
        Poll(BusyPolling.Off);
        relay.Start();
        using ArchiveFolder folder = new();
        using RunningProgram tool = new(PostgresTools.Find("pg_receivewal"), "-D", folder.Path, "--synchronous", "-d", $"{primary.Conninfo} application_name={Tool}");
        Dictionary<string, Func<IEnumerable<int>>> processes = new()
        {
            [Tool] = () => [tool.Pid],
            [Standby] = () => ProcessFacts.Of(standby.Data),
            [Relay] = () => ProcessFacts.Of(relay.Data.Path),
        };
        _ = Timing.Until(() => processes.Keys.All(HasAll));
        foreach (string setting in (string[])[$"synchronous_standby_names = 'ANY 1 ({Tool}, {Standby}, {Relay})'", "synchronous_commit = on"])
            Build.Expect(PostgresTools.Run("psql", "-X", "-c", $"ALTER SYSTEM SET {setting}", "-c", "SELECT pg_reload_conf()", "-d", primary.Conninfo));

        Report report = new([.. Clients.Select(clients => $"tps, {clients} client{(clients == 1 ? "" : "s")}")]);
        foreach (string follower in processes.Keys)
            Send(follower, Signal.SIGSTOP);
        try
        {
            for (int round = 0; round <= rounds; round++)
            {
                foreach ((string contestant, string follower) in ((string, string)[])[(Tool, Tool), (Standby, Standby), (Relay, Relay), (Looking, Relay)])
                {
                    double[] rates = Turn(contestant, follower);
                    if (round > 0)
                        report.Add(contestant, rates);
                }
            }
        }
        finally
        {
            foreach (string follower in processes.Keys)
                Send(follower, Signal.SIGCONT);
        }
        report.PrintMedians();
        foreach (string ours in (string[])[Relay, Looking])
        {
            for (int i = 0; i < Clients.Length; i++)
            {
                string better = report.Median(Tool, i) > report.Median(Standby, i) ? Tool : Standby;
                report.PrintRatio($"commits through the witness, {Clients[i]} clients, at least 1.0 wanted", ours, better, i);
            }
        }

        double[] Turn(string contestant, string follower)
        {
            Send(follower, Signal.SIGCONT);
            if (follower == Relay)
                Poll(contestant == Looking ? BusyPolling.On : BusyPolling.Off);
            _ = Timing.Until(() => HasAll(follower));
            double[] rates = [.. Clients.Select(clients => PgBench.Run(primary.Conninfo, clients, seconds, warmUp: 0, "-N"))];
            Send(follower, Signal.SIGSTOP);
            return rates;
        }

        bool HasAll(string follower) =>
            primary.TryAsk($"SELECT count(*) FROM pg_stat_replication WHERE application_name = '{follower}' AND flush_lsn >= pg_current_wal_flush_lsn()") == "1";

        void Send(string follower, int signal)
        {
            foreach (int pid in processes[follower]())
                ProcessCalls.Kill(pid, signal);
        }

        void Poll(int microseconds) => BusyPolling.Switch(relay, microseconds, "wal_receiver_timeout = 0");
    }
}
