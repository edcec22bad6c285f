using Npgsql;

namespace Pgrepl.Drills.Tests;

/// <summary>What a session's settings do to it on a real node, seen by a client that we did not write.</summary>
[TestFixture]
public sealed class SessionTests
{
    private TestNode _node = null!;

    [OneTimeSetUp]
    public void Start() => _node = TestNode.Primary().Start();

    [OneTimeTearDown]
    public void Stop() => _node?.Dispose();

    private string Source(string extra = "") => Sources.Of(_node, extra);

    private async Task<NpgsqlConnection> OpenAsync(string extra, CancellationToken deadline)
    {
        var connection = new NpgsqlConnection(Source("Pooling=false;" + extra));
        await connection.OpenAsync(deadline);
        return connection;
    }

    private static async Task<string> FailureAsync(NpgsqlConnection connection, string sql, CancellationToken deadline)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        try
        {
            return $"no error but {await command.ExecuteScalarAsync(deadline)}";
        }
        catch (PostgresException error)
        {
            return $"{error.Severity} {error.SqlState} {error.MessageText}";
        }
    }

    [Test, CancelAfter(300_000)]
    public async Task Statement_timeout_ends_a_statement_and_the_session_goes_on(CancellationToken deadline)
    {
        await using NpgsqlConnection connection = await OpenAsync("", deadline);
        Assert.That(await FailureAsync(connection, "SET statement_timeout = '100ms'; SELECT count(*) FROM generate_series(1, 2000000000)", deadline),
            Is.EqualTo("ERROR 57014 canceling statement due to statement timeout"));
        await using var next = new NpgsqlCommand("SET statement_timeout = '20s'; SELECT 1", connection);
        Assert.That(await next.ExecuteScalarAsync(deadline), Is.EqualTo(1));
    }

    [TestCase("idle_session_timeout", "", "FATAL 57P05 terminating connection due to idle-session timeout")]
    [TestCase("idle_in_transaction_session_timeout", "BEGIN", "FATAL 25P03 terminating connection due to idle-in-transaction timeout")]
    [TestCase("idle_in_transaction_session_timeout", "BEGIN; SELECT 1/0", "FATAL 25P03 terminating connection due to idle-in-transaction timeout")]
    [CancelAfter(300_000)]
    public async Task Idle_session_is_ended(string setting, string last, string expected, CancellationToken deadline)
    {
        await using NpgsqlConnection connection = await OpenAsync("", deadline);
        await FailureAsync(connection, $"SET {setting} = '1s'", deadline); // not before: what a driver asks at its start may take longer than that
        if (last.Length > 0)
            await FailureAsync(connection, last, deadline);
        PostgresException? error = await Assert.ThrowsAsync<PostgresException>(async () => await connection.WaitAsync(deadline)); // waits for whatever the server says by itself
        Assert.That($"{error!.Severity} {error.SqlState} {error.MessageText}", Is.EqualTo(expected));
    }

    [Test, CancelAfter(300_000)]
    public async Task Activity_shows_statements_of_the_extended_protocol(CancellationToken deadline)
    {
        await using NpgsqlConnection connection = await OpenAsync("Application Name=shown", deadline);
        await using var command = new NpgsqlCommand("SELECT $1::int8 + 1", connection) { Parameters = { new() { Value = 1L } } };
        await command.PrepareAsync(deadline);
        await FailureAsync(connection, "SELECT 2", deadline);
        Assert.That(await command.ExecuteScalarAsync(deadline), Is.EqualTo(2L));
        Assert.That(_node.Ask("SELECT query FROM pg_stat_activity WHERE application_name = 'shown'"), Is.EqualTo("SELECT $1::int8 + 1"));
    }

    [Test, CancelAfter(300_000)]
    public async Task Pooled_connection_is_the_same_one_with_its_settings_reset(CancellationToken deadline)
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(Source("Maximum Pool Size=1;Application Name=pooled"));
        var seen = new List<string>();
        for (int i = 0; i < 2; i++)
        {
            await using NpgsqlConnection connection = await source.OpenConnectionAsync(deadline);
            await using var ask = new NpgsqlCommand("SELECT pg_backend_pid() || ' ' || current_setting('application_name') || ' ' || current_setting('TimeZone') || ' ' || current_setting('statement_timeout')", connection);
            seen.Add((string)(await ask.ExecuteScalarAsync(deadline))!);
            await using var change = new NpgsqlCommand("SET application_name = 'changed'; SET TimeZone = 'Europe/Berlin'; SET statement_timeout = '1min'", connection);
            await change.ExecuteNonQueryAsync(deadline);
        }
        Assert.That(seen[0], Does.EndWith(" pooled UTC 0"));
        Assert.That(seen[1], Is.EqualTo(seen[0]));
    }

    [Test]
    public void Standby_without_hot_standby_takes_no_sessions()
    {
        using TestNode a = TestNode.Primary().Start();
        using TestNode b = a.Standby();
        b.Configure("hot_standby = false");
        b.TryStart();
        Eventually.Holds(() => a.Streams("b"));
        var error = Assert.Throws<Pgrepl.Shared.PgException>(() => b.Connect().Dispose())!;
        Assert.That(error.Message + error.Detail, Does.Contain("the database system is not accepting connections").And.Contain("Hot standby mode is disabled."));
        a.Stop("immediate");
        Assert.That(Build.Pgrepl("promote", "-D", b.Data.Path).Code, Is.Zero);
        Eventually.Holds(() => b.Serves);
    }
}
