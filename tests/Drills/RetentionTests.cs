using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Drills.Tests;

public sealed class RetentionTests
{
    private const int SegmentSize = 1 << 20;

    [Test]
    public void Old_segments_go_after_checkpoints_on_the_primary_and_on_its_standby()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start("wal_keep_size=0", "max_wal_size=4MB", "min_wal_size=2MB");
        using TestNode b = a.Standby().Start("wal_keep_size=0", "max_wal_size=4MB", "min_wal_size=2MB", "synchronous_standby_names=");
        Eventually.Holds(() => a.Streams("b"));
        using PgClient client = a.Connect();
        for (int i = 1; i <= 300; i++)
        {
            client.QueryOrThrow("SELECT pg_logical_emit_message(true, 't', repeat('x', 100000))").Dispose();
            // Without a slot the primary waits for nobody: a slow standby would ask for a segment that has gone.
            if (i % 10 != 0)
                continue;
            Lsn end = a.Emit("end of a megabyte");
            Eventually.Holds(() => Lsn.Parse(b.Ask("SELECT pg_last_wal_replay_lsn()")!) >= end);
        }
        Eventually.Holds(() => Oldest(a) > 10 && Oldest(b) > 10);
        foreach (TestNode node in new[] { a, b })
            Assert.That(Oldest(node), Is.LessThanOrEqualTo(node.Control.Checkpoint.Redo.Value / SegmentSize), $"{node.Name} keeps what a crash needs");
        b.KillAll();
        b.Start("wal_keep_size=0");
        a.KillAll();
        a.Start("wal_keep_size=0");
        Eventually.Holds(() => a.Streams("b"));
    }

    private static ulong Oldest(TestNode node) => WalDirectory.List(node.Data, SegmentSize).Min(s => s.Number);
}
