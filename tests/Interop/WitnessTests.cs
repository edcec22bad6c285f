using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests;

/// <summary>A relay that a PostgreSQL primary waits for: what it has said to have is there when the primary is not.</summary>
public sealed class WitnessTests
{
    private const int Clients = 8;

    [Test]
    public void When_primary_and_relay_are_lost_at_once_an_old_backup_and_the_relays_WAL_have_every_acknowledged_row(
        [Values("remote_write", "on")] string level, [ValueSource(typeof(Majors), nameof(Majors.OfScenarios))] int major)
    {
        Random random = Seed.New();
        using PostgresServer primary = PostgresServer.OfMajor(major, $"synchronous_commit = {level}").Start();
        using TestNode relay = TestNode.Relay(primary).Start();
        primary.Ask("CREATE TABLE t (n int)");
        using PostgresServer recovered = primary.Backup();
        MakeSynchronous(primary, "r");
        Lsn start = Lsn.Parse(primary.Ask("SELECT pg_current_wal_lsn()"));

        using (Load load = new(primary.Connect, number => $"INSERT INTO t VALUES ({number})", Clients))
        {
            Eventually.Holds(() => load.Acknowledged.Count > 500 && Lsn.Parse(primary.Ask("SELECT pg_current_wal_lsn()")) > start + (256 << 10));
            Action[] losses = [primary.KillAll, relay.KillAll];
            random.Shuffle(losses);
            Parallel.Invoke(losses);
            load.Dispose();
            Build.Expect(Build.Run("cp", ["-a", "-T", relay.Data.Wal, recovered.Wal]));
            recovered.Start();
            HashSet<string> rows = [.. recovered.Ask("SELECT string_agg(n::text, ' ') FROM t")!.Split(' ')];
            Assert.That(load.Acknowledged.Where(number => !rows.Contains($"{number}")), Is.Empty, "acknowledged and lost");
        }
    }

    [TestCaseSource(typeof(Majors), nameof(Majors.OfScenarios))]
    public void Remote_apply_through_a_relay_is_warned_about(int major)
    {
        const string Warning = "WARNING:  synchronous_commit is remote_apply on the upstream server, and a relay never applies anything";
        using PostgresServer primary = PostgresServer.OfMajor(major).Start();
        using TestNode relay = TestNode.Relay(primary).Start();
        Eventually.Holds(() => primary.TryAsk("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == "1");
        Assert.That(relay.Log, Does.Not.Contain("remote_apply"));
        primary.Configure("synchronous_commit = remote_apply");
        primary.Ask("SELECT pg_reload_conf()");
        primary.Ask("SELECT pg_terminate_backend(pid) FROM pg_stat_replication");
        Eventually.Holds(() => relay.Log.Contains(Warning));
    }

    [TestCaseSource(typeof(Majors), nameof(Majors.OfScenarios))]
    public void On_a_full_disk_it_disconnects_so_that_the_next_standby_counts_and_comes_back_when_there_is_room(int major)
    {
        using PostgresServer primary = PostgresServer.OfMajor(major).Start();
        using TestNode relay = TestNode.Relay(primary);
        int segment = primary.SegmentSize;
        using SmallDisk disk = new(relay.Data.Wal, megabytes: 8 * (segment >> 20), owner: "postgres");
        string ballast = Path.Combine(relay.Data.Wal, "ballast");
        relay.Start();
        using PostgresServer standby = primary.Standby($"{primary.Conninfo} application_name=s").Start();
        primary.Ask("CREATE TABLE t (n int, filler text)");
        MakeSynchronous(primary, "r");
        primary.Configure("synchronous_standby_names = 'FIRST 1 (r, s)'");
        primary.Ask("SELECT pg_reload_conf()");
        Eventually.Holds(() => primary.TryAsk("SELECT string_agg(application_name || sync_state, ' ' ORDER BY application_name) FROM pg_stat_replication") == "rsync spotential");

        File.WriteAllBytes(ballast, new byte[5 * segment]);
        using (Load load = new(primary.Connect, number => $"INSERT INTO t VALUES ({number})", 2))
        {
            Eventually.Holds(() => WriteHalfASegment(primary) && relay.Log.Contains("No space left on device"));
            int before = load.Acknowledged.Count;
            Eventually.Holds(() => load.Acknowledged.Count > before + 300);
            Lsn there = Lsn.Parse(relay.Ask("SELECT flushed_lsn FROM pgrepl_wal_progress"));
            Assert.That(there, Is.LessThan(Lsn.Parse(primary.Ask("SELECT pg_current_wal_lsn()"))), "it has not got all of that");
            Assert.That(primary.Ask($"SELECT coalesce(bool_and(flush_lsn <= '{there}'), true) FROM pg_stat_replication WHERE application_name = 'r'"), Is.EqualTo("t"), "and does not say that it has");

            File.Delete(ballast);
            Eventually.Holds(() => primary.TryAsk("SELECT sync_state FROM pg_stat_replication WHERE application_name = 'r' AND state = 'streaming'") == "sync");
        }
        Assert.That(relay.Log, Does.Not.Contain("PANIC:").And.Not.Contain("differs from our own"));
    }

    private static bool WriteHalfASegment(PostgresServer primary)
    {
        primary.Ask($"INSERT INTO t SELECT n, repeat('x', 500) FROM generate_series(1, {primary.SegmentSize / 1100}) n");
        return true;
    }

    /// <summary>From now on every commit waits for that standby.</summary>
    private static void MakeSynchronous(PostgresServer primary, string name)
    {
        primary.Configure($"synchronous_standby_names = '{name}'");
        primary.Ask("SELECT pg_reload_conf()");
        Eventually.Holds(() => primary.TryAsk($"SELECT sync_state FROM pg_stat_replication WHERE application_name = '{name}' AND state = 'streaming'") == "sync");
    }
}
