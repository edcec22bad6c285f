using Npgsql;
using Npgsql.Replication;
using NpgsqlTypes;

namespace Pgrepl.Drills.Tests;

/// <summary>Connection strings for Npgsql.</summary>
internal static class Sources
{
    public static string Of(TestNode node, string extra = "") => $"Host={node.Folder};Port={node.Port};Username=postgres;Database=postgres;Timeout=60;Command Timeout=120;{extra}";
}

/// <summary>libpq and Npgsql choosing among nodes, and Npgsql's replication client reading a stream.</summary>
[TestFixture]
public sealed class DriverTests
{
    [Test, CancelAfter(300_000)]
    public async Task Clients_find_primary_and_standby_and_follow_a_promotion(CancellationToken deadline)
    {
        using TestNode a = TestNode.Primary().Start();
        using TestNode b = a.Standby().Start();
        Eventually.Holds(() => a.Streams("b"));
        Assert.Multiple(() =>
        {
            Assert.That(Reached("any", b, a), Is.EqualTo("b"));
            Assert.That(Reached("read-write", b, a), Is.EqualTo("a"));
            Assert.That(Reached("primary", b, a), Is.EqualTo("a"));
            Assert.That(Reached("read-only", a, b), Is.EqualTo("b"));
            Assert.That(Reached("standby", a, b), Is.EqualTo("b"));
            Assert.That(Reached("prefer-standby", a, b), Is.EqualTo("b"));
            Assert.That(Reached("prefer-standby", a, a), Is.EqualTo("a"));
            Assert.That(Reached("standby", a, a), Does.Contain("server is not in hot standby mode"));
        });
        await using NpgsqlDataSource primary = new NpgsqlDataSourceBuilder($"Host={a.Folder}:{b.Port},{a.Folder}:{a.Port};Username=postgres;Database=postgres;Host Recheck Seconds=0;Pooling=false;Timeout=60;Command Timeout=120")
            .BuildMultiHost().WithTargetSession(TargetSessionAttributes.Primary);
        Assert.That(await ScalarAsync(primary, "SHOW cluster_name", deadline), Is.EqualTo("a"));

        a.Stop("immediate");
        Assert.That(Build.Pgrepl("promote", "-D", b.Data.Path).Code, Is.Zero);
        Assert.That(Reached("read-write", a, b), Is.EqualTo("b"));
        Assert.That(Reached("primary", a, b), Is.EqualTo("b"));
        Assert.That(await ScalarAsync(primary, "SHOW cluster_name", deadline), Is.EqualTo("b"));

        await using var replication = new PhysicalReplicationConnection(Sources.Of(b));
        await replication.Open(deadline);
        Assert.That((await replication.IdentifySystem(deadline)).Timeline, Is.EqualTo(2u));
        // Not TimelineHistory: Npgsql 10 wants its content as bytea, PostgreSQL 15 and we send text.
    }

    [Test, CancelAfter(300_000)]
    public async Task Npgsqls_replication_client_reads_records_and_its_feedback_is_seen(CancellationToken deadline)
    {
        using TestNode node = TestNode.Primary().Start();
        await using var replication = new PhysicalReplicationConnection(Sources.Of(node, "Application Name=reader")) { WalReceiverStatusInterval = TimeSpan.FromSeconds(1) };
        await replication.Open(deadline);
        ReplicationSystemIdentification system = await replication.IdentifySystem(deadline);
        Assert.That((system.SystemId, system.Timeline), Is.EqualTo((node.Control.SystemId.ToString(), 1u)));
        Assert.That(await replication.Show("wal_segment_size", deadline), Is.EqualTo("16MB"));

        ulong end = node.Emit("found by a stranger").Value;
        var received = new List<byte>();
        PhysicalReplicationSlot slot = await replication.CreateReplicationSlot("stranger", reserveWal: true, cancellationToken: deadline);
        await foreach (XLogDataMessage message in replication.StartReplication(slot, system.XLogPos, deadline))
        {
            byte[] data = new byte[message.Data.Length];
            await message.Data.ReadExactlyAsync(data, deadline);
            received.AddRange(data);
            var next = new NpgsqlLogSequenceNumber((ulong)message.WalStart + (ulong)data.Length);
            replication.SetReplicationStatus(next);
            await replication.SendStatusUpdate(deadline);
            if ((ulong)next >= end)
                break;
        }
        Assert.That(received.ToArray().AsSpan().IndexOf("found by a stranger"u8), Is.Positive);
        Eventually.Holds(() => node.Ask($"SELECT flush_lsn >= '{new Pgrepl.Wal.Lsn(end)}' AND replay_lsn >= '{new Pgrepl.Wal.Lsn(end)}' FROM pg_stat_replication WHERE application_name = 'reader'") == "t");
        Eventually.Holds(() => node.Ask($"SELECT active AND restart_lsn >= '{new Pgrepl.Wal.Lsn(end)}' FROM pg_replication_slots WHERE slot_name = 'stranger'") == "t");
    }

    private static async Task<object?> ScalarAsync(NpgsqlDataSource source, string sql, CancellationToken deadline)
    {
        await using NpgsqlCommand command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(deadline);
    }

    /// <summary>The cluster_name of the node that psql chose, or its error.</summary>
    private static string Reached(string attributes, params TestNode[] hosts)
    {
        (int code, string output, string errors) = PostgresTools.Run("psql", "-XAtc", "SHOW cluster_name",
            $"host={string.Join(',', hosts.Select(h => h.Folder))} port={string.Join(',', hosts.Select(h => h.Port))} user=postgres dbname=postgres target_session_attrs={attributes}");
        return code == 0 ? output.Trim() : errors;
    }
}
