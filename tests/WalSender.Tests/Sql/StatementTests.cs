using System.Text;
using Pgrepl.Shared;
using Pgrepl.Shared.Node;
using Pgrepl.Wal;
using Pgrepl.WalSender.Sql;

namespace Pgrepl.WalSender.Tests;

/// <summary>What this node answers of its own: its host's data, and what it does not do.</summary>
[TestFixture]
public sealed class StatementTests
{
    [Test]
    public void Message_content_arrives_byte_for_byte()
    {
        var client = new TestClient();
        client.Row("SELECT pg_logical_emit_message(false, 'ä', 'ö' || repeat('x', 3))");
        Assert.That((client.Host.LastPrefix, client.Host.LastContent), Is.EqualTo(("ä"u8.ToArray(), "öxxx"u8.ToArray())));
        client.Row("SELECT pg_logical_emit_message(true, 'p', '\\x00ff'::bytea)");
        Assert.That(client.Host.LastContent, Is.EqualTo(new byte[] { 0, 255 }));
        client.Send(FrontendMessages.New().Parse("SELECT pg_logical_emit_message(true, $1, $2)", types: [25, 17]).Bind(parameters: ["p", new byte[] { 1, 0, 2 }]).Execute().Sync());
        Assert.That(client.Host.LastContent, Is.EqualTo(new byte[] { 1, 0, 2 }));
    }

    [Test]
    public void Null_argument_emits_nothing()
    {
        var client = new TestClient();
        Assert.That(client.Row("SELECT pg_logical_emit_message(true, NULL, 'x')"), Is.EqualTo("NULL"));
        Assert.That(client.Host.Calls, Does.Not.Contain("emit t  1"));
    }

    [Test]
    public void One_statement_may_emit_many_messages()
    {
        var client = new TestClient();
        List<string> lines = client.Query("SELECT pg_logical_emit_message(true, 'n', g::text) FROM generate_series(1, 1000) g");
        Assert.That(lines[^2], Is.EqualTo("C SELECT 1000"));
        Assert.That(client.Host.Calls, Has.Count.EqualTo(1002));
    }

    [Test]
    public void Replication_views_show_the_hosts_rows()
    {
        var client = new TestClient();
        client.Host.Processes.AddRange([FakeHost.Client(11, "10.0.0.7"), FakeHost.Client(12)]);
        client.Host.Senders.AddRange(
        [
            new(11, "streaming", new Lsn(0x3000060), new Lsn(0x3000060), new Lsn(0x3000060), Lsn.Invalid, 123, 3_600_000_000, -1, 1, "sync", 817_000_000_000_123),
            new(12, "catchup", new Lsn(0x2000000), Lsn.Invalid, Lsn.Invalid, Lsn.Invalid, null, null, null, 0, "async", null),
            new(13, "startup", Lsn.Invalid, Lsn.Invalid, Lsn.Invalid, Lsn.Invalid, null, null, null, 0, "async", null), // gone from the process table
        ]);
        Assert.That(client.Query("SELECT pid, usesysid, usename, application_name, client_addr, client_port, state, sent_lsn, replay_lsn, write_lag, flush_lag, replay_lag, sync_priority, sync_state, reply_time FROM pg_stat_replication ORDER BY pid")[1..^2],
            Is.EqualTo(new[]
            {
                "D 11|10|postgres|standby|10.0.0.7|40000|streaming|0/3000060|NULL|00:00:00.000123|01:00:00|NULL|1|sync|2025-11-21 00:26:40.000123+00",
                "D 12|10|postgres|standby|NULL|-1|catchup|0/2000000|NULL|NULL|NULL|NULL|0|async|NULL",
            }));
        Assert.That(client.Row("SELECT count(*) FROM pg_stat_get_wal_senders()"), Is.EqualTo("3"));
        Assert.That(client.Row("SELECT max(write_lag), min(sent_lsn) FROM pg_stat_replication"), Is.EqualTo("00:00:00.000123|0/2000000"));
        Assert.That(client.Row("SELECT client_addr, query, backend_type FROM pg_stat_activity WHERE client_addr IS NOT NULL"), Is.EqualTo("10.0.0.7|START_REPLICATION|walsender"));
        Assert.That(client.Row("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), sent_lsn) FROM pg_stat_replication WHERE pid = 12"), Is.EqualTo("16777312"));
    }

