using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests;

/// <summary>What a relay of a PostgreSQL 15 keeps for those below it, and who may be below it.</summary>
[Parallelizable(ParallelScope.Self)] // its tests share the primary, one after the other
public sealed class RelayDownstreamTests
{
    private const int SegmentSize = 1024 * 1024;
    private const int SIGSTOP = 19;
    private const int SIGCONT = 18;

    private PostgresServer _primary = null!;

    [OneTimeSetUp]
    public void Start() => _primary = PostgresServer.Primary(segmentMegabytes: 1, "wal_keep_size = 100MB").Start();

    [OneTimeTearDown]
    public void Stop() => _primary?.Dispose();

    [Test]
    public void Relay_keep_keeps_by_size_and_by_age_and_a_reload_applies_it()
    {
        using TestNode relay = TestNode.RelayOf(_primary.Conninfo, "keep");
        relay.Configure("[pgrepl]", "relay_keep = '4MB'");
        relay.Start("wal_keep_size=0");
        Eventually.Holds(() => _primary.TryAsk("SELECT count(*) FROM pg_stat_replication WHERE application_name = 'keep' AND state = 'streaming'") == "1");
        Fill(segments: 8);
        ulong last = ReceivedAll(relay);
        Eventually.Holds(() => Oldest(relay) == last - 4);
        Fill(segments: 2);
        last = ReceivedAll(relay);
        Eventually.Holds(() => Oldest(relay) == last - 4);

        relay.Configure("[pgrepl]", "relay_keep = ['1MB', '3s']"); // what is within either stays
        Build.Expect(relay.Pgrepl("reload", "-D", relay.Data.Path));
        Eventually.Holds(() => relay.Ask("SHOW pgrepl.relay_keep") == "1MB, 3s");
        Eventually.Holds(() => File.Exists(relay.Data.ReceivedTimes));
        long noted = Environment.TickCount64;
        Assert.That(Oldest(relay), Is.EqualTo(last - 4), "what was here counts as received now");
        Eventually.Holds(() => Oldest(relay) == last - 1);
        Assert.That(Environment.TickCount64 - noted, Is.GreaterThan(1500), "time passed, and no WAL came");

        relay.KillAll();
        relay.Start("wal_keep_size=0", "pgrepl.relay_keep=1h");
        Fill(segments: 3);
        Assert.That(ReceivedAll(relay), Is.EqualTo(last + 3));
        Assert.That(Oldest(relay), Is.EqualTo(last - 1));
    }

    [Test]
    public void What_is_kept_for_nobody_does_not_fill_the_disk()
    {
        using TestNode relay = TestNode.RelayOf(_primary.Conninfo, "small");
        using SmallDisk disk = new(relay.Data.Wal, megabytes: 10, owner: "postgres");
        relay.Start("wal_keep_size=0", "pgrepl.relay_keep=1GB");
        _ = ReceivedAll(relay);
        for (int i = 0; i < 4; i++)
        {
            Fill(segments: 4);
            _ = ReceivedAll(relay);
        }
        Assert.That(relay.Log, Does.Contain("WARNING:  the disk is nearly full: WAL before segment").And.Not.Contain("No space left on device"));
        Assert.That(WalDirectory.List(relay.Data, SegmentSize), Has.Count.GreaterThan(3));
        relay.KillAll();
    }

