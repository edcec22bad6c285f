using System.Diagnostics;
using System.Text;
using Pgrepl.Shared.Libpq;

namespace Pgrepl.Shared.Tests.Libpq;

/// <summary>Against a real PostgreSQL 15.</summary>
public sealed class PgClientTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private RealPostgres _postgres = null!;

    [OneTimeSetUp]
    public void StartPostgres() => _postgres = new RealPostgres();

    [OneTimeTearDown]
    public void StopPostgres() => _postgres?.Dispose();

    [Test]
    public void Connect_tells_server_version_parameters_and_a_masked_conninfo()
    {
        using PgClient client = PgClient.Connect(_postgres.Conninfo + " password=geheim application_name=me", Limit);
        Assert.That(client.ServerVersion / 10000, Is.EqualTo(15));
        Assert.That(client.Parameter("server_version"), Does.StartWith("15."));
        Assert.That(client.Parameter("nonsense"), Is.Null);
        Assert.That(client.Host, Is.EqualTo(_postgres.SocketDirectory));
        Assert.That(client.Port, Is.EqualTo("5432"));
        Assert.That(client.Socket, Is.GreaterThan(2));
        Assert.That(client.ConninfoMasked, Does.Contain("password=********").And.Contain("application_name=me").And.Not.Contain("geheim"));
    }

    [Test]
    public void A_failing_connect_has_the_words_of_libpq()
    {
        PgException? error = Assert.Throws<PgException>(() => PgClient.Connect("host=/nonexistent user=x", Limit));
        Assert.That(error!.Message, Does.StartWith("connection to server on socket \"/nonexistent/.s.PGSQL.5432\" failed: No such file or directory"));
        Assert.That(error.SqlState, Is.EqualTo(SqlStates.ConnectionFailure));
        error = Assert.Throws<PgException>(() => PgClient.Connect(_postgres.Conninfo + " dbname=nowhere", Limit));
        Assert.That(error!.Message, Does.EndWith("FATAL:  database \"nowhere\" does not exist"));
        error = Assert.Throws<PgException>(() => PgClient.Connect("bogus=1", Limit));
        Assert.That(error!.Message, Is.EqualTo("invalid connection option \"bogus\""));
    }

    [Test]
    public void Query_returns_rows_as_text_and_null_as_null()
    {
        using PgClient client = PgClient.Connect(_postgres.Conninfo, Limit);
        using PgResult result = client.QueryOrThrow("SELECT 1 AS one, NULL AS nothing, 'ü' AS letter UNION ALL SELECT 2, 'x', 'y' ORDER BY 1");
        Assert.That(result.Status, Is.EqualTo(PgResultStatus.TuplesOk));
        Assert.That((result.Rows, result.Columns, result.CommandTag), Is.EqualTo((2, 3, "SELECT 2")));
        Assert.That(result.ColumnName(1), Is.EqualTo("nothing"));
        Assert.That(result.Value(0, 1), Is.Null);
        Assert.That(result.Value(1, "one"), Is.EqualTo("2"));
        Assert.That(result.Value(0, "letter"), Is.EqualTo("ü"));
        Assert.That(result.Bytes(0, 2), Is.EqualTo(Encoding.UTF8.GetBytes("ü")));
        Assert.That(() => result.Value(2, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => result.Value(0, "four"), Throws.InstanceOf<PgException>());
    }

    [Test]
    public void An_error_has_sqlstate_message_detail_and_hint()
    {
        using PgClient client = PgClient.Connect(_postgres.Conninfo, Limit);
        using (PgResult result = client.Query("DO $$ BEGIN RAISE EXCEPTION 'broken' USING DETAIL = 'A detail.', HINT = 'A hint.', ERRCODE = '22023'; END $$"))
        {
            Assert.That(result.IsError, Is.True);
            Assert.That((result.ErrorSqlState, result.ErrorMessage, result.ErrorDetail, result.ErrorHint, result.ErrorSeverity),
                Is.EqualTo(("22023", "broken", "A detail.", "A hint.", "ERROR")));
        }
        PgException? error = Assert.Throws<PgException>(() => client.QueryOrThrow("SELEKT"));
        Assert.That(error!.SqlState, Is.EqualTo(SqlStates.SyntaxError));
        using PgResult after = client.QueryOrThrow("SELECT 1");
        Assert.That(after.ErrorMessage, Is.Empty);
    }

    [Test]
    public void Notices_are_collected()
    {
        using PgClient client = PgClient.Connect(_postgres.Conninfo, Limit);
        client.QueryOrThrow("DO $$ BEGIN RAISE WARNING 'careful'; END $$").Dispose();
        Assert.That(client.TakeNotices().Single(), Does.StartWith("WARNING:  careful"));
        Assert.That(client.TakeNotices(), Is.Empty);
    }

    [Test]
    public void Query_gives_up_when_the_time_is_up()
    {
        using PgClient client = PgClient.Connect(_postgres.Conninfo, Limit);
        PgException? error = Assert.Throws<PgException>(() => client.Query("SELECT pg_sleep(30)", TimeSpan.FromMilliseconds(50)));
        Assert.That(error!.SqlState, Is.EqualTo(SqlStates.QueryCanceled));
    }

    [Test]
    public void A_connection_that_the_server_ends_is_an_error_result()
    {
        using PgClient client = PgClient.Connect(_postgres.Conninfo, Limit);
        using (PgResult result = client.Query("SELECT pg_terminate_backend(pg_backend_pid())", Limit))
        {
            Assert.That(result.IsError, Is.True, result.ToString());
        }
        Assert.That(client.IsAlive, Is.False);
        Assert.That(() => client.Query("SELECT 1"), Throws.InstanceOf<PgException>());
    }

    [Test]
    public void The_asynchronous_pieces_connect_and_query_without_waiting_inside_libpq()
    {
        using PgConnecting attempt = PgClient.Start(_postgres.Conninfo);
        while (attempt.Status is PgConnectStatus.Reading or PgConnectStatus.Writing)
            Assert.That(attempt.WaitAndPoll(Limit), Is.True);
        Assert.That(attempt.Status, Is.EqualTo(PgConnectStatus.Ok), attempt.ErrorMessage);
        using PgClient client = attempt.TakeClient();
        Assert.That(attempt.TakeClient, Throws.InvalidOperationException);
        client.SetNonBlocking();
        Assert.That(client.SendQuery("SELECT 1; SELECT 2"), Is.True);
        Assert.That(client.Flush(), Is.Zero);
        var values = new List<string?>();
        while (true)
        {
            while (client.IsBusy)
            {
                Assert.That(client.WaitForInput(Limit), Is.True);
                Assert.That(client.ConsumeInput(), Is.True);
            }
            using PgResult? result = client.GetResult();
            if (result is null)
                break;
            values.Add(result.Value(0, 0));
        }
        Assert.That(values, Is.EqualTo(new[] { "1", "2" }));
    }

    [Test]
    public void An_asynchronous_attempt_that_cannot_succeed_fails_at_once_or_at_a_poll()
    {
        using PgConnecting bad = PgClient.Start("bogus=1");
        Assert.That((bad.Status, bad.ErrorMessage), Is.EqualTo((PgConnectStatus.Failed, "invalid connection option \"bogus\"")));
        using PgConnecting nowhere = PgClient.Start(_postgres.Conninfo + " dbname=nowhere");
        while (nowhere.Status is PgConnectStatus.Reading or PgConnectStatus.Writing)
            Assert.That(nowhere.WaitAndPoll(Limit), Is.True);
        Assert.That(nowhere.Status, Is.EqualTo(PgConnectStatus.Failed));
        Assert.That(nowhere.TakeClient, Throws.InvalidOperationException);
    }

    [Test]
    public void Replication_streams_wal_and_ends_when_we_say_so()
    {
        using PgClient client = PgClient.Connect(_postgres.ReplicationConninfo, Limit);
        string timeline, start;
        using (PgResult system = client.QueryOrThrow("IDENTIFY_SYSTEM"))
        {
            Assert.That(system.Columns, Is.EqualTo(4));
            Assert.That(ulong.Parse(system.Value(0, "systemid")!), Is.Not.Zero);
            (timeline, start) = (system.Value(0, "timeline")!, system.Value(0, "xlogpos")!);
        }
        using (PgResult copy = client.Query($"START_REPLICATION {start} TIMELINE {timeline}", Limit))
            Assert.That(copy.Status, Is.EqualTo(PgResultStatus.CopyBoth), copy.ErrorMessage);

        client.SetNonBlocking();
        byte[] marker = Encoding.ASCII.GetBytes("a message in the log");
        using (PgClient writer = PgClient.Connect(_postgres.Conninfo, Limit))
            writer.QueryOrThrow("SELECT pg_logical_emit_message(true, 'test', 'a message in the log')").Dispose();
        var limit = Stopwatch.StartNew();
        bool found = false;
        while (!found && limit.Elapsed < Limit)
        {
            CopyReadStatus status = client.TryGetCopyData(out ReadOnlySpan<byte> data);
            Assert.That(status, Is.EqualTo(CopyReadStatus.Data).Or.EqualTo(CopyReadStatus.WouldBlock));
            found = status == CopyReadStatus.Data && data[0] == (byte)'w' && data.IndexOf(marker) >= 0;
            if (status == CopyReadStatus.WouldBlock && client.WaitForInput(TimeSpan.FromMilliseconds(100)))
                Assert.That(client.ConsumeInput(), Is.True);
        }
        Assert.That(found, Is.True);

        // A standby status update: type, three positions, time, no reply wanted.
        Assert.That(client.PutCopyData([(byte)'r', .. new byte[33]]), Is.True);
        Assert.That(client.PutCopyEnd(), Is.True);
        Assert.That(client.Flush(), Is.Zero);
        CopyReadStatus end;
        while ((end = client.TryGetCopyData(out _)) is CopyReadStatus.Data or CopyReadStatus.WouldBlock)
        {
            if (end == CopyReadStatus.WouldBlock && client.WaitForInput(Limit))
                client.ConsumeInput();
        }
        Assert.That(end, Is.EqualTo(CopyReadStatus.End), client.ErrorMessage);
        using (PgResult? done = client.GetResult())
            Assert.That(done!.Status, Is.EqualTo(PgResultStatus.CommandOk));
        while (client.GetResult() is { } more)
            more.Dispose();
        using PgResult again = client.QueryOrThrow("IDENTIFY_SYSTEM");
        Assert.That(again.Rows, Is.EqualTo(1));
    }

    [Test]
    public void An_error_within_the_copy_ends_it_and_is_its_result()
    {
        // PostgreSQL enters COPY mode before it looks at the position.
        using PgClient client = PgClient.Connect(_postgres.ReplicationConninfo, Limit);
        using (PgResult copy = client.Query("START_REPLICATION F/0 TIMELINE 1", Limit))
            Assert.That(copy.Status, Is.EqualTo(PgResultStatus.CopyBoth));
        CopyReadStatus status;
        while ((status = client.TryGetCopyData(out _)) == CopyReadStatus.WouldBlock)
        {
            Assert.That(client.WaitForInput(Limit), Is.True);
            client.ConsumeInput();
        }
        Assert.That(status, Is.EqualTo(CopyReadStatus.End));
        using PgResult? result = client.GetResult();
        Assert.That(result!.IsError, Is.True);
        Assert.That(result.ErrorMessage, Does.StartWith("requested starting point F/0 is ahead of the WAL flush position of this server"));
    }
}
