using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests;

/// <summary>Promotions above a relay of real PostgreSQL: it follows, and takes a standby along, and neither is ever started anew unless the test says so.</summary>
/// <remarks>a (primary, timeline 1) → b, c (standbys); b → relay → d (standby). One story: each chapter goes on where the last one ended.</remarks>
[TestFixtureSource(typeof(Majors), nameof(Majors.OfScenarios))]
[Parallelizable(ParallelScope.Self)]
public sealed class RelayTimelineTests(int major)
{
    private const string Nowhere = "host=/nowhere user=postgres";

    private PostgresServer _a = null!, _b = null!, _c = null!, _d = null!;
    private TestNode _relay = null!;
    private string _standbyStarted = null!;

    [OneTimeSetUp]
    public void Start()
    {
        _a = PostgresServer.OfMajor(major).Start();
        _a.Ask("CREATE TABLE t (at timestamptz DEFAULT now())");
        _a.Ask("CREATE TABLE filler (text text)");
        _b = _a.Standby(_a.Conninfo).Start();
        _c = _a.Standby(_b.Conninfo).Start();
        Eventually.Holds(() => _b.TryAsk("SELECT status FROM pg_stat_wal_receiver") == "streaming");
        _relay = TestNode.Relay(_b).Start();
        _d = _a.Standby($"host={_relay.Folder} port={_relay.Port} user=postgres application_name=d").Start();
        Eventually.Holds(() => _relay.Streams("d"));
        _standbyStarted = _d.Ask("SELECT pg_postmaster_start_time()")!;
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _d?.Dispose();
        _relay?.Dispose();
        _c?.Dispose();
        _b?.Dispose();
        _a?.Dispose();
    }

    [Test]
    public void Every_promotion_above_is_followed_by_the_relay_and_by_what_hangs_below_it()
    {
        A_standby_that_is_promoted_under_load_is_followed_without_a_restart();
        When_upstream_is_gone_the_relay_goes_over_to_the_promoted_one_at_a_reload_or_by_itself();
        The_history_may_come_before_its_wal();
        The_history_alone_takes_a_standby_to_the_new_timeline();
        Promotions_while_the_relay_was_down_are_followed_at_its_start();
        Assert.That(_d.Ask("SELECT pg_postmaster_start_time()"), Is.EqualTo(_standbyStarted), "the standby was never restarted");
    }

    private void A_standby_that_is_promoted_under_load_is_followed_without_a_restart()
    {
        int? postmaster = _relay.PostmasterPid;
        using (RunningProgram load = new(PostgresTools.Find("pgbench"), "-n", "-c", "2", "-T", "300", "-f", LoadScript(), _a.Conninfo))
        {
            Lsn there = _relay.Received();
            Eventually.Holds(() => _relay.Received() > there + 300_000);
            _b.PromoteStandby();
        }
        Arrives(_b, timeline: 2);
        Assert.That(_relay.PostmasterPid, Is.EqualTo(postmaster));
        Assert.That(_relay.Log, Does.Contain("new target timeline is 2").And.Not.Contain("differs from our own").And.Not.Contain("invalid WAL"));
        Assert.That(File.ReadAllBytes(Path.Combine(_relay.Data.Wal, "00000002.history")), Is.EqualTo(File.ReadAllBytes(Path.Combine(_b.Wal, "00000002.history"))));
    }

    private void When_upstream_is_gone_the_relay_goes_over_to_the_promoted_one_at_a_reload_or_by_itself()
    {
        Eventually.Holds(() => _c.TryAsk("SELECT received_tli FROM pg_stat_wal_receiver") == "2");
        _relay.FollowFrom($"host={_b.Folder},{_c.Folder} port=5432 user=postgres target_session_attrs=read-write application_name=r");
        Arrives(_b, timeline: 2);
        _b.Stop("immediate");
        _c.PromoteStandby();
        Arrives(_c, timeline: 3); // nobody told it

        _c.Stop();
        _relay.FollowFrom($"host={_a.Folder} port=5432 user=postgres application_name=r"); // the first primary, long since left behind
        Eventually.Holds(() => _relay.Log.Contains("highest timeline 1 of the primary is behind recovery timeline 3"));
        _c.Start();
        _relay.FollowFrom($"{_c.Conninfo} application_name=r");
        Arrives(_c, timeline: 3);
    }

