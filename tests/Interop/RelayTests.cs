using System.Text.RegularExpressions;
using Pgrepl.Shared;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests;

/// <summary>PostgreSQL primary → relay → PostgreSQL standby of one major. Each test leaves all three running and streaming.</summary>
/// <remarks>The standby's base backup has no WAL: every record it replays came through the relay.</remarks>
[TestFixtureSource(typeof(Majors), nameof(Majors.OfScenarios))]
[Parallelizable(ParallelScope.Self)] // its tests share the three, one after the other
public sealed class RelayTests(int major)
{
    private const string Sums = "SELECT (SELECT sum(abalance) FROM pgbench_accounts) || ' ' || (SELECT sum(tbalance) FROM pgbench_tellers) || ' ' || (SELECT count(*) || ' ' || sum(delta) FROM pgbench_history)";

    private int _segmentSize;
    private PostgresServer _primary = null!;
    private PostgresServer _standby = null!;
    private TestNode _relay = null!;

    [OneTimeSetUp]
    public void Start()
    {
        _primary = PostgresServer.OfMajor(major, "autovacuum = off").Start();
        _segmentSize = _primary.SegmentSize;
        _relay = TestNode.Relay(_primary).Start();
        Pgbench("-i", "-s", "1", "-q");
        _standby = _primary.Standby($"host={_relay.Folder} port={_relay.Port} user=postgres application_name=s").Start();
        Eventually.Holds(() => _relay.Streams("s"));
        _primary.HasGivenAllTo(_relay); // the base backup's segment switch too: until all of it is here, a killed relay's WAL ends before it
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _standby?.Dispose();
        _relay?.Dispose();
        _primary?.Dispose();
    }

    [Test]
    public void What_pgbench_writes_on_the_primary_is_on_the_standby_behind_the_relay()
    {
        Pgbench("-n", "-c", "2", "-T", "2");
        StandbyHasEverything();
        Assert.That(_primary.Ask("SELECT state || ' ' || (replay_lsn IS NULL) || ' ' || (flush_lsn <= write_lsn) FROM pg_stat_replication WHERE application_name = 'r'"), Is.EqualTo("streaming true true"),
            "a relay replays nothing and says so");
        Lsn end = Lsn.Parse(_primary.Ask("SELECT pg_current_wal_flush_lsn()"));
        Eventually.Holds(() => _primary.TryAsk($"SELECT flush_lsn >= '{end}' FROM pg_stat_replication WHERE application_name = 'r'") == "t");
        Assert.That(_relay.Ask("SELECT pg_is_in_recovery() || ' ' || (pg_last_wal_replay_lsn() IS NULL) || ' ' || (pg_last_wal_receive_lsn() IS NOT NULL)"), Is.EqualTo("true true true"));
        Assert.That(_relay.Ask("SELECT status FROM pg_stat_wal_receiver"), Is.EqualTo("streaming"));
        RelayHoldsThePrimarysBytes();
    }

    [Test]
    public void Its_view_tells_each_stage_and_the_age_of_the_last_commit_that_is_safe_here()
    {
        string before = _primary.Ask("SELECT clock_timestamp()")!;
        _primary.Ask("CREATE TABLE IF NOT EXISTS stages (n int)");
        _primary.Ask("INSERT INTO stages VALUES (1)");
        string after = _primary.Ask("SELECT clock_timestamp()")!;
        Eventually.Holds(() => _relay.TryAsk($"SELECT last_commit_time >= '{before}' AND last_commit_time <= '{after}' FROM pgrepl_wal_progress") == "t");

        string commit = _relay.Ask("SELECT last_commit_time FROM pgrepl_wal_progress")!;
        Lsn end = Lsn.Parse(_primary.Ask("SELECT pg_logical_emit_message(false, 't', 'no commit')"));
        _primary.Ask("SELECT pg_switch_wal()");
        Eventually.Holds(() => _relay.TryAsk($"SELECT validated_lsn > '{end}' FROM pgrepl_wal_progress") == "t");
        Assert.That(_relay.Ask("SELECT last_commit_time FROM pgrepl_wal_progress"), Is.EqualTo(commit), "the time of a commit, not of a record");
        Eventually.Holds(() => _relay.TryAsk("SELECT upstream_lsn = validated_lsn FROM pgrepl_wal_progress") == "t");
        Assert.That(_relay.Ask("SELECT timeline_id || ' ' || (oldest_lsn < validated_lsn AND validated_lsn <= flushed_lsn AND flushed_lsn <= written_lsn AND written_lsn <= received_lsn) || ' ' || (replayed_lsn IS NULL) FROM pgrepl_wal_progress"),
            Is.EqualTo("1 true true"));
        _relay.Stop();
        _relay.Start();
        Assert.That(_relay.Ask("SELECT last_commit_time FROM pgrepl_wal_progress"), Is.EqualTo(commit), "a restart does not forget it");
        Assert.That(_relay.Ask("SELECT pg_last_xact_replay_timestamp() IS NULL"), Is.EqualTo("t"), "nothing is replayed here");
    }

    [Test]
    public void While_the_primary_is_down_a_restarted_standby_streams_from_the_relay()
    {
        Pgbench("-n", "-t", "50");
        _primary.Stop();
        _standby.Stop();
        _standby.Start();
        Eventually.Holds(() => _standby.TryAsk($"SELECT status FROM pg_stat_wal_receiver WHERE conninfo LIKE '%{_relay.Folder}%'") == "streaming");
        _relay.KillAll();
        _relay.Start(); // with nobody to ask, it serves what it has
        Eventually.Holds(() => _standby.TryAsk("SELECT status FROM pg_stat_wal_receiver") == "streaming");
        Eventually.Holds(() => _relay.Streams("s"));

        _primary.Start();
        Eventually.Holds(() => _primary.TryAsk("SELECT state FROM pg_stat_replication WHERE application_name = 'r'") == "streaming");
        Pgbench("-n", "-t", "50");
        StandbyHasEverything();
        RelayHoldsThePrimarysBytes();
    }

