using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests;

/// <summary>Physical replication slots of whole nodes: what they keep, over a crash too, and what becomes of them.</summary>
public sealed class ReplicationSlotTests
{
    private const int SegmentSize = 1 << 20;
    private static readonly string[] Small = ["wal_keep_size=0", "min_wal_size=2MB", "max_wal_size=2MB"];

    [Test]
    public void Pg_receivewal_makes_and_drops_a_slot()
    {
        using TestNode a = TestNode.Primary().Start();
        Assert.That(Receivewal(a, "--create-slot").Code, Is.Zero);
        Assert.That(a.Ask("SELECT slot_type || temporary || active || coalesce(restart_lsn::text, '-') FROM pg_replication_slots WHERE slot_name = 'arch'"), Is.EqualTo("physicalfalsefalse-"));
        (int code, _, string errors) = Receivewal(a, "--create-slot");
        Assert.That((code, errors.Contains("ERROR:  replication slot \"arch\" already exists")), Is.EqualTo((1, true)), errors);
        Assert.That(Receivewal(a, "--create-slot", "--if-not-exists").Code, Is.Zero);
        a.Stop();
        a.Start();
        Assert.That(Receivewal(a, "--drop-slot").Code, Is.Zero);
        Assert.That(a.Ask("SELECT count(*) FROM pg_replication_slots"), Is.EqualTo("0"));
        Assert.That(Receivewal(a, "--drop-slot").Errors, Does.Contain("ERROR:  replication slot \"arch\" does not exist"));
        Assert.That(ReplicationSlotFile.List(a.Data), Is.Empty);
    }

    [Test]
    public void A_slot_keeps_wal_until_its_receiver_comes_and_over_a_lost_host()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start(Small);
        Lsn kept = Lsn.Parse(a.Ask("SELECT lsn FROM pg_create_physical_replication_slot('arch', true)"));
        Fill(a, segments: 10);
        Eventually.Holds(() => a.Control.Checkpoint.Redo.Value / SegmentSize > 8);
        Assert.That(Oldest(a), Is.LessThanOrEqualTo(kept.Value / SegmentSize));
        a.KillAll();
        a.Start(Small);
        Assert.That(a.Ask("SELECT restart_lsn || ' ' || wal_status FROM pg_replication_slots"), Is.EqualTo($"{kept} extended"));
        Fill(a, segments: 4);
        Assert.That(Oldest(a), Is.LessThanOrEqualTo(kept.Value / SegmentSize));

        Lsn end;
        using (Received received = new(a, "--slot", "arch", "--synchronous")) // begins at READ_REPLICATION_SLOT's position
        {
            received.HasUpTo(a, end = a.Emit("end"));
            Eventually.Holds(() => Lsn.Parse(a.Ask("SELECT restart_lsn FROM pg_replication_slots")!) >= end);
            Assert.That(a.Ask("SELECT active FROM pg_replication_slots"), Is.EqualTo("t"));
            received.Stop();
            Assert.That(received.CompleteSegmentsEqualTo(a), Is.GreaterThanOrEqualTo(14));
        }
        a.KillAll(); // nothing has saved the position since: the one on disk comes back, and its WAL is there
        a.Start(Small);
        Lsn back = Lsn.Parse(a.Ask("SELECT restart_lsn FROM pg_replication_slots"));
        Assert.That(back, Is.LessThanOrEqualTo(end));
        Assert.That(Oldest(a), Is.LessThanOrEqualTo(back.Value / SegmentSize));