    [Test]
    public void Walreceiver_is_shown_and_missing_is_one_row_of_nulls_to_the_function_only()
    {
        var client = new TestClient();
        Assert.That(client.Query("SELECT * FROM pg_stat_wal_receiver")[1], Is.EqualTo("C SELECT 0"));
        Assert.That(client.Query("SELECT * FROM pg_stat_get_wal_receiver()")[1], Is.EqualTo("D " + string.Join('|', Enumerable.Repeat("NULL", 15))));
        client.Host.Receiver = new WalReceiverRow(99, "streaming", new Lsn(0x3000000), TimelineId.First, new Lsn(0x3000100), new Lsn(0x30000F0), TimelineId.First, 0, 817_000_000_000_000, new Lsn(0x3000100), null, "",
            "/tmp", 5432, "host=/tmp password=********");
        const string Expected = "99|streaming|0/3000000|1|0/3000100|0/30000F0|1|NULL|2025-11-21 00:26:40+00|0/3000100|NULL|NULL|/tmp|5432|host=/tmp password=********";
        Assert.That(client.Row("SELECT * FROM pg_stat_wal_receiver"), Is.EqualTo(Expected));
        Assert.That(client.Row("SELECT * FROM pg_stat_get_wal_receiver()"), Is.EqualTo(Expected));
    }

    [Test]
    public void Control_file_is_shown()
    {
        var client = new TestClient();
        Assert.That(client.Row("SELECT * FROM pg_control_checkpoint()"),
            Is.EqualTo("0/3000028|0/3000028|000000020000000000000003|2|1|t|0:734|16384|1|0|722|1|734|1|1|0|0|2026-09-21 14:13:20+00"));
        Assert.That(client.Row("SELECT * FROM pg_control_system()"), Is.EqualTo("1300|202209061|7300000000000000001|2026-09-21 14:13:20+00"));
        Assert.That(client.Row("SELECT (pg_control_checkpoint()).timeline_id, ((pg_control_system()).system_identifier)"), Is.EqualTo("2|7300000000000000001"));
    }

    [Test]
    public void Recovery_functions_follow_the_host()
    {
        var client = new TestClient(new FakeHost { Recovery = true, LastXactReplayTimestamp = 817_000_000_500_000 });
        Assert.That(client.Row("SELECT pg_is_in_recovery(), pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn(), pg_last_xact_replay_timestamp()"), Is.EqualTo("t|0/3000060|0/3000060|2025-11-21 00:26:40.5+00"));
        Assert.That(client.Error("SELECT pg_current_wal_lsn()"), Is.EqualTo("V=ERROR C=55000 M=recovery is in progress H=WAL control functions cannot be executed during recovery."));
        Assert.That(client.Error("SELECT pg_switch_wal()"), Does.StartWith("V=ERROR C=55000 M=recovery is in progress"));
        Assert.That(client.Row("SELECT pg_promote(), pg_promote(false), pg_promote(wait_seconds => 5), pg_promote(wait := false, wait_seconds := 1)"), Is.EqualTo("t|t|t|t"));
        Assert.That(client.Host.Calls.Where(call => call.StartsWith("promote", StringComparison.Ordinal)), Is.EqualTo(new[] { "promote True 60", "promote False 60", "promote True 5", "promote False 1" }));
        Assert.That(client.Error("SELECT pg_promote(true, 0)"), Is.EqualTo("V=ERROR C=22003 M=\"wait_seconds\" must not be negative or zero"));
        Assert.That(client.Row("SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 ELSE EXTRACT(EPOCH FROM now() - pg_last_xact_replay_timestamp()) END AS lag"), Is.EqualTo("0"));
    }

    [Test]
    public void Functions_of_this_process_answer()
    {
        var client = new TestClient();
        Assert.That(client.Row("SELECT pg_backend_pid(), pg_reload_conf(), pg_walfile_name('0/3000000'), pg_create_restore_point('rp'), pg_current_wal_insert_lsn(), pg_current_wal_flush_lsn(), pg_switch_wal()"),
            Is.EqualTo("4711|t|000000010000000000000002|0/3000060|0/3000060|0/3000060|0/3000060"));
        Assert.That(client.Row("SELECT version()"), Does.StartWith("PostgreSQL 15.18 (pgrepl "));
        Assert.That(client.Error($"SELECT pg_create_restore_point('{new string('x', 64)}')"), Is.EqualTo("V=ERROR C=22023 M=value too long for restore point (maximum 63 characters)"));
    }

