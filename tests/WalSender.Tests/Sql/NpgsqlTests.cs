using Npgsql;
using NpgsqlTypes;
using Pgrepl.Wal;

namespace Pgrepl.WalSender.Tests;

/// <summary>An independent client with its default connection string: it loads types, resets pooled connections and prepares.</summary>
[TestFixture]
public sealed class NpgsqlTests
{
    [Test, CancelAfter(30_000)]
    public async Task Npgsql_connects_with_its_default_connection_string(CancellationToken deadline)
    {
        var host = new FakeHost();
        using var server = new SocketServer(host);
        await using NpgsqlDataSource source = NpgsqlDataSource.Create($"Host=127.0.0.1;Port={server.Port};Username=postgres;Database=postgres");
        try
        {
            for (int i = 0; i < 2; i++) // the second one comes out of the pool, after DISCARD ALL
            {
                await using NpgsqlConnection connection = await source.OpenConnectionAsync(deadline);
                await using var command = new NpgsqlCommand("SELECT pg_logical_emit_message(true, 'bench', $1), $2::int8, now(), 1.5::numeric, '10.0.0.1'::inet, NULL, interval '1 hour', true, 'x'::bytea", connection);
                command.Parameters.Add(new() { Value = "content" });
                command.Parameters.Add(new() { Value = 42L });
                await command.PrepareAsync(deadline);
                await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(deadline);
                Assert.That(await reader.ReadAsync(deadline), Is.True);
                Assert.That(new Lsn((ulong)reader.GetFieldValue<NpgsqlTypes.NpgsqlLogSequenceNumber>(0)), Is.EqualTo(host.Position));
                Assert.That(reader.GetInt64(1), Is.EqualTo(42));
                Assert.That(reader.GetDateTime(2), Is.EqualTo(DateTime.UtcNow).Within(TimeSpan.FromMinutes(1)));
                Assert.That(reader.GetDecimal(3), Is.EqualTo(1.5m));
                Assert.That(reader.GetFieldValue<System.Net.IPAddress>(4), Is.EqualTo(System.Net.IPAddress.Parse("10.0.0.1")));
                Assert.That(reader.IsDBNull(5), Is.True);
                Assert.That(reader.GetTimeSpan(6), Is.EqualTo(TimeSpan.FromHours(1)));
                Assert.That(reader.GetBoolean(7), Is.True);
                Assert.That(reader.GetFieldValue<byte[]>(8), Is.EqualTo("x"u8.ToArray()));
            }
        }
        catch (Exception error) when (error is NpgsqlException or InvalidCastException)
        {
            Assert.Fail($"{error}\n{server.Queries}");
        }
    }

    /// <summary>Npgsql sends parameters in binary form, and reads results in it.</summary>
    [Test, CancelAfter(30_000)]
    public async Task Values_of_every_type_come_back_from_Npgsql_as_they_went(CancellationToken deadline)
    {
        using var server = new SocketServer(new FakeHost());
        await using NpgsqlDataSource source = NpgsqlDataSource.Create($"Host=127.0.0.1;Port={server.Port};Username=postgres;Database=postgres");
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(deadline);
        (NpgsqlDbType Type, object Value)[] values =
        [
            (NpgsqlDbType.Boolean, true), (NpgsqlDbType.Smallint, (short)-7), (NpgsqlDbType.Integer, 70_000), (NpgsqlDbType.Bigint, 1L << 40), (NpgsqlDbType.Numeric, -12.340m),
            (NpgsqlDbType.Double, 1.5e-7), (NpgsqlDbType.Oid, 4_000_000_000u), (NpgsqlDbType.Xid, 735u), (NpgsqlDbType.Text, "ä"), (NpgsqlDbType.Varchar, "b"), (NpgsqlDbType.Name, "n"),
            (NpgsqlDbType.Bytea, new byte[] { 0, 255 }), (NpgsqlDbType.PgLsn, new NpgsqlLogSequenceNumber(0x1_0000_00ABUL)), (NpgsqlDbType.TimestampTz, new DateTime(2026, 11, 22, 7, 5, 0, DateTimeKind.Utc)),
            (NpgsqlDbType.Interval, new TimeSpan(2, 3, 4, 5, 600)), (NpgsqlDbType.Inet, new NpgsqlInet(System.Net.IPAddress.Parse("10.0.0.0"), 8)),
        ];
        await using var command = new NpgsqlCommand("SELECT " + string.Join(", ", values.Select((_, i) => $"${i + 1}")), connection);
        foreach ((NpgsqlDbType type, object value) in values)
            command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = value });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(deadline);
        Assert.That(await reader.ReadAsync(deadline), Is.True);
        Assert.Multiple(() =>
        {
            for (int i = 0; i < values.Length; i++)
            {
                object got = values[i].Type == NpgsqlDbType.Inet ? reader.GetFieldValue<NpgsqlInet>(i) : reader.GetValue(i);
                Assert.That(got, Is.EqualTo(values[i].Value), values[i].Type.ToString());
            }
        });
    }

    [Test, CancelAfter(30_000)]
    public async Task Npgsql_transaction_commits_and_rolls_back(CancellationToken deadline)
    {
        var host = new FakeHost();
        using var server = new SocketServer(host);
        await using NpgsqlDataSource source = NpgsqlDataSource.Create($"Host=127.0.0.1;Port={server.Port};Username=postgres;Database=postgres");
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(deadline);
        host.Calls.Clear();
        await using (NpgsqlTransaction transaction = await connection.BeginTransactionAsync(deadline))
        {
            await using var command = new NpgsqlCommand("SELECT pg_logical_emit_message(true, 'a', 'b')", connection, transaction);
            await command.ExecuteScalarAsync(deadline);
            await transaction.CommitAsync(deadline);
        }
        Assert.That(host.Calls, Is.EqualTo(new[] { "begin", "emit t a 1", "commit" }));
    }
}