    [Test]
    public void The_whole_relay_killed_under_load_goes_on_where_it_was()
    {
        using (RunningProgram load = new(PostgresTools.Find("pgbench"), "-n", "-c", "4", "-T", "300", _primary.Conninfo))
        {
            for (int kill = 0; kill < 2; kill++)
            {
                Lsn there = ReceivedByRelay();
                Eventually.Holds(() => ReceivedByRelay() > there + (256 << 10));
                Assert.That(load.HasExited, Is.False, "the load must run when the relay dies");
                _relay.KillAll();
                Lsn passedOn = Lsn.Parse(_standby.Ask("SELECT pg_last_wal_receive_lsn()"));
                _relay.Start();
                string end = Regex.Matches(_relay.Log, "end of local WAL: (.*)").Last().Groups[1].Value;
                Assert.That(Lsn.Parse(end), Is.GreaterThanOrEqualTo(passedOn), "what was passed on is still here");
            }
        }
        StandbyHasEverything();
        Assert.That(RelayHoldsThePrimarysBytes(), Is.GreaterThan(major == 10 ? 0 : 4));
        Assert.That(_relay.Log, Does.Not.Contain("PANIC:").And.Not.Contain("differs from our own").And.Not.Contain("invalid WAL"));
    }

    [Test]
    public void A_relay_that_is_stopped_and_started_knows_where_it_was()
    {
        Pgbench("-n", "-t", "50");
        StandbyHasEverything();
        Lsn end = Lsn.Parse(_primary.Ask("SELECT pg_current_wal_insert_lsn()")); // questions prune pages, which is WAL too
        Eventually.Holds(() => ReceivedByRelay() >= end);
        _relay.Stop();
        Assert.That(_relay.Data.ControlFile, Does.Not.Exist);
        RelayFileData stored = RelayFile.Read(_relay.Data);
        Assert.That(stored.SystemId.ToString(), Is.EqualTo(_primary.Ask("SELECT system_identifier FROM pg_control_system()")));
        Assert.That(stored.Validated, Is.GreaterThanOrEqualTo(end), "all that was here when the stop began is known");
        Assert.That(_relay.Pgrepl("status", "-D", _relay.Data.Path).Output, Does.Contain("relay").And.Contain(stored.Validated.ToString()));
        _relay.Start();
        Pgbench("-n", "-t", "50");
        StandbyHasEverything();
    }

    [Test]
    public void Nobody_promotes_a_relay()
    {
        (int code, _, string errors) = _relay.Pgrepl("promote", "-D", _relay.Data.Path);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(errors, Does.Contain("cannot promote a relay"));

        PgException? error = Assert.Throws<PgException>(() => _relay.Ask("SELECT pg_promote()"));
        Assert.That(error!.Message, Does.Contain("cannot promote a relay"));
        Assert.That(error.SqlState, Is.EqualTo(SqlStates.ObjectNotInPrerequisiteState));

        File.WriteAllText(_relay.Data.PromoteFile, "");
        ProcessCalls.Kill(_relay.PostmasterPid!.Value, Signal.SIGUSR1);
        Eventually.Holds(() => !File.Exists(_relay.Data.PromoteFile));
        Eventually.Holds(() => _relay.Log.Contains("LOG:  cannot promote a relay", StringComparison.Ordinal));
        Assert.That(_relay.Ask("SELECT pg_is_in_recovery()"), Is.EqualTo("t"));
        Assert.That(Directory.GetFiles(_relay.Data.Wal, "*.history"), Is.Empty);
    }

    [Test]
    public void What_only_a_control_file_could_tell_is_refused_clearly()
    {
        PgException? error = Assert.Throws<PgException>(() => _relay.Ask("SELECT system_identifier FROM pg_control_system()"));
        Assert.That(error!.SqlState, Is.EqualTo(SqlStates.FeatureNotSupported));
        Assert.That(error.Message, Does.Contain("a relay has no control file"));
    }

    private void Pgbench(params string[] arguments)
    {
        (int code, string output, string errors) = PostgresTools.Run("pgbench", [.. arguments, _primary.Conninfo]);
        Assert.That(code, Is.Zero, output + errors);
    }

    private Lsn ReceivedByRelay() => Lsn.Parse(_relay.TryAsk("SELECT coalesce(pg_last_wal_receive_lsn(), '0/0')") ?? "0/0");

    private void StandbyHasEverything()
    {
        Lsn end = Lsn.Parse(_primary.Ask("SELECT pg_current_wal_flush_lsn()"));
        Eventually.Holds(() => _standby.TryAsk($"SELECT pg_last_wal_replay_lsn() >= '{end}'") == "t");
        Eventually.Holds(() => _standby.TryAsk(Sums) == _primary.TryAsk(Sums)); // sessions of a load that was ended may still end
    }

    /// <returns>How many complete segments the relay has; each was compared.</returns>
    private int RelayHoldsThePrimarysBytes()
    {
        Lsn end = ReceivedByRelay();
        int compared = 0;
        foreach (WalSegment segment in WalDirectory.List(_relay.Data, _segmentSize).Where(s => s.End(_segmentSize) <= end))
        {
            string name = segment.FileName(_segmentSize);
            byte[] ours = File.ReadAllBytes(Path.Combine(_relay.Data.Wal, name)), theirs = File.ReadAllBytes(Path.Combine(_primary.Wal, name));
            Assert.That(ours.AsSpan().SequenceEqual(theirs), $"{name} differs");
            compared++;
        }
        return compared;
    }
}
