using Pgrepl.Shared;
using Pgrepl.Shared.Protocol;

namespace Pgrepl.WalSender.Tests;

/// <summary>When the host is told to begin, commit and roll back.</summary>
[TestFixture]
public sealed class TransactionTests
{
    private const string Emit = "SELECT pg_logical_emit_message(true, 'p', 'abc')";

    [Test]
    public void Statement_outside_a_block_is_a_transaction_of_its_own()
    {
        var client = new TestClient();
        Assert.That(client.Query(Emit), Is.EqualTo(new[] { "T pg_logical_emit_message:3220:8:-1:0", "D 0/30000A0", "C SELECT 1", "Z I" }));
        Assert.That(client.Host.Calls, Is.EqualTo(new[] { "begin", "emit t p 3", "commit" }));
    }

    [Test]
    public void Statements_of_one_message_are_one_transaction()
    {
        var client = new TestClient();
        client.Query($"{Emit}; {Emit}");
        Assert.That(client.Host.Calls, Is.EqualTo(new[] { "begin", "emit t p 3", "emit t p 3", "commit" }));
    }

    [Test]
    public void Error_rolls_the_whole_message_back_and_stops_it()
    {
        var client = new TestClient();
        client.Query($"{Emit}; SELECT nope; {Emit}");
        Assert.That(client.Host.Calls, Is.EqualTo(new[] { "begin", "emit t p 3", "rollback" }));
    }

    [Test]
    public void Syntax_error_anywhere_lets_nothing_run()
    {
        var client = new TestClient();
        Assert.That(client.Query($"{Emit}; SELEC"), Has.Count.EqualTo(2));
        Assert.That(client.Host.Calls, Is.Empty);
    }

    [Test]
    public void Block_spans_messages()
    {
        var client = new TestClient();
        Assert.That(client.Query("BEGIN")[^1], Is.EqualTo("Z T"));
        client.Query(Emit);
        client.Query(Emit);
        Assert.That(client.Query("COMMIT"), Is.EqualTo(new[] { "C COMMIT", "Z I" }));
        Assert.That(client.Host.Calls, Is.EqualTo(new[] { "begin", "emit t p 3", "emit t p 3", "commit" }));
    }

    [Test]
    public void Failed_block_is_rolled_back_at_once_and_then_only_ended()
    {
        var client = new TestClient();
        client.Query("BEGIN");
        client.Query("SELECT nope");
        Assert.That(client.Host.Calls, Is.EqualTo(new[] { "begin", "rollback" }));
        Assert.That(client.Query(Emit)[^1], Is.EqualTo("Z E"));
        Assert.That(client.Query("COMMIT"), Is.EqualTo(new[] { "C ROLLBACK", "Z I" }));
        Assert.That(client.Host.Calls, Is.EqualTo(new[] { "begin", "rollback" }));
    }

    [Test]
    public void Extended_messages_commit_at_Sync()
    {
        var client = new TestClient();
        FrontendMessages one = FrontendMessages.New().Parse(Emit).Bind().Execute().Parse(Emit).Bind().Execute();
        client.Send(one);
        Assert.That(client.Host.Calls, Is.EqualTo(new[] { "begin", "emit t p 3", "emit t p 3" }));
        client.Send(FrontendMessages.New().Sync());
        Assert.That(client.Host.Calls[^1], Is.EqualTo("commit"));
    }

    [Test]
    public void Commit_that_fails_is_rolled_back_and_says_so_instead_of_CommandComplete()
    {
        var client = new TestClient();
        client.Host.OnCommit = () => throw new PgException(SqlStates.DiskFull, "no space left");
        Assert.That(client.Query(Emit)[2..], Is.EqualTo(new[] { "E V=ERROR C=53100 M=no space left", "Z I" }));
        Assert.That(client.Host.Calls[^2..], Is.EqualTo(new[] { "commit", "rollback" }));
        client.Query("BEGIN");
        Assert.That(client.Query("COMMIT"), Is.EqualTo(new[] { "E V=ERROR C=53100 M=no space left", "Z I" }));
        Assert.That(client.Send(FrontendMessages.New().Parse(Emit).Bind().Execute().Sync())[^2..], Is.EqualTo(new[] { "E V=ERROR C=53100 M=no space left", "Z I" }));
    }

    [Test]
    public void Warning_of_a_commit_is_passed_on_before_the_tag()
    {
        var client = new TestClient();
        client.Host.OnCommit = () => Notice.Warning(SqlStates.Warning, "canceling wait for synchronous replication due to user request", "The transaction has already committed locally.");
        Assert.That(client.Query("COMMIT; SELECT 1").Count(line => line.StartsWith("N V=WARNING C=01000", StringComparison.Ordinal)), Is.EqualTo(2));
        client.Host.Settings["client_min_messages"] = "error";
        Assert.That(client.Query("SELECT 1").Count(line => line.StartsWith("N ", StringComparison.Ordinal)), Is.Zero);
    }

    [Test]
    public void End_of_the_session_passes_through()
    {
        var client = new TestClient();
        client.Host.OnEmit = () => throw new OperationCanceledException();
        Assert.That(() => client.Query(Emit), Throws.TypeOf<OperationCanceledException>());
    }

    [Test]
    public void Message_behind_a_savepoint_cannot_be_taken_back_alone()
    {
        var client = new TestClient();
        client.Query("BEGIN");
        client.Query(Emit);
        client.Query("SAVEPOINT a");
        Assert.That(client.Query("ROLLBACK TO a"), Is.EqualTo(new[] { "C ROLLBACK", "Z T" }), "nothing was written after it");
        client.Query(Emit);
        Assert.That(client.Query("ROLLBACK TO a")[0], Does.StartWith("E V=ERROR C=0A000 M=cannot roll back to savepoint \"a\": a transactional message was written after it H="));
        Assert.That(client.Query("COMMIT"), Is.EqualTo(new[] { "C ROLLBACK", "Z I" }));
        Assert.That(client.Host.Calls, Is.EqualTo(new[] { "begin", "emit t p 3", "emit t p 3", "rollback" }));
    }