    [Test]
    public void A_slot_goes_through_all_states_and_the_next_request_is_refused_in_PostgreSQLs_words()
    {
        string[] settings = ["wal_keep_size=0", "pgrepl.relay_keep=0", "max_wal_size=2MB", "max_slot_wal_keep_size=6MB"];
        using TestNode relay = TestNode.RelayOf(_primary.Conninfo, "states").Start(settings);
        _ = ReceivedAll(relay);
        Lsn kept = Lsn.Parse(relay.Ask("SELECT lsn FROM pg_create_physical_replication_slot('behind', true)"));
        relay.Ask("SELECT pg_create_physical_replication_slot('empty')");
        Assert.That(States(relay), Is.EqualTo("behind reserved empty -"));
        Fill(segments: 5);
        ulong first = kept.Value / SegmentSize, last = ReceivedAll(relay);
        Assert.That(States(relay), Is.EqualTo("behind extended empty -"));
        Assert.That(relay.Ask("SELECT safe_wal_size > 0 FROM pg_replication_slots WHERE slot_name = 'behind'"), Is.EqualTo("t"));

        relay.KillAll(); // invariant 10: what a saved position needs is here
        relay.Start(settings);
        Assert.That(relay.Ask("SELECT restart_lsn FROM pg_replication_slots WHERE slot_name = 'behind'"), Is.EqualTo(kept.ToString()));
        Assert.That((States(relay), Oldest(relay)), Is.EqualTo(("behind extended empty -", first)));

        int walwriter = relay.Children("walwriter").Single();
        ProcessCalls.Kill(walwriter, SIGSTOP);
        Fill(segments: 4);
        last = ReceivedAll(relay);
        Assert.That(States(relay), Is.EqualTo("behind unreserved empty -"));
        ProcessCalls.Kill(walwriter, SIGCONT);
        Eventually.Holds(() => States(relay) == "behind lost empty -");
        Eventually.Holds(() => Oldest(relay) > first);
        Assert.That(relay.Log, Does.Contain($"LOG:  invalidating slot \"behind\" because its restart_lsn {kept} exceeds max_slot_wal_keep_size"));
        relay.KillAll();
        relay.Start(settings);
        Assert.That(States(relay), Is.EqualTo("behind lost empty -"));

        _primary.Ask("ALTER SYSTEM SET wal_keep_size = 0");
        _primary.Ask("SELECT pg_reload_conf()");
        Eventually.Holds(() => _primary.Ask("SHOW wal_keep_size") == "0");
        string name = new WalSegment(TimelineId.First, first).FileName(SegmentSize);
        Fill(segments: 1);
        Eventually.Holds(() => !File.Exists(Path.Combine(_primary.Wal, name)));
        string theirs = Refusal(_primary.Conninfo, kept), ours = Refusal(relay.Conninfo, kept);
        Assert.That(ours, Is.EqualTo(theirs));
        Assert.That(ours, Does.Contain("58P01").And.Contain($"requested WAL segment {name} has already been removed"));
        _primary.Ask("ALTER SYSTEM RESET wal_keep_size");
        _primary.Ask("SELECT pg_reload_conf()");
    }

    [Test]
    public void Standbys_and_pg_receivewal_stream_with_a_slot_or_without()
    {
        string[] settings = ["wal_keep_size=0", "pgrepl.relay_keep=0"];
        using TestNode relay = TestNode.RelayOf(_primary.Conninfo, "hub").Start(settings);
        _ = ReceivedAll(relay);
        Build.Expect(PostgresTools.Run("pg_receivewal", "-d", relay.Conninfo, "--slot", "arch", "--create-slot"));
        relay.Ask("SELECT pg_create_physical_replication_slot('s_slot', true)");
        using PostgresServer standby = _primary.Standby($"host={relay.Folder} port={relay.Port} user=postgres application_name=s");
        File.AppendAllLines(Path.Combine(standby.Data, "postgresql.conf"), ["primary_slot_name = 's_slot'"]);
        standby.Start();
        using (Received slotted = new(relay, "--slot", "arch", "--synchronous"))
        {
            Fill(segments: 3);
            ulong last = ReceivedAll(relay);
            Eventually.Holds(() => HasSegment(slotted, last));
            Eventually.Holds(() => Slots(relay, "active") == "arch true s_slot true");
            slotted.Stop();
            Assert.That(CompleteSegmentsOfThePrimary(slotted), Is.Positive);
        }
        Lsn behind = Lsn.Parse(relay.Ask("SELECT restart_lsn FROM pg_replication_slots WHERE slot_name = 'arch'"));
        standby.Stop();
        relay.KillAll();
        Fill(segments: 4);
        relay.Start(settings);
        _ = ReceivedAll(relay);
        Assert.That(Oldest(relay), Is.LessThanOrEqualTo(behind.Value / SegmentSize), "pg_receivewal will come again");
        standby.Start();
        string end = _primary.Ask("SELECT pg_current_wal_flush_lsn()")!;
        Eventually.Holds(() => standby.TryAsk($"SELECT pg_last_wal_replay_lsn() >= '{end}'") == "t");
        using (Received slotted = new(relay, "--slot", "arch", "--synchronous"))
        {
            Eventually.Holds(() => HasSegment(slotted, ReceivedAll(relay)));
            slotted.Stop();
        }
    }

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

    [Test]
    public void A_relay_starts_where_its_slot_on_the_primary_keeps_wal_from()
    {
        using (TestNode created = TestNode.RelayOf(_primary.Conninfo, "made", "--slot", "made", "--create-slot"))
        {
            Lsn kept = Lsn.Parse(_primary.Ask("SELECT restart_lsn FROM pg_replication_slots WHERE slot_name = 'made'"));
            Assert.That(RelayFile.Read(created.Data).Oldest.Value, Is.EqualTo(kept.Value & ~(SegmentSize - 1UL)));
            Fill(segments: 4);
            created.Start();
            _ = ReceivedAll(created);
            Assert.That(Oldest(created), Is.EqualTo(kept.Value / SegmentSize));
            Assert.That(created.Ask("SELECT slot_name FROM pg_stat_wal_receiver"), Is.EqualTo("made"));
            Eventually.Holds(() => _primary.Ask($"SELECT active AND restart_lsn > '{kept}' FROM pg_replication_slots WHERE slot_name = 'made'") == "t");
        }
        Eventually.Holds(() => _primary.Ask("SELECT active FROM pg_replication_slots WHERE slot_name = 'made'") == "f");
        Lsn restart = Lsn.Parse(_primary.Ask("SELECT restart_lsn FROM pg_replication_slots WHERE slot_name = 'made'"));
        Fill(segments: 3);
        using (TestNode found = TestNode.RelayOf(_primary.Conninfo, "found", "--slot", "made"))
            Assert.That(RelayFile.Read(found.Data).Oldest.Value / SegmentSize, Is.EqualTo(restart.Value / SegmentSize));

        Assert.That(Init("--slot", "nope"), Does.Contain("replication slot \"nope\" does not exist").And.Contain("--create-slot"));
        Assert.That(Init("--slot", "made", "--create-slot"), Does.Contain("replication slot \"made\" already exists"));
        _primary.Ask("SELECT pg_drop_replication_slot('made')");
        Assert.That(_primary.Ask("SELECT count(*) FROM pg_replication_slots"), Is.EqualTo("0"));
    }