    private void The_history_may_come_before_its_wal()
    {
        _relay.FollowFrom(Nowhere);
        Eventually.Holds(() => _c.TryAsk("SELECT count(*) FROM pg_stat_replication") == "0");
        _c.Promote(); // what it writes before it stops is not on the relay: timeline 4 leaves 3 beyond the relay's end
        Lsn end = _relay.Received();
        HandOver("00000004.history");
        Eventually.Holds(() => _relay.Log.Contains("new target timeline is 4"));
        Assert.That(_relay.Received(), Is.EqualTo(end));
        _relay.FollowFrom($"{_c.Conninfo} application_name=r");
        Arrives(_c, timeline: 4);
    }

    private void The_history_alone_takes_a_standby_to_the_new_timeline()
    {
        _c.Stop(); // the relay has everything
        _relay.FollowFrom(Nowhere);
        _c.StartAsStandby();
        _c.PromoteStandby();
        Assert.That(HandOver("00000005.history"), Does.Contain($"4\t{_relay.Received()}\t"), "it forks at the relay's end");
        Eventually.Holds(() => _d.TryAsk("SELECT received_tli FROM pg_stat_wal_receiver") == "5" && _relay.Streams("d")); // caught up: it got what timeline 5 begins with
        Assert.That(Directory.GetFiles(_relay.Data.Wal, "00000005????????????????"), Is.Empty, "no WAL of it has come");
        Assert.That(_relay.Log, Does.Not.Contain("already been removed"));
        _relay.FollowFrom($"{_c.Conninfo} application_name=r");
        Arrives(_c, timeline: 5);
    }

    private void Promotions_while_the_relay_was_down_are_followed_at_its_start()
    {
        _relay.KillAll();
        _c.Promote();
        _c.Ask("INSERT INTO t SELECT now() FROM generate_series(1, 100)");
        _c.Promote();
        _relay.Start("wal_retrieve_retry_interval=60s"); // nothing failed: there is nothing to wait for
        Arrives(_c, timeline: 7);
        Assert.That(RelayFile.Read(_relay.Data).Timeline, Is.EqualTo(new TimelineId(7)));
        _relay.KillAll();
        _relay.Start();
        Arrives(_c, timeline: 7);
    }

    /// <summary>What is written on the promoted server gets to the standby behind the relay, on its timeline.</summary>
    private void Arrives(PostgresServer primary, int timeline)
    {
        Eventually.Holds(() => primary.TryAsk("SELECT pg_is_in_recovery()") == "f");
        primary.Ask("INSERT INTO t DEFAULT VALUES");
        string rows = primary.Ask("SELECT count(*) || ' ' || max(at) FROM t")!;
        Eventually.Holds(() => _d.TryAsk("SELECT count(*) || ' ' || max(at) FROM t") == rows);
        Assert.That(_d.Ask("SELECT received_tli FROM pg_stat_wal_receiver"), Is.EqualTo($"{timeline}"));
        primary.HasGivenAllTo(_relay);
    }

    /// <summary>c's history file comes to the relay by another way than the stream.</summary>
    private string HandOver(string name)
    {
        string text = File.ReadAllText(Path.Combine(_c.Wal, name));
        string aside = Path.Combine(_relay.Folder, name);
        File.WriteAllText(aside, text);
        Build.Expect(Build.Run("mv", [aside, _relay.Data.Wal])); // nobody sees half of it
        return text;
    }

    private string LoadScript()
    {
        string file = Path.Combine(_relay.Folder, "load.sql");
        File.WriteAllText(file, "INSERT INTO filler VALUES (repeat('x', 500));\n");
        return file;
    }
}