    [Test]
    public void Error_behind_a_savepoint_leaves_the_transaction_open_until_it_is_ended()
    {
        var client = new TestClient();
        client.Query("BEGIN");
        client.Query(Emit);
        client.Query("SAVEPOINT a");
        Assert.That(client.Query("SELECT nope")[^1], Is.EqualTo("Z E"));
        Assert.That(client.Query("ROLLBACK TO a")[^1], Is.EqualTo("Z T"));
        client.Query("COMMIT");
        Assert.That(client.Host.Calls, Is.EqualTo(new[] { "begin", "emit t p 3", "commit" }));
    }

    [Test]
    public void Time_of_a_statement_ends_before_its_commit()
    {
        var client = new TestClient();
        var during = new List<bool>();
        client.Host.OnEmit = () => during.Add(client.Host.InStatement);
        client.Host.OnCommit = () =>
        {
            during.Add(client.Host.InStatement);
            return null;
        };
        client.Query(Emit);
        client.Send(FrontendMessages.New().Parse(Emit).Bind().Execute().Sync());
        client.Query("SELECT nope");
        Assert.That(during, Is.EqualTo(new[] { true, false, true, false }));
        Assert.That(client.Host.InStatement, Is.False);
    }

    [Test]
    public void Every_message_that_runs_a_statement_reports_its_text()
    {
        var client = new TestClient();
        client.Query("SELECT 1");
        client.Send(FrontendMessages.New().Parse("SELECT 2", "s").Sync());
        client.Send(FrontendMessages.New().Parse("SELECT 3").Bind("s").Execute().Sync());
        Assert.That(client.Host.Reported, Is.EqualTo(new[] { "SELECT 1", "SELECT 2", "SELECT 3", "SELECT 2", "SELECT 2" }));
    }

    [Test]
    public void Transaction_of_a_standby_is_read_only()
    {
        var client = new TestClient(new FakeHost { Recovery = true });
        Assert.That(client.Row("SELECT current_setting('transaction_read_only')"), Is.EqualTo("on"));
        Assert.That(client.Error("BEGIN; SET TRANSACTION READ WRITE"), Is.EqualTo("V=ERROR C=0A000 M=cannot set transaction read-write mode during recovery"));
        client.Query("ROLLBACK");
        Assert.That(client.Error("BEGIN ISOLATION LEVEL SERIALIZABLE"), Does.StartWith("V=ERROR C=0A000 M=cannot use serializable mode in a hot standby"));
    }

    [Test]
    public void Volatile_operands_are_computed_once()
    {
        var client = new TestClient();
        client.Query("SELECT pg_logical_emit_message(true,'a','b') IN ('0/1', '0/2'), CASE pg_logical_emit_message(true,'a','c') WHEN '0/1' THEN 1 WHEN '0/2' THEN 2 END, "
            + "pg_logical_emit_message(true,'a','d') IS DISTINCT FROM '0/1', nullif(pg_logical_emit_message(true,'a','e'), '0/1')");
        Assert.That(client.Host.Calls, Has.Count.EqualTo(6), string.Join("\n", client.Host.Calls));
    }

    [Test]
    public void Errors_are_told_for_the_log_with_their_statement()
    {
        var client = new TestClient();
        var log = new List<string>();
        client.Session.OnError = (error, statement) => log.Add($"{error.Message}: {statement}");
        client.Query("SELECT nope");
        client.Send(FrontendMessages.New().Parse("SELECT 1/0").Bind().Execute().Sync());
        client.Query("SELECT 1");
        Assert.That(log, Is.EqualTo(new[] { "column \"nope\" does not exist: SELECT nope", "division by zero: SELECT 1/0" }));
    }

    [Test]
    public void Message_refused_by_the_reader_fails_like_a_statement()
    {
        var client = new TestClient();
        client.Query("BEGIN");
        client.Session.RefuseMessage((byte)'P', new PgException(SqlStates.ProgramLimitExceeded, "too long"));
        Assert.That(client.Session.TransactionStatus, Is.EqualTo('E'));
        Assert.That(client.Send(FrontendMessages.New().Parse("SELECT 1").Sync()), Is.EqualTo(new[] { "E V=ERROR C=54000 M=too long", "Z E" }));
    }

    [Test]
    public void Changed_parameters_are_reported_before_the_session_is_ready()
    {
        var client = new TestClient();
        client.Session.ReportAllParameters();
        List<string> start = BackendMessages.Decode(client.Writer.Pending.Span);
        client.Writer.Consume(client.Writer.Pending.Length);
        Assert.That(start, Has.Count.EqualTo(13));
        Assert.That(start, Does.Contain("S server_version=15.18"));
        client.Feed(FrontendMessages.New().Query("SET application_name TO psql").Bytes);
        Assert.That(BackendMessages.Decode(client.Writer.Pending.Span), Is.EqualTo(new[] { "C SET", "S application_name=psql", "Z I" }));
        client.Writer.Consume(client.Writer.Pending.Length);
        client.Host.Settings["in_hot_standby"] = "on";
        client.Session.ReportChangedParameters(anyway: true);
        Assert.That(BackendMessages.Decode(client.Writer.Pending.Span), Is.EqualTo(new[] { "S in_hot_standby=on" }));
    }
}
