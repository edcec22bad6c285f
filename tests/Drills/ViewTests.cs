using System.Text.RegularExpressions;

namespace Pgrepl.Drills.Tests;

public sealed class ViewTests
{
    [Test]
    public void The_two_seed_views_look_in_psql_as_they_do_on_a_PostgreSQL()
    {
        using TestNode a = TestNode.Primary().Start();
        using TestNode b = a.Standby().Start("primary_conninfo=" + a.Conninfo + " application_name=b password=secret");
        Eventually.Holds(() => a.Streams("b"));
        a.Emit("x");
        Eventually.Holds(() => a.TryAsk("SELECT replay_lsn = sent_lsn FROM pg_stat_replication") == "t");

        string receiver = Psql(b, "SELECT * FROM pg_stat_get_wal_receiver()");
        foreach (string column in new[]
        {
            @"pid\s+\| \d+", @"status\s+\| streaming", @"receive_start_lsn\s+\| 0/1000000", @"receive_start_tli\s+\| 1", @"written_lsn\s+\| 0/[0-9A-F]+",
            @"flushed_lsn\s+\| 0/[0-9A-F]+", @"received_tli\s+\| 1", @"last_msg_send_time\s+\| 20", @"latest_end_lsn\s+\| 0/[0-9A-F]+", @"slot_name\s+\|\s*$",
            @"sender_host\s+\| /", @"sender_port\s+\| 5432", @"conninfo\s+\| .*password=\*\*\*\*\*\*\*\*",
        })
            Assert.That(receiver, Does.Match(new Regex("^" + column, RegexOptions.Multiline)));
        Assert.That(receiver, Does.Not.Contain("secret"));

        string sender = Psql(a, "SELECT * FROM pg_stat_get_wal_senders()");
        foreach (string column in new[]
        {
            @"pid\s+\| \d+", @"state\s+\| streaming", @"sent_lsn\s+\| 0/[0-9A-F]+", @"write_lsn\s+\| 0/[0-9A-F]+", @"flush_lsn\s+\| 0/[0-9A-F]+",
            @"replay_lsn\s+\| 0/[0-9A-F]+", @"sync_priority\s+\| 0", @"sync_state\s+\| async", @"reply_time\s+\| 20",
        })
            Assert.That(sender, Does.Match(new Regex("^" + column, RegexOptions.Multiline)));
    }

    [Test]
    public void Control_functions_positions_and_settings_answer()
    {
        using TestNode a = TestNode.Primary().Start();
        Assert.That(a.Ask("SELECT system_identifier FROM pg_control_system()"), Is.EqualTo(a.Control.SystemId.ToString()));
        Assert.That(a.Ask("SELECT timeline_id FROM pg_control_checkpoint()"), Is.EqualTo("1"));
        Assert.That(a.Ask("SELECT redo_lsn FROM pg_control_checkpoint()"), Is.EqualTo(a.Control.Checkpoint.Redo.ToString()));
        a.Emit("x");
        Assert.That(a.Ask("SELECT pg_current_wal_insert_lsn() >= pg_current_wal_lsn() AND pg_current_wal_lsn() >= pg_current_wal_flush_lsn()"), Is.EqualTo("t"));
        Assert.That(a.Ask("SHOW wal_segment_size"), Is.EqualTo("16MB"));
        Assert.That(a.Ask("SHOW server_version"), Is.EqualTo("15.18"));
        Assert.That(a.Ask("SELECT pg_walfile_name(pg_current_wal_lsn())"), Is.EqualTo("000000010000000000000001"));
    }

    [Test]
    public void Pg_hba_is_obeyed_and_a_line_that_cannot_be_read_ends_the_start()
    {
        using TestNode a = TestNode.Primary();
        File.WriteAllText(a.Data.HbaFile, "local all rejected reject\nlocal replication rejected reject\nlocal all scram scram-sha-256\nlocal all peered peer\nlocal all all trust\nlocal replication all trust\n");
        a.Start();
        string Refusal(string user) => Assert.Throws<Pgrepl.Shared.PgException>(() => a.Connect($"user={user}").Dispose())!.Message;
        Assert.That(Refusal("rejected"), Does.Contain("pg_hba.conf rejects connection for host \"[local]\", user \"rejected\", database \"postgres\", no encryption"));
        Assert.That(Refusal("rejected replication=true"), Does.Contain("pg_hba.conf rejects replication connection for host \"[local]\", user \"rejected\", no encryption"));
        Assert.That(Refusal("scram"), Does.Contain("no password supplied"));
        Assert.That(Refusal("peered"), Does.Contain("Peer authentication failed for user \"peered\""));
        Assert.That(a.Serves);
        a.Stop();
        File.WriteAllText(a.Data.HbaFile, "local all all magic\n");
        Assert.That(a.TryStart().Code, Is.EqualTo(1));
        Assert.That(a.Log, Does.Contain("invalid authentication method \"magic\""));
        File.WriteAllText(a.Data.HbaFile, "local all all trust\nhost all all all md5\n");
        Assert.That(a.TryStart().Code, Is.EqualTo(1));
        Assert.That(a.Log, Does.Contain("invalid authentication method \"md5\": not supported by this build"));
    }

    private static string Psql(TestNode node, string sql) => node.Psql("-x", "-c", sql);
}
