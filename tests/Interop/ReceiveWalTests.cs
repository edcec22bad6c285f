using Pgrepl.Shared.Libpq;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests;

/// <summary>pg_receivewal 15 as a receiver of ours: what it has is what we have, byte for byte.</summary>
public sealed class ReceiveWalTests
{
    [Test]
    public void From_a_primary_its_segments_equal_ours_and_the_partial_one_up_to_the_flush_position()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start();
        using Received received = new(a, "--synchronous");
        Fill(a, segments: 3);
        received.HasUpTo(a, a.Emit("end"));
        received.Stop();
        Assert.That(received.CompleteSegmentsEqualTo(a), Is.EqualTo(3));
    }

    [Test]
    public void From_a_standby_it_is_the_same()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start();
        using TestNode b = a.Standby().Start();
        Eventually.Holds(() => a.Streams("b"));
        using Received received = new(b);
        Fill(a, segments: 2);
        received.HasUpTo(a, a.Emit("end"));
        received.Stop();
        Assert.That(received.CompleteSegmentsEqualTo(a), Is.EqualTo(2));
        Assert.That(received.CompleteSegmentsEqualTo(b), Is.EqualTo(2));
    }

    [Test]
    public void It_follows_a_promotion_to_the_next_timeline()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start();
        using TestNode b = a.Standby().Start();
        Eventually.Holds(() => a.Streams("b"));
        using Received received = new(b);
        Fill(a, segments: 1);
        Lsn last = a.Emit("before");
        Eventually.Holds(() => b.TryAsk($"SELECT pg_last_wal_replay_lsn() >= '{last}'") == "t");
        a.KillAll();
        Assert.That(b.Pgrepl("promote", "-D", b.Data.Path).Code, Is.Zero);
        Fill(b, segments: 2);
        Lsn after = b.Emit("after");
        Eventually.Holds(() => b.Control.Checkpoint.Timeline == new TimelineId(2));
        received.HasUpTo(b, after);
        received.Stop();
        Assert.That(received.CompleteSegmentsEqualTo(b), Is.EqualTo(3), received.Output);
        Assert.That(Path.Combine(received.Folder, "00000002.history"), Does.Exist);
    }

    [Test]
    public void As_a_synchronous_standby_it_holds_every_commit_that_was_answered()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start("synchronous_standby_names=pg_receivewal");
        using Received received = new(a, "--synchronous");
        using PgClient client = a.Connect();
        for (int i = 0; i < 20; i++)
        {
            using PgResult emitted = client.QueryOrThrow($"SELECT pg_logical_emit_message(true, 't', 'answered {i}')");
            Lsn answered = Lsn.Parse(emitted.Value(0, 0));
            Assert.That(received.Has(a, answered), "no wait: an answered commit is there already");
        }
        received.Stop();
    }

    [Test]
    public void A_slot_keeps_what_it_has_not_taken_while_it_is_away()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start("wal_keep_size=0", "min_wal_size=2MB", "max_wal_size=2MB");
        Assert.That(PostgresTools.Run("pg_receivewal", "-d", a.Conninfo, "--create-slot", "--slot", "archive").Code, Is.Zero);
        using (Received first = new(a, "--slot", "archive", "--synchronous"))
        {
            first.HasUpTo(a, a.Emit("seen"));
            first.Stop();
        }
        Fill(a, segments: 6);
        Assert.That(a.Ask("SELECT active || ' ' || wal_status FROM pg_replication_slots WHERE slot_name = 'archive'"), Is.EqualTo("false extended").Or.EqualTo("false reserved"));
        a.KillAll();
        a.Start("wal_keep_size=0");
        using Received second = new(a, "--slot", "archive", "--synchronous");
        second.HasUpTo(a, a.Emit("end"));
        second.Stop();
        Assert.That(second.CompleteSegmentsEqualTo(a), Is.GreaterThanOrEqualTo(6));
    }

    private static void Fill(TestNode node, int segments)
    {
        using PgClient client = node.Connect();
        for (int i = 0; i < segments; i++)
        {
            client.QueryOrThrow("SELECT pg_logical_emit_message(true, 'fill', repeat('x', 100000))").Dispose();
            client.QueryOrThrow("SELECT pg_switch_wal()").Dispose();
        }
    }
}
