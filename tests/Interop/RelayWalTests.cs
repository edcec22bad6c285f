using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests;

/// <summary>What a relay of a real PostgreSQL does with WAL over time: it follows timelines and lets old segments go.</summary>
public sealed class RelayWalTests
{
    [TestCaseSource(typeof(Majors), nameof(Majors.OfScenarios))]
    public void It_takes_a_standby_along_to_the_next_timeline_and_knows_it_after_a_kill(int major)
    {
        using PostgresServer primary = PostgresServer.OfMajor(major).Start();
        using TestNode relay = TestNode.Relay(primary).Start();
        primary.Ask("CREATE TABLE t (n int)");
        using PostgresServer standby = primary.Standby($"host={relay.Folder} port={relay.Port} user=postgres application_name=s").Start();
        Eventually.Holds(() => relay.Streams("s"));

        primary.Promote();
        primary.Ask("INSERT INTO t VALUES (2)");
        Eventually.Holds(() => standby.TryAsk("SELECT sum(n) FROM t") == "2");
        Assert.That(standby.Ask("SELECT received_tli FROM pg_stat_wal_receiver"), Is.EqualTo("2"));
        Assert.That(RelayFile.Read(relay.Data).Timeline, Is.EqualTo(new TimelineId(2)));
        Assert.That(File.ReadAllBytes(Path.Combine(relay.Data.Wal, "00000002.history")), Is.EqualTo(File.ReadAllBytes(Path.Combine(primary.Wal, "00000002.history"))));

        relay.KillAll();
        relay.Start();
        primary.Ask("INSERT INTO t VALUES (3)");
        Eventually.Holds(() => standby.TryAsk("SELECT sum(n) FROM t") == "5");
        Assert.That(relay.Log, Does.Not.Contain("differs from our own"));
    }

    [TestCaseSource(typeof(Majors), nameof(Majors.OfScenarios))]
    public void Old_segments_go_when_no_slot_keeps_them(int major)
    {
        using PostgresServer primary = PostgresServer.OfMajor(major).Start();
        using TestNode relay = TestNode.Relay(primary).Start("wal_keep_size=0", "pgrepl.relay_keep=0");
        ulong size = (ulong)primary.SegmentSize;
        ulong first = RelayFile.Read(relay.Data).Oldest.Value / size;
        Eventually.Holds(() => primary.TryAsk("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == "1");
        relay.Ask("SELECT pg_create_physical_replication_slot('kept', true)");
        Switch(primary, 5);
        Eventually.Holds(() => RelayFile.Read(relay.Data).Validated.Value / size >= first + 5);
        Assert.That(WalDirectory.List(relay.Data, (int)size)[0].Number, Is.EqualTo(first), "the slot needs it");

        relay.Ask("SELECT pg_drop_replication_slot('kept')");
        Switch(primary, 1);
        Eventually.Holds(() => WalDirectory.List(relay.Data, (int)size).Select(s => s.Number).FirstOrDefault() >= first + 5);
        Switch(primary, 1);
        Eventually.Holds(() => RelayFile.Read(relay.Data).Oldest.Value / size >= first + 5);
    }

    private static void Switch(PostgresServer primary, int segments)
    {
        for (int i = 0; i < segments; i++)
        {
            primary.Ask("SELECT pg_logical_emit_message(false, 't', 'x')");
            primary.Ask("SELECT pg_switch_wal()");
        }
        primary.Ask("SELECT pg_logical_emit_message(false, 't', repeat('x', 20000))");
        primary.Ask("CHECKPOINT");
    }
}
