using Pgrepl.Shared.Libpq;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests;

/// <summary>A relay below a relay, both of a log cluster.</summary>
public sealed class RelayChainTests
{
    [Test]
    public void Relays_below_a_relay_serve_a_log_clusters_standby()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1, ordinaryUser: true).Start();
        using TestNode upper = TestNode.RelayOf(a.Conninfo, "upper").Start();
        using TestNode lower = TestNode.RelayOf(upper.Conninfo, "lower").Start();
        using TestNode b = a.Standby();
        b.Start($"primary_conninfo=host={lower.Folder} port={lower.Port} user=postgres application_name=b");
        Eventually.Holds(() => lower.Streams("b") && upper.Streams("lower") && a.Streams("upper"));
        using PgClient client = a.Connect();
        for (int i = 0; i < 20; i++)
            client.QueryOrThrow("SELECT pg_logical_emit_message(true, 't', repeat('x', 100000))").Dispose();
        Lsn end = a.Emit("before");
        Eventually.Holds(() => b.TryAsk($"SELECT pg_last_wal_replay_lsn() >= '{end}'") == "t");
        upper.KillAll();
        upper.Start();
        end = a.Emit("after");
        Eventually.Holds(() => b.TryAsk($"SELECT pg_last_wal_replay_lsn() >= '{end}'") == "t");
        Assert.That(b.MessagesOnDisk(), Has.Count.EqualTo(22));
        Assert.That(lower.Log, Does.Not.Contain("differs from our own").And.Not.Contain("invalid WAL"));
    }
}