    [Test]
    public void Settings_are_set_shown_and_reset_through_the_host()
    {
        var client = new TestClient();
        client.Query("SET wal_keep_size = '1GB'");
        client.Query("BEGIN; SET LOCAL application_name = a; SET SESSION application_name TO 'b c'; RESET application_name; COMMIT");
        client.Query("RESET ALL");
        Assert.That(client.Host.Calls.Where(call => call.StartsWith("set", StringComparison.Ordinal) || call.StartsWith("reset", StringComparison.Ordinal)), Is.EqualTo(new[]
        {
            "set wal_keep_size=1GB", "set application_name=a local", "set application_name=b c", "set application_name=DEFAULT", "reset all",
        }));
        Assert.That(client.Query("SHOW wal_keep_size"), Is.EqualTo(new[] { "T wal_keep_size:25:-1:-1:0", "D 16MB", "C SHOW", "Z I" }));
        Assert.That(client.Query("SHOW ALL")[..2], Is.EqualTo(new[] { "T name:25:-1:-1:0, setting:25:-1:-1:0, description:25:-1:-1:0", "D application_name||About application_name." }));
        Assert.That(client.Row("SELECT name, setting, enumvals FROM pg_settings WHERE name = 'bytea_output'"), Is.EqualTo("bytea_output|hex|{escape,hex}"));
        Assert.That(client.Error("SET client_encoding = 'LATIN1'"), Is.EqualTo("V=ERROR C=0A000 M=invalid value for parameter \"client_encoding\": \"LATIN1\" D=Conversion between LATIN1 and UTF8 is not supported."));
    }

    [Test]
    public void Bytea_output_escape_is_obeyed()
    {
        var client = new TestClient();
        client.Host.Settings["bytea_output"] = "escape";
        Assert.That(client.Row("SELECT '\\x4100ff5c'::bytea"), Is.EqualTo("A\\000\\377\\\\"));
    }

    [TestCase("CREATE TABLE t (a int)")]
    [TestCase("INSERT INTO t VALUES (1)")]
    [TestCase("COPY t FROM STDIN")]
    [TestCase("EXPLAIN SELECT 1")]
    [TestCase("WITH x AS (SELECT 1) SELECT * FROM x")]
    [TestCase("SELECT DISTINCT 1")]
    [TestCase("SELECT (SELECT 1)")]
    [TestCase("SELECT 1 FROM (SELECT 1) x")]
    [TestCase("SELECT * FROM pg_stat_replication r, pg_stat_wal_receiver w")]
    [TestCase("SELECT * FROM pg_stat_replication r JOIN pg_stat_activity a USING (pid)")]
    [TestCase("SELECT 1 UNION SELECT 2")]
    [TestCase("SELECT count(*) FROM pg_settings GROUP BY context")]
    [TestCase("SELECT name FROM pg_settings WHERE name OPERATOR(pg_catalog.~) '^(port)$'")]
    [TestCase("SELECT 1 FOR UPDATE")]
    [TestCase("SELECT ARRAY[1]")]
    [TestCase("SELECT pg_stat_get_wal_senders()")]
    [TestCase("SELECT (1, 2)")]
    [TestCase("SET ROLE postgres")]
    public void What_is_not_done_here_is_refused_as_unsupported_with_a_hint(string sql)
    {
        string error = new TestClient().Error(sql);
        Assert.That(error, Does.StartWith("V=ERROR C=0A000 "));
        Assert.That(error, Does.Contain(" H="));
        Assert.That(error, Does.Contain(" P="));
    }

    [Test]
    public void Unknown_relation_names_those_there_are() =>
        Assert.That(new TestClient().Error("SELECT * FROM users"), Is.EqualTo("V=ERROR C=42P01 M=relation \"users\" does not exist "
            + "H=This node has the views pg_replication_slots, pg_settings, pg_stat_activity, pg_stat_replication, pg_stat_wal_receiver, pgrepl_wal_progress. P=15"));

