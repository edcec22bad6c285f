using System.Diagnostics;
using Pgrepl.Drills.Tests.Campaign;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Drills.Tests;

public sealed class ReplicationTests
{
    [TestCase("remote_write", "write_lsn")]
    [TestCase("on", "flush_lsn")]
    [TestCase("remote_apply", "replay_lsn")]
    public void A_commit_returns_when_the_standby_is_as_far_as_promised(string level, string column)
    {
        using TestNode a = TestNode.Primary().Start("synchronous_standby_names=b");
        using TestNode b = a.Standby().Start();
        Eventually.Holds(() => a.Streams("b"));
        using PgClient client = a.Connect();
        client.QueryOrThrow($"SET synchronous_commit = {level}").Dispose();
        for (int i = 0; i < 200; i++)
        {
            using PgResult sent = client.QueryOrThrow($"SELECT pg_logical_emit_message(true, 't', '{i}')");
            using PgResult reached = client.QueryOrThrow($"SELECT {column} FROM pg_stat_replication");
            Assert.That(Lsn.Parse(reached.Value(0, 0)), Is.GreaterThan(Lsn.Parse(sent.Value(0, 0))), $"commit {i}");
        }
        using PgResult view = client.QueryOrThrow("SELECT sync_state, sync_priority FROM pg_stat_replication");
        Assert.That((view.Value(0, 0), view.Value(0, 1)), Is.EqualTo(("sync", "1")));
    }

    [Test]
    public void Who_looks_for_work_before_it_sleeps_sleeps_when_none_comes()
    {
        using TestNode a = TestNode.Primary();
        a.Configure("synchronous_standby_names = 'b'", "pgrepl.busy_poll = 10000");
        a.Start();
        using TestNode b = a.Standby().Start("pgrepl.busy_poll=10000");
        Eventually.Holds(() => a.Streams("b"));
        using (PgClient client = a.Connect())
        {
            for (int i = 0; i < 200; i++)
                client.QueryOrThrow($"SELECT pg_logical_emit_message(true, 't', '{i}')").Dispose();
        }
        Eventually.Holds(() => b.MessagesOnDisk().Count == 200);
        foreach (int pid in ((TestNode[])[a, b]).SelectMany(node => ProcessFacts.ChildrenOf(node.PostmasterPid!.Value)))
            Eventually.Holds(() => UsesLittle(pid));
    }

    /// <summary>Less than a tenth of a processor.</summary>
    private static bool UsesLittle(int pid)
    {
        using ManualResetEvent never = new(false);
        long start = Stopwatch.GetTimestamp();
        TimeSpan before = ProcessFacts.ExactProcessorTime(pid);
        never.WaitOne(200);
        return (ProcessFacts.ExactProcessorTime(pid) - before) / Stopwatch.GetElapsedTime(start) < 0.1;
    }

    [Test]
    public void A_commit_waits_for_its_standby_also_before_walwriter_has_begun()
    {
        using TestNode a = TestNode.Primary();
        a.Configure("synchronous_standby_names = 'b'");
        Trap beginning = new(a, "walwriter-1", stop: true);
        a.Start();
        Assert.That(beginning.WaitUntilSprung(TimeSpan.FromSeconds(60)));
        using (PgClient client = a.Connect())
        {
            Assert.That(client.SendQuery("SELECT pg_logical_emit_message(true, 't', 'x')"));
            Eventually.Holds(() => client.WaitForInput(TimeSpan.Zero) || a.Ask("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") == "1");
            Assert.That(client.WaitForInput(TimeSpan.Zero), Is.False, "acknowledged without the standby");
            beginning.Release();
            using TestNode b = a.Standby().Start();
            Assert.That(client.WaitForInput(TimeSpan.FromSeconds(60)), "never acknowledged");
        }
    }