    /// <returns>What an init that fails says; it leaves nothing behind.</returns>
    private string Init(params string[] options)
    {
        string folder = Path.Combine(Path.GetTempPath(), $"pgrepl-none-{Guid.NewGuid():N}");
        (int code, _, string errors) = Build.Run(Path.Combine(Build.Folder, "pgrepl"), ["init", "-D", folder, "-A", "trust", "--relay", "--from", _primary.Conninfo, .. options]);
        Assert.That((code, Directory.Exists(folder)), Is.EqualTo((1, false)), errors);
        return errors;
    }

    private static string States(TestNode node) => Slots(node, "coalesce(wal_status, '-')");

    /// <summary>Name and value of every slot.</summary>
    private static string Slots(TestNode node, string value)
    {
        using PgClient client = node.Connect();
        using PgResult rows = client.QueryOrThrow($"SELECT slot_name || ' ' || {value} FROM pg_replication_slots ORDER BY slot_name");
        return string.Join(' ', Enumerable.Range(0, rows.Rows).Select(i => rows.Value(i, 0)));
    }

    /// <summary>Every field of the error that ends a stream from there.</summary>
    private static string Refusal(string conninfo, Lsn start)
    {
        using PgClient client = PgClient.Connect($"{conninfo} replication=true", TimeSpan.FromSeconds(10));
        using PgResult copy = client.Query($"START_REPLICATION PHYSICAL {start}");
        Assert.That(copy.IsCopy);
        long deadline = Environment.TickCount64 + 30_000;
        while (client.TryGetCopyData(out _) is var status && status is CopyReadStatus.Data or CopyReadStatus.WouldBlock)
        {
            Assert.That(Environment.TickCount64, Is.LessThan(deadline), "the stream goes on");
            if (status == CopyReadStatus.WouldBlock && client.WaitForInput(TimeSpan.FromSeconds(1)))
                client.ConsumeInput();
        }
        using PgResult ended = client.GetResult()!;
        return $"{ended.ErrorSeverity} {ended.ErrorSqlState} {ended.ErrorMessage} | {ended.ErrorDetail} | {ended.ErrorHint}";
    }

    private void Fill(int segments)
    {
        using PgClient client = PgClient.Connect(_primary.Conninfo, TimeSpan.FromSeconds(10));
        for (int i = 0; i < segments; i++)
        {
            client.QueryOrThrow("SELECT pg_logical_emit_message(false, 't', 'x')").Dispose();
            client.QueryOrThrow("SELECT pg_switch_wal()").Dispose();
        }
        client.QueryOrThrow("SELECT pg_logical_emit_message(false, 't', repeat('x', 20000))").Dispose();
        client.QueryOrThrow("CHECKPOINT").Dispose();
    }

    /// <returns>The segment in which the primary's WAL ends, which the relay has by now.</returns>
    private ulong ReceivedAll(TestNode relay)
    {
        Lsn end = Lsn.Parse(_primary.Ask("SELECT pg_current_wal_flush_lsn()"));
        Eventually.Holds(() => relay.TryAsk($"SELECT pg_last_wal_receive_lsn() >= '{end}'") == "t");
        return end.Value / SegmentSize;
    }

    private static bool HasSegment(Received received, ulong number) =>
        Directory.GetFiles(received.Folder, new WalSegment(TimelineId.First, number).FileName(SegmentSize) + "*").Length > 0;

    private int CompleteSegmentsOfThePrimary(Received received)
    {
        string[] complete = [.. Directory.GetFiles(received.Folder).Where(path => Path.GetFileName(path).Length == 24)];
        foreach (string path in complete)
            Assert.That(File.ReadAllBytes(path).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(_primary.Wal, Path.GetFileName(path)))), path);
        return complete.Length;
    }

    private static ulong Oldest(TestNode relay) => WalDirectory.List(relay.Data, SegmentSize)[0].Number;
}
