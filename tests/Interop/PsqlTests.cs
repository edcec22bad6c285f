using System.Text.RegularExpressions;

namespace Pgrepl.Interop.Tests;

/// <summary>psql 15: its formats, its backslash commands that ask the server nothing a node cannot know, and its errors.</summary>
public sealed class PsqlTests
{
    private TestNode _node = null!;

    [OneTimeSetUp]
    public void Start() => _node = TestNode.Primary().Start();

    [OneTimeTearDown]
    public void Stop() => _node.Dispose();

    [Test]
    public void Conninfo_names_database_user_socket_and_port() => Assert.That(
        _node.Psql("-c", @"\conninfo"),
        Is.EqualTo($"You are connected to database \"postgres\" as user \"postgres\" via socket in \"{_node.Folder}\" at port \"5432\".\n"));

    [Test]
    public void Several_statements_in_one_string_give_several_results_and_one_transaction()
    {
        Assert.That(_node.Psql("-At", "-c", "SELECT 1; SELECT 'two'"), Is.EqualTo("1\ntwo\n"));
        string before = _node.Ask("SELECT pg_current_wal_insert_lsn()")!;
        (int code, _, string errors) = _node.TryPsql("-At", "-c", "SELECT pg_logical_emit_message(true, 'psql', 'lost'); SELECT nothing");
        Assert.That(code, Is.EqualTo(1));
        Assert.That(errors, Is.EqualTo("ERROR:  column \"nothing\" does not exist\nLINE 1: ...g_logical_emit_message(true, 'psql', 'lost'); SELECT nothing\n                                                                ^\n"));
        _node.Emit("flushes what the failed one wrote");
        Assert.That(_node.MessagesOnDisk("psql"), Is.Empty, $"an error rolls the whole string back; WAL from {before}");
    }

    [Test]
    public void Expanded_and_vertical_once()
    {
        Assert.That(_node.Psql("-c", @"\x on", "-c", "SELECT 1 AS a, 'b' AS b"), Is.EqualTo("Expanded display is on.\n-[ RECORD 1 ]\na | 1\nb | b\n\n"));
        using RunningProgram psql = Interactive();
        psql.Type(@"SELECT 1 AS a \gx");
        Assert.That(psql.End(), Is.Zero);
        Assert.That(psql.Output, Does.Contain("-[ RECORD 1 ]\na | 1"));
    }

    [Test]
    public void Watch_repeats_until_it_is_interrupted()
    {
        using RunningProgram psql = Interactive();
        psql.Type(@"SELECT 'again' AS said \watch 0.05");
        Eventually.Holds(() => Regex.Count(psql.Output, "again") >= 3);
        psql.Interrupt();
        psql.Type("SELECT 'after';");
        int code = psql.End();
        Assert.That(code, Is.Zero.Or.EqualTo(3), "3: the interrupt came between two queries, and psql, which reads no terminal, ended there");
        if (code == 0)
            Assert.That(psql.Output, Does.Contain("after"));
    }

    [Test]
    public void Gdesc_and_errverbose_and_timing()
    {
        using RunningProgram psql = Interactive();
        psql.Type(@"SELECT pid, state, sent_lsn, write_lag, reply_time FROM pg_stat_replication \gdesc");
        psql.Type("SELECT nothing;");
        psql.Type(@"\errverbose");
        psql.Type(@"\timing on");
        psql.Type("SELECT 1;");
        Assert.That(psql.End(), Is.Zero);
        Assert.That(psql.Output, Does.Match(@"pid +\| integer\n +state +\| text\n +sent_lsn +\| pg_lsn\n +write_lag +\| interval\n +reply_time +\| timestamp with time zone\n"));
        Assert.That(psql.Output, Does.Contain("ERROR:  42703: column \"nothing\" does not exist"));
        Assert.That(psql.Output, Does.Match(@"Time: [\d.]+ ms"));
    }

    [TestCase(@"\d pg_stat_replication")]
    [TestCase(@"\dt")]
    [TestCase(@"\l")]
    public void A_backslash_command_that_needs_the_catalogs_is_refused_with_a_hint_and_the_session_lives(string command)
    {
        (int code, string output, string errors) = _node.TryPsql("-v", "VERBOSITY=verbose", "-c", command);
        Assert.That(code, Is.EqualTo(1), output);
        Assert.That(errors, Does.Match("^ERROR:  (0A000|42P01): .*").And.Contain("\nHINT:  "));
    }

    [Test]
    public void Ctrl_C_ends_a_wait_for_a_synchronous_standby_that_never_comes()
    {
        using TestNode a = TestNode.Primary().Start("synchronous_standby_names=nobody");
        using RunningProgram psql = Interactive(a);
        psql.Type("SELECT 'committed ' || (pg_logical_emit_message(true, 't', 'here') IS NOT NULL);");
        Eventually.Holds(() => a.TryAsk("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") == "1");
        psql.Interrupt();
        Assert.That(psql.End(), Is.EqualTo(3), "psql's way to say that a script was interrupted");
        Assert.That(psql.Output, Does.Contain("WARNING:  canceling wait for synchronous replication due to user request")
            .And.Contain("The transaction has already committed locally, but might not have been replicated to the standby."));
        Assert.That(a.MessagesOnDisk(), Is.EqualTo(new[] { "here" }));
    }

    private RunningProgram Interactive(TestNode? node = null) => new(PostgresTools.Find("psql"), "-X", "-P", "pager=off", "-d", (node ?? _node).Conninfo);
}