    [Test]
    public void A_commit_that_waits_for_no_standby_any_more_is_not_acknowledged_before_it_is_durable_here()
    {
        using TestNode a = TestNode.Primary().Start("synchronous_standby_names=b");
        a.AwaitWalWriter();
        Trap flush = new(a, "flush-1", stop: true);
        using PgClient holder = a.Connect(), client = a.Connect();
        Assert.That(holder.SendQuery("SELECT pg_logical_emit_message(true, 't', 'stands still before its fdatasync')"));
        Assert.That(flush.WaitUntilSprung(TimeSpan.FromSeconds(60)));
        Assert.That(client.SendQuery("SELECT pg_logical_emit_message(true, 't', 'x')"));
        string waits = $"SELECT wait_event FROM pg_stat_activity WHERE pid = {client.BackendPid}";
        Eventually.Holds(() => a.Ask(waits) == "SyncRep");
        ProcessCalls.Kill(client.BackendPid, Signal.SIGINT); // a cancel request
        Eventually.Holds(() => client.WaitForInput(TimeSpan.Zero) || a.Ask(waits) == "WALWrite");
        Assert.That(client.WaitForInput(TimeSpan.Zero), Is.False, "acknowledged, and not durable anywhere");
        flush.Release();
        Assert.That(client.WaitForInput(TimeSpan.FromSeconds(60)), "never acknowledged");
    }

    [Test]
    public void Without_the_standby_local_and_off_return_and_on_waits_until_it_is_back()
    {
        using TestNode a = TestNode.Primary().Start("synchronous_standby_names=b");
        using TestNode b = a.Standby().Start();
        Eventually.Holds(() => a.Streams("b"));
        b.Stop();
        using PgClient client = a.Connect();
        foreach (string level in new[] { "off", "local" })
        {
            client.QueryOrThrow($"SET synchronous_commit = {level}").Dispose();
            client.QueryOrThrow($"SELECT pg_logical_emit_message(true, 't', '{level}')", TimeSpan.FromSeconds(60)).Dispose();
        }
        client.QueryOrThrow("SET synchronous_commit = on").Dispose();
        Assert.That(client.SendQuery("SELECT pg_logical_emit_message(true, 't', 'on')"));
        Assert.That(client.WaitForInput(TimeSpan.FromMilliseconds(500)), Is.False, "acknowledged without the standby");
        b.Start();
        Eventually.Holds(() => a.Streams("b"));
        Assert.That(client.WaitForInput(TimeSpan.FromSeconds(60)), "never acknowledged");
        Eventually.Holds(() => b.MessagesOnDisk().Count == 3);
    }

    [Test]
    public void Transactions_commit_whole_or_not_at_all()
    {
        using TestNode a = TestNode.Primary().Start();
        using PgClient client = a.Connect();
        foreach (string sql in new[]
        {
            "BEGIN", "SELECT pg_logical_emit_message(true, 't', '1')", "SELECT pg_logical_emit_message(true, 't', '2')", "COMMIT",
            "BEGIN", "SELECT pg_logical_emit_message(true, 't', '3')", "ROLLBACK",
        })
            client.QueryOrThrow(sql).Dispose();
        a.Stop();
        (int code, string output, _) = Build.Run(PostgresTools.Find("pg_waldump"), ["-p", a.Data.Wal, "000000010000000000000001"]);
        Assert.That(code, Is.AnyOf(0, 1)); // 1: the end of WAL
        string[] kinds = [.. output.Split('\n').Where(l => l.Contains("LogicalMessage") || l.Contains("Transaction")).Select(l => l.Contains("COMMIT") ? "commit" : l.Contains("ABORT") ? "abort" : "message")];
        Assert.That(kinds, Is.EqualTo(new[] { "message", "message", "commit", "message", "abort" }));
    }

    [Test]
    public void The_shutdown_checkpoint_reaches_the_standby_before_the_primary_exits()
    {
        using TestNode a = TestNode.Primary().Start();
        using TestNode b = a.Standby().Start();
        Eventually.Holds(() => a.Streams("b"));
        a.Emit("x");
        a.Stop();
        Lsn checkpoint = a.Control.CheckpointLocation;
        Assert.That(a.Control.State, Is.EqualTo(DatabaseState.ShutDown));
        Assert.That(Lsn.Parse(b.Ask("SELECT pg_last_wal_receive_lsn()")!), Is.GreaterThan(checkpoint));
    }

