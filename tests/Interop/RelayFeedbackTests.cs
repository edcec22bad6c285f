using Pgrepl.Shared.Libpq;

namespace Pgrepl.Interop.Tests;

/// <summary>hot_standby_feedback from PostgreSQL 15 standbys through a relay to their primary.</summary>
public sealed class RelayFeedbackTests
{
    private const string Begin = "BEGIN ISOLATION LEVEL REPEATABLE READ", Xmin = "SELECT txid_snapshot_xmin(txid_current_snapshot())";

    private PostgresServer _primary = null!;
    private TestNode _relay = null!;
    private PostgresServer _one = null!;
    private PostgresServer _two = null!;

    [OneTimeSetUp]
    public void Start()
    {
        _primary = PostgresServer.Primary(segmentMegabytes: 1, "autovacuum = off").Start();
        _primary.Ask("CREATE TABLE t AS SELECT 1 AS n");
        _relay = TestNode.RelayOf(_primary.Conninfo, "r");
        Pass(true);
        _relay.Start();
        _relay.Ask("SELECT pg_create_physical_replication_slot('two', true)");
        _one = Standby("one");
        _two = Standby("two");
        _two.Configure("primary_slot_name = 'two'");
        _one.Start();
        _two.Start();
        Eventually.Holds(() => _relay.Streams("one") && _relay.Streams("two"));
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _one?.Dispose();
        _two?.Dispose();
        _relay?.Dispose();
        _primary?.Dispose();
    }

    [Test]
    public void The_oldest_query_of_all_standbys_holds_on_the_primary_and_only_while_it_runs()
    {
        using PgClient older = _two.Connect(), younger = _one.Connect();
        string two = BeginReading(older);
        _primary.Ask("DELETE FROM t");
        CatchUp(_one);
        string one = BeginReading(younger);
        Assert.That(ulong.Parse(one), Is.GreaterThan(ulong.Parse(two)));

        Eventually.Holds(() => OnPrimary() == two);
        Eventually.Holds(() => _relay.Ask("SELECT backend_xmin FROM pg_stat_replication WHERE application_name = 'one'") == one);
        Assert.That(_relay.Ask("SELECT xmin || ' ' || coalesce(catalog_xmin::text, '-') FROM pg_replication_slots"), Is.EqualTo($"{two} -"));
        Assert.That(_relay.Ask("SELECT coalesce(backend_xmin::text, '-') FROM pg_stat_replication WHERE application_name = 'two'"), Is.EqualTo("-"), "its slot holds it");
        _primary.Ask("VACUUM t");
        CatchUp(_two);
        Assert.That(Ask(older, "SELECT count(*) FROM t"), Is.EqualTo("1"), "the row that was deleted since");

        Pass(false);
        Eventually.Holds(() => OnPrimary() == "-"); // PostgreSQL: what comes from below goes up only if this node is told to
        Pass(true);
        Eventually.Holds(() => OnPrimary() == two);

        Ask(older, "COMMIT");
        Eventually.Holds(() => OnPrimary() == one);
        Assert.That(Ask(younger, "SELECT count(*) FROM t"), Is.EqualTo("0"));
        Ask(younger, "COMMIT");
        _primary.Ask("INSERT INTO t VALUES (2)");
        Eventually.Holds(() => OnPrimary() != one);

        _two.Stop(); // its slot keeps what it wants, over a restart of the relay too
        string kept = _relay.Ask("SELECT xmin FROM pg_replication_slots")!;
        _one.Stop();
        _relay.Stop();
        _relay.Start();
        Assert.That(_relay.Ask("SELECT xmin FROM pg_replication_slots"), Is.EqualTo(kept));
        _primary.Ask("INSERT INTO t VALUES (3)");
        Eventually.Holds(() => OnPrimary() == "-"); // the slot's file has 32 bits, and nobody has told the others
        _primary.Ask("CHECKPOINT");
        Eventually.Holds(() => OnPrimary() == kept);
        _one.Start();
        Eventually.Holds(() => OnPrimary() == kept);
        _one.Stop();
        Eventually.Holds(() => _relay.TryAsk("SELECT count(*) FROM pg_stat_replication") == "0");
        _relay.Ask("SELECT pg_drop_replication_slot('two')");
        Eventually.Holds(() => OnPrimary() == "-");
    }

    private PostgresServer Standby(string name)
    {
        PostgresServer standby = _primary.Standby($"host={_relay.Folder} port={_relay.Port} user=postgres application_name={name}");
        standby.Configure("hot_standby_feedback = on", "wal_receiver_status_interval = 1s");
        return standby;
    }

    /// <summary>Sets hot_standby_feedback of the relay, which may run.</summary>
    private void Pass(bool on)
    {
        _relay.Configure($"hot_standby_feedback = {(on ? "true" : "false")}", "wal_receiver_status_interval = '1s'");
        if (_relay.PostmasterPid is not null)
            Build.Expect(_relay.Pgrepl("reload", "-D", _relay.Data.Path));
    }

    private string? OnPrimary() => _primary.TryAsk("SELECT coalesce(backend_xmin::text, '-') FROM pg_stat_replication WHERE application_name = 'r'");

    private void CatchUp(PostgresServer standby)
    {
        string end = _primary.Ask("SELECT pg_current_wal_flush_lsn()")!;
        Eventually.Holds(() => standby.TryAsk($"SELECT pg_last_wal_replay_lsn() >= '{end}'") == "t");
    }

    /// <returns>Its oldest transaction.</returns>
    private static string BeginReading(PgClient client)
    {
        Ask(client, Begin);
        return Ask(client, Xmin)!;
    }

    private static string? Ask(PgClient client, string sql)
    {
        using PgResult result = client.QueryOrThrow(sql);
        return result.Rows > 0 ? result.Value(0, 0) : null;
    }
}