    [Test]
    public void Deep_nesting_and_long_chains_are_refused_before_the_stack_ends()
    {
        var client = new TestClient();
        foreach (string sql in new[]
        {
            "SELECT " + new string('(', 100_000), "SELECT 1" + string.Concat(Enumerable.Repeat(" + 1", 100_000)), "SELECT " + string.Concat(Enumerable.Repeat("NOT ", 100_000)) + "true",
            "SELECT " + string.Concat(Enumerable.Repeat("- ", 100_000)) + "1", "SELECT '1'" + string.Concat(Enumerable.Repeat("::text", 100_000)), "SELECT " + string.Concat(Enumerable.Repeat("CASE WHEN ", 50_000)),
            "SELECT " + string.Concat(Enumerable.Repeat("lower(", 50_000)), "SELECT 1" + string.Concat(Enumerable.Repeat(" IS NULL", 50_000)),
        })
            Assert.That(client.Error(sql), Does.StartWith("V=ERROR C=54001 M=stack depth limit exceeded"), sql[..40]);
        Assert.That(client.Row("SELECT 1" + string.Concat(Enumerable.Repeat(" + 1", 400))), Is.EqualTo("401"));
        Assert.That(client.Row("SELECT true" + string.Concat(Enumerable.Repeat(" AND true", 20_000))), Is.EqualTo("t"));
    }

    [Test]
    public void Values_and_results_have_limits()
    {
        var client = new TestClient();
        Assert.That(client.Error("SELECT repeat('x', 2000000000)"), Is.EqualTo("V=ERROR C=54000 M=requested length too large"));
        Assert.That(client.Error("SELECT repeat(repeat('x', 10000000), 2)"), Is.EqualTo("V=ERROR C=54000 M=requested length too large"));
        Assert.That(client.Error("SELECT repeat('x', 10000000) || repeat('x', 10000000)"), Is.EqualTo("V=ERROR C=54000 M=requested length too large"));
        Assert.That(client.Error("SELECT repeat('x', 1000000) FROM generate_series(1, 1000000)"), Does.StartWith("V=ERROR C=54000 M=result exceeds the limit"));
        Assert.That(client.Error("SELECT g FROM generate_series(1, 100000000) g ORDER BY 1"), Does.StartWith("V=ERROR C=54000 M=cannot sort more than"));
        Assert.That(client.Row("SELECT 1"), Is.EqualTo("1"));
    }

    [Test]
    public void Long_computation_can_be_interrupted()
    {
        var client = new TestClient { Host = { OnInterruptCheck = checks => { if (checks > 100) throw new PgException(SqlStates.QueryCanceled, "canceling statement due to user request"); } } };
        Assert.That(client.Error("SELECT 1 FROM generate_series(1, 9223372036854775807) WHERE false"), Is.EqualTo("V=ERROR C=57014 M=canceling statement due to user request"));
    }

    [Test]
    public void Clock_functions_tell_transaction_statement_and_now_apart()
    {
        var client = new TestClient();
        client.Query("BEGIN");
        string first = client.Row("SELECT now()");
        Assert.That(client.Row("SELECT now()"), Is.EqualTo(first));
        Assert.That(client.Row("SELECT now() <= statement_timestamp(), statement_timestamp() <= clock_timestamp(), 'now'::timestamptz = now()"), Is.EqualTo("t|t|t"));
        Assert.That(DateTimeOffset.Parse(first), Is.EqualTo(DateTimeOffset.UtcNow).Within(TimeSpan.FromMinutes(1)));
    }

    [Test]
    public void Large_content_passes_through_both_protocols()
    {
        var client = new TestClient();
        string content = new('z', 5_000_000);
        client.Row($"SELECT pg_logical_emit_message(true, 'p', '{content}')");
        Assert.That(client.Host.LastContent, Has.Length.EqualTo(5_000_000));
        client.Send(FrontendMessages.New().Parse("SELECT pg_logical_emit_message(true, 'p', $1)").Bind(parameters: [Encoding.UTF8.GetBytes(content + "!")]).Execute().Sync());
        Assert.That(client.Host.LastContent, Has.Length.EqualTo(5_000_001));
    }
}