    [Test]
    public void A_standby_follows_again_when_its_primary_was_stopped_and_started()
    {
        using TestNode a = TestNode.Primary().Start();
        using TestNode b = a.Standby().Start();
        Eventually.Holds(() => a.Streams("b"));
        int startup = b.Children("startup").Single();
        a.Stop();
        Eventually.Holds(() => b.Log.Contains("replication terminated by primary server"));
        a.Start();
        Lsn end = a.Emit("after");
        Eventually.Holds(() => Lsn.Parse(b.TryAsk("SELECT pg_last_wal_replay_lsn()") ?? "0/1") > end);
        Assert.That(b.Children("startup"), Is.EqualTo(new[] { startup }), "the standby was not restarted");
    }

    [Test]
    public void A_standby_reconnects_and_catches_up_over_segments()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start();
        using TestNode b = a.Standby().Start();
        Eventually.Holds(() => a.Streams("b"));
        b.KillAll();
        using (PgClient client = a.Connect())
            for (int i = 0; i < 40; i++)
                client.QueryOrThrow($"SELECT pg_logical_emit_message(true, 't', repeat('{i % 10}', 100000))").Dispose();
        b.Start();
        Eventually.Holds(() => a.Streams("b"));
        Lsn end = a.Emit("end");
        Eventually.Holds(() => Lsn.Parse(b.Ask("SELECT pg_last_wal_replay_lsn()")!) > end);
        Assert.That(b.MessagesOnDisk(), Is.EqualTo(a.MessagesOnDisk()));
        foreach (WalSegment segment in WalDirectory.List(b.Data, 1 << 20).Where(s => s.End(1 << 20) < end))
            Assert.That(File.ReadAllBytes(WalSegmentFile.PathOf(b.Data, segment, 1 << 20)).AsSpan().SequenceEqual(File.ReadAllBytes(WalSegmentFile.PathOf(a.Data, segment, 1 << 20))),
                $"segment {segment.FileName(1 << 20)} differs");
    }

    [Test]
    public void Another_system_and_a_diverged_history_are_found_before_a_byte_is_written()
    {
        using TestNode a = TestNode.Primary().Start();
        a.AwaitWalWriter();
        using TestNode b = a.Standby().Start();
        Eventually.Holds(() => a.Streams("b"));
        Lsn common = a.Emit("common");
        Eventually.Holds(() => Lsn.Parse(b.Ask("SELECT pg_last_wal_receive_lsn()")!) > common);
        b.Stop();
        // a loses its last commit, as after a restore of an old copy, and writes something else in its place
        a.KillAll();
        using (FileStream file = new(WalSegmentFile.PathOf(a.Data, WalSegment.Containing(common, TimelineId.First, a.Control.SegmentSize), a.Control.SegmentSize), FileMode.Open, FileAccess.Write))
        {
            file.Position = (long)(a.Control.Checkpoint.Redo.Value % (ulong)a.Control.SegmentSize) + 128;
            file.Write(new byte[8192]);
        }
        a.Start();
        a.Emit("other");
        b.Start();
        Eventually.Holds(() => b.Log.Contains("FATAL:  WAL from upstream differs from our own at "));
        Assert.That(b.MessagesOnDisk(), Is.EqualTo(new[] { "common" }), "nothing was overwritten");
    }

    [Test]
    public void A_torn_last_record_is_dropped_by_crash_recovery()
    {
        using TestNode a = TestNode.Primary().Start();
        a.AwaitWalWriter(); // a checkpoint behind "kept" would hide it from the eyes that read from redo on
        a.Emit("kept");
        Lsn torn = a.Emit("torn"); // the function's answer is where the message's record ends; its commit follows
        a.KillAll();
        using (FileStream file = new(WalSegmentFile.PathOf(a.Data, WalSegment.Containing(torn, TimelineId.First, a.Control.SegmentSize), a.Control.SegmentSize), FileMode.Open, FileAccess.Write))
        {
            file.Position = (long)(torn.Value % (ulong)a.Control.SegmentSize) - 16; // the end of the message itself
            file.Write(new byte[16]);
        }
        a.Start();
        a.Emit("after");
        Assert.That(a.MessagesOnDisk(), Is.EqualTo(new[] { "kept", "after" }));
        a.KillAll();
        a.Start();
        Assert.That(a.MessagesOnDisk(), Is.EqualTo(new[] { "kept", "after" }));
    }

    [Test]
    public void A_record_torn_across_pages_is_overwritten_and_a_standby_goes_on_without_a_restart()
    {
        using TestNode a = TestNode.Primary().Start();
        using TestNode b = a.Standby().Start();
        Eventually.Holds(() => a.Streams("b"));
        Lsn kept = a.Emit("kept");
        Eventually.Holds(() => Lsn.Parse(b.Ask("SELECT pg_last_wal_receive_lsn()")!) > kept);
        b.Stop();
        using (PgClient client = a.Connect())
            client.QueryOrThrow("SELECT pg_logical_emit_message(true, 't', repeat('x', 40000))").Dispose();
        Lsn end = Lsn.Parse(a.Ask("SELECT pg_current_wal_flush_lsn()")!);
        a.KillAll();
        b.Start();
        int startup = b.Children("startup").Single();

        // As if a had lost power when three pages of the record were durable, and b had received them: the rest never was anywhere.
        int size = a.Control.SegmentSize;
        WalSegment segment = WalSegment.Containing(end, TimelineId.First, size);
        Lsn missing = end.PageStart - 2 * 8192;
        long offset = (long)(missing.Value % (ulong)size);
        using (FileStream own = new(WalSegmentFile.PathOf(a.Data, segment, size), FileMode.Open, FileAccess.ReadWrite))
        {
            byte[] received = new byte[offset];
            own.ReadExactly(received);
            using (FileStream theirs = new(WalSegmentFile.PathOf(b.Data, segment, size), FileMode.Open, FileAccess.Write))
                theirs.Write(received);
            own.Position = offset;
            own.Write(new byte[4 * 8192]);
        }
        a.Start();
        Assert.That(a.Log, Does.Contain("is torn: overwritten at"));
        Eventually.Holds(() => a.Streams("b"));
        Lsn after = a.Emit("after");
        Eventually.Holds(() => Lsn.Parse(b.TryAsk("SELECT pg_last_wal_replay_lsn()") ?? "0/1") > after);
        Assert.That(b.Children("startup"), Is.EqualTo(new[] { startup }), "the standby was not restarted");
        Assert.That(b.MessagesOnDisk(), Is.EqualTo(new[] { "kept", "after" }));
        (_, string dump, _) = Build.Run(PostgresTools.Find("pg_waldump"), ["-p", a.Data.Wal, "-r", "XLOG", "000000010000000000000001"]);
        Assert.That(dump, Does.Contain("OVERWRITE_CONTRECORD"));
    }

    [Test]
    public void A_standby_that_lost_the_empty_pages_behind_a_segment_switch_fetches_them_before_it_goes_on()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start();
        using TestNode b = a.Standby().Start();
        a.Emit("x");
        Lsn switchEnd = Lsn.Parse(a.Ask("SELECT pg_switch_wal()"));
        Eventually.Holds(() => b.TryAsk($"SELECT pg_last_wal_replay_lsn() > '{switchEnd}'") == "t");
        b.KillAll();

        const string First = "000000010000000000000001";
        string ofB = Path.Combine(b.Data.Wal, First);
        byte[] bytes = File.ReadAllBytes(ofB);
        bytes.AsSpan((int)(switchEnd.Value % (1 << 20))).Clear(); // as if it had been killed when no more than the switch had come
        File.WriteAllBytes(ofB, bytes);
        foreach (string later in Directory.GetFiles(b.Data.Wal, "0*").Where(path => Path.GetFileName(path) != First))
            File.Delete(later);

        b.Start();
        Lsn end = a.Emit("y");
        Eventually.Holds(() => b.TryAsk($"SELECT pg_last_wal_replay_lsn() > '{end}'") == "t"); // its commit too
        Assert.That(File.ReadAllBytes(ofB), Is.EqualTo(File.ReadAllBytes(Path.Combine(a.Data.Wal, First))).AsCollection);
        Assert.That(b.MessagesOnDisk(), Is.EqualTo(new[] { "x", "y" }));
    }
}