        using (Received received = new(a, "--slot", "arch", "--synchronous"))
        {
            received.HasUpTo(a, a.Emit("again"));
            Fill(a, segments: 6);
            Lsn all = a.Emit("all");
            Eventually.Holds(() => Lsn.Parse(a.Ask("SELECT restart_lsn FROM pg_replication_slots")!) >= all);
            Fill(a, segments: 3); // a checkpoint after the slot went on
            Eventually.Holds(() => Oldest(a) > end.Value / SegmentSize);
            received.Stop();
        }
    }

    [Test]
    public void A_slot_beyond_max_slot_wal_keep_size_is_lost_and_stays_so()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start([.. Small, "max_slot_wal_keep_size=3MB"]);
        Lsn kept = Lsn.Parse(a.Ask("SELECT lsn FROM pg_create_physical_replication_slot('arch', true)"));
        Assert.That(a.Ask("SELECT wal_status || (safe_wal_size > 0) FROM pg_replication_slots"), Is.EqualTo("reservedtrue"));
        Fill(a, segments: 10);
        Eventually.Holds(() => a.Ask("SELECT wal_status FROM pg_replication_slots") == "lost");
        Assert.That(a.Ask("SELECT coalesce(restart_lsn::text, '-') || coalesce(safe_wal_size::text, '-') FROM pg_replication_slots"), Is.EqualTo("--"));
        Eventually.Holds(() => a.Log.Contains($"LOG:  invalidating slot \"arch\" because its restart_lsn {kept} exceeds max_slot_wal_keep_size", StringComparison.Ordinal));
        a.KillAll();
        a.Start([.. Small, "max_slot_wal_keep_size=3MB"]);
        Assert.That(a.Ask("SELECT wal_status FROM pg_replication_slots"), Is.EqualTo("lost"));

        using PgClient client = a.Connect("replication=true");
        using PgResult copy = client.Query($"START_REPLICATION SLOT arch PHYSICAL {kept} TIMELINE 1");
        Assert.That(copy.IsCopy);
        using PgResult ended = EndOf(client);
        Assert.That((ended.ErrorSqlState, ended.ErrorMessage), Is.EqualTo(("58P01", $"requested WAL segment {new WalSegment(TimelineId.First, kept.Value / SegmentSize).FileName(SegmentSize)} has already been removed")));
    }

    [Test]
    public void A_user_of_a_slot_that_is_lost_is_sent_away()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start([.. Small, "max_slot_wal_keep_size=3MB"]);
        Lsn kept = Lsn.Parse(a.Ask("SELECT lsn FROM pg_create_physical_replication_slot('arch', true)"));
        using PgClient stream = a.Connect("replication=true"), session = a.Connect();
        int streamPid = stream.BackendPid, sessionPid = session.BackendPid; // a lost connection has none
        stream.Query($"START_REPLICATION SLOT arch PHYSICAL {kept}").Dispose(); // and never confirms
        session.QueryOrThrow("SELECT pg_create_physical_replication_slot('mine', true, true)").Dispose();
        Task<PgResult> reading = Task.Run(() => EndOf(stream));
        Fill(a, segments: 10);
        using PgResult ended = reading.Result;
        // Who has not taken the WAL that was sent before is not told, as in PostgreSQL (ProcessClientWriteInterrupt): the connection just ends.
        if (ended.ErrorSeverity is not null || !ended.ErrorMessage.StartsWith("server closed the connection unexpectedly", StringComparison.Ordinal))
            Assert.That((ended.ErrorSeverity, ended.ErrorSqlState, ended.ErrorMessage), Is.EqualTo(("FATAL", "57P01", "terminating connection due to administrator command")));
        Eventually.Holds(() => session.Query("SELECT 1", null).IsError);
        Eventually.Holds(() => a.Ask("SELECT slot_name || active || wal_status FROM pg_replication_slots") == "archfalselost");
        Assert.That(a.Log, Does.Contain($"LOG:  terminating process {streamPid} to release replication slot \"arch\"").And.Contain($"LOG:  terminating process {sessionPid} to release"));
        Assert.That(a.Ask("SELECT count(*) FROM pg_replication_slots"), Is.EqualTo("1"), "the temporary one ended with its session");
    }

    [Test]
    public void A_temporary_slot_ends_with_its_session_an_error_or_a_crash()
    {
        using TestNode a = TestNode.Primary().Start();
        const string Make = "SELECT pg_create_physical_replication_slot('t', true, true)", Count = "SELECT count(*) FROM pg_replication_slots";
        using (PgClient session = a.Connect())
        {
            session.QueryOrThrow(Make).Dispose();
            Assert.That(a.Ask("SELECT temporary || ' ' || active_pid FROM pg_replication_slots"), Is.EqualTo($"true {session.BackendPid}"));
            Assert.That(session.Query("SELECT 1/0").IsError);
            Assert.That(a.Ask(Count), Is.EqualTo("0"), "an error ends it");
            session.QueryOrThrow(Make).Dispose();
        }
        Eventually.Holds(() => a.Ask(Count) == "0");
        using PgClient last = a.Connect();
        last.QueryOrThrow(Make).Dispose();
        ProcessCalls.Kill(last.BackendPid, Signal.SIGKILL);
        Eventually.Holds(() => a.TryAsk(Count) == "0"); // after the crash reset
        Assert.That(ReplicationSlotFile.List(a.Data), Is.Empty);
    }

    [Test]
    public void Drop_with_wait_waits_for_the_slots_user()
    {
        using TestNode a = TestNode.Primary().Start();
        using PgClient owner = a.Connect("replication=true"), dropper = a.Connect("replication=true");
        owner.QueryOrThrow("CREATE_REPLICATION_SLOT s PHYSICAL RESERVE_WAL").Dispose();
        owner.Query("START_REPLICATION SLOT s PHYSICAL 0/1000000").Dispose();
        Assert.That(dropper.Query("DROP_REPLICATION_SLOT s").ErrorMessage, Is.EqualTo($"replication slot \"s\" is active for PID {owner.BackendPid}"));
        Assert.That(dropper.SendQuery("DROP_REPLICATION_SLOT s WAIT"));
        Assert.That(dropper.WaitForInput(TimeSpan.FromMilliseconds(300)), Is.False, "it waits");
        owner.Dispose();
        Assert.That(dropper.WaitForInput(TimeSpan.FromSeconds(20)));
        using PgResult dropped = dropper.GetResult()!;
        Assert.That(dropped.CommandTag, Is.EqualTo("DROP_REPLICATION_SLOT"));
        Assert.That(a.Ask("SELECT count(*) FROM pg_replication_slots"), Is.EqualTo("0"));
    }

    [Test]
    public void A_standby_streams_through_its_slot_and_has_slots_of_its_own()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start(Small);
        a.Ask("SELECT pg_create_physical_replication_slot('b_slot', true)");
        using TestNode b = a.Standby().Start([.. Small, "primary_slot_name=b_slot"]);
        Eventually.Holds(() => a.Streams("b"));
        Assert.That(b.Ask("SELECT slot_name FROM pg_stat_wal_receiver"), Is.EqualTo("b_slot"));
        Lsn seen = a.Emit("seen");
        Eventually.Holds(() => a.Ask($"SELECT restart_lsn >= '{seen}' FROM pg_replication_slots WHERE active") == "t");
        Lsn kept = Lsn.Parse(b.Ask("SELECT lsn FROM pg_create_physical_replication_slot('cascade', true)"));
        b.KillAll();
        Eventually.Holds(() => a.Ask("SELECT active FROM pg_replication_slots") == "f");
        Fill(a, segments: 8);
        Eventually.Holds(() => a.Control.Checkpoint.Redo.Value / SegmentSize > 7);
        b.Start([.. Small, "primary_slot_name=b_slot"]); // nothing was removed that it needs
        Lsn end = a.Emit("end");
        Eventually.Holds(() => b.TryAsk($"SELECT pg_last_wal_replay_lsn() >= '{end}'") == "t");
        Eventually.Holds(() => b.Control.Checkpoint.Redo.Value / SegmentSize > 7);
        Assert.That(b.Ask("SELECT restart_lsn FROM pg_replication_slots"), Is.EqualTo(kept.ToString()));
        Assert.That(Oldest(b), Is.LessThanOrEqualTo(kept.Value / SegmentSize), "restart points keep it too");
    }

    [Test]
    public void A_damaged_slot_stops_the_start_in_PostgreSQLs_words()
    {
        using TestNode a = TestNode.Primary().Start();
        a.Ask("SELECT pg_create_physical_replication_slot('s')");
        a.Stop();
        string state = Path.Combine(a.Data.ReplicationSlots, "s", "state");
        byte[] bytes = File.ReadAllBytes(state);
        File.WriteAllBytes(state, [.. bytes[..50], 7, .. bytes[51..]]);
        Assert.That(a.TryStart().Code, Is.Not.Zero);
        Assert.That(a.Log, Does.Contain("checksum mismatch for replication slot file \"pg_replslot/s/state\": is "));
        File.WriteAllBytes(state, bytes);
        Assert.That(a.TryStart("max_replication_slots=0").Code, Is.Not.Zero);
        Assert.That(a.Log, Does.Contain("too many replication slots active before shutdown"));
        Directory.CreateDirectory(Path.Combine(a.Data.ReplicationSlots, "half.tmp"));
        a.Start();
        Assert.That(ReplicationSlotFile.List(a.Data), Is.EqualTo(new[] { "s" }));
    }

    private static (int Code, string Output, string Errors) Receivewal(TestNode node, params string[] arguments) =>
        PostgresTools.Run("pg_receivewal", ["-d", node.Conninfo, "--slot", "arch", .. arguments]);

    /// <summary>The error that ends a COPY whose data nobody wants.</summary>
    private static PgResult EndOf(PgClient client)
    {
        long deadline = Environment.TickCount64 + 30_000;
        while (client.TryGetCopyData(out _) is var status && status is CopyReadStatus.Data or CopyReadStatus.WouldBlock)
        {
            Assert.That(Environment.TickCount64, Is.LessThan(deadline), "the stream goes on");
            if (status == CopyReadStatus.Data)
                continue;
            client.WaitForInput(TimeSpan.FromMilliseconds(100));
            if (!client.ConsumeInput())
                break; // the connection is gone
        }
        return client.GetResult()!;
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

    private static ulong Oldest(TestNode node) => WalDirectory.List(node.Data, SegmentSize).Min(s => s.Number);
}
