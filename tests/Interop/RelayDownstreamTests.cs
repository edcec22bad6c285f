using System.Text.RegularExpressions;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests;

/// <summary>What a relay of a real PostgreSQL keeps for those below it, and who may be below it.</summary>
/// <remarks>Sizes are in segments, which are larger in 10.</remarks>
[TestFixtureSource(typeof(Majors), nameof(Majors.OfScenarios))]
[Parallelizable(ParallelScope.Self)] // its tests share the primary, one after the other
public sealed class RelayDownstreamTests(int major)
{
    private PostgresServer _primary = null!;
    private int _segmentSize;

    [OneTimeSetUp]
    public void Start()
    {
        _primary = PostgresServer.OfMajor(major).Start();
        _segmentSize = _primary.SegmentSize;
    }

    [OneTimeTearDown]
    public void Stop() => _primary?.Dispose();

    [Test]
    public void Relay_keep_keeps_by_size_and_by_age_and_a_reload_applies_it()
    {
        using TestNode relay = TestNode.RelayOf(_primary.Conninfo, "keep");
        relay.Configure("[pgrepl]", $"relay_keep = '{Segments(4)}'");
        relay.Start("wal_keep_size=0");
        Eventually.Holds(() => _primary.TryAsk("SELECT count(*) FROM pg_stat_replication WHERE application_name = 'keep' AND state = 'streaming'") == "1");
        Fill(segments: 8);
        ulong last = ReceivedAll(relay);
        Eventually.Holds(() => Oldest(relay) == last - 4);
        Fill(segments: 2);
        last = ReceivedAll(relay);
        Eventually.Holds(() => Oldest(relay) == last - 4);

        long noted = Environment.TickCount64;
        relay.Configure("[pgrepl]", $"relay_keep = ['{Segments(1)}', '3s']"); // what is within either stays
        Build.Expect(relay.Pgrepl("reload", "-D", relay.Data.Path));
        Eventually.Holds(() => relay.Ask("SHOW pgrepl.relay_keep") == $"{Segments(1)}, 3s");
        Eventually.Holds(() => File.Exists(relay.Data.ReceivedTimes));
        ulong oldest = Oldest(relay);
        if (Environment.TickCount64 - noted < 2500)
            Assert.That(oldest, Is.EqualTo(last - 4), "what was here counts as received now");
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
        using SmallDisk disk = new(relay.Data.Wal, megabytes: 10 * SegmentMegabytes, owner: "postgres");
        relay.Start("wal_keep_size=0", "pgrepl.relay_keep=1GB");
        _ = ReceivedAll(relay);
        for (int i = 0; i < 8; i++)
        {
            Fill(segments: 2); // and the next: less than is left free
            _ = ReceivedAll(relay);
            Eventually.Holds(() => new DriveInfo(relay.Data.Wal).AvailableFreeSpace >= 4L * _segmentSize);
        }
        Assert.That(relay.Log, Does.Contain("WARNING:  the disk is nearly full: WAL before segment").And.Not.Contain("No space left on device"));
        Assert.That(WalDirectory.List(relay.Data, _segmentSize), Has.Count.GreaterThan(3));
        relay.KillAll();
    }

    [Test]
    public void A_slot_goes_through_all_states_and_the_next_request_is_refused_in_PostgreSQLs_words()
    {
        string[] settings = ["wal_keep_size=0", "pgrepl.relay_keep=0", $"max_wal_size={Segments(2)}", $"max_slot_wal_keep_size={Segments(6)}"];
        using TestNode relay = TestNode.RelayOf(_primary.Conninfo, "states").Start(settings);
        _ = ReceivedAll(relay);
        Lsn kept = Lsn.Parse(relay.Ask("SELECT lsn FROM pg_create_physical_replication_slot('behind', true)"));
        relay.Ask("SELECT pg_create_physical_replication_slot('empty')");
        Assert.That(States(relay), Is.EqualTo(Known("behind reserved empty -")));
        Fill(segments: 5);
        ulong first = kept.Value / (ulong)_segmentSize, last = ReceivedAll(relay);
        Assert.That(States(relay), Is.EqualTo(Known("behind extended empty -")));
        if (HasStates)
            Assert.That(relay.Ask("SELECT safe_wal_size > 0 FROM pg_replication_slots WHERE slot_name = 'behind'"), Is.EqualTo("t"));

        relay.KillAll(); // invariant 10: what a saved position needs is here
        relay.Start(settings);
        Assert.That(relay.Ask("SELECT restart_lsn FROM pg_replication_slots WHERE slot_name = 'behind'"), Is.EqualTo(kept.ToString()));
        Assert.That((States(relay), Oldest(relay)), Is.EqualTo((Known("behind extended empty -"), first)));

        int walwriter = relay.Children("walwriter").Single();
        ProcessCalls.Kill(walwriter, Signal.SIGSTOP);
        Fill(segments: 4);
        last = ReceivedAll(relay);
        Assert.That(States(relay), Is.EqualTo(Known("behind unreserved empty -")));
        ProcessCalls.Kill(walwriter, Signal.SIGCONT);
        Eventually.Holds(() => States(relay) == Known("behind lost empty -"));
        Eventually.Holds(() => Oldest(relay) > first);
        Assert.That(relay.Log, Does.Contain($"LOG:  invalidating slot \"behind\" because its restart_lsn {kept} exceeds max_slot_wal_keep_size"));
        relay.KillAll();
        relay.Start(settings);
        Assert.That(States(relay), Is.EqualTo(Known("behind lost empty -")));

        _primary.Ask($"ALTER SYSTEM SET {_primary.KeepSetting} = 0");
        _primary.Ask("SELECT pg_reload_conf()");
        Eventually.Holds(() => _primary.Ask($"SHOW {_primary.KeepSetting}") == "0");
        string name = new WalSegment(TimelineId.First, first).FileName(_segmentSize);
        Fill(segments: 1);
        Eventually.Holds(() => !File.Exists(Path.Combine(_primary.Wal, name)));
        string theirs = Refusal(_primary.Conninfo, kept), ours = Refusal(relay.Conninfo, kept);
        Assert.That(ours, Is.EqualTo(theirs));
        Assert.That(ours, Does.Contain("58P01").And.Contain($"requested WAL segment {name} has already been removed"));
        _primary.Ask($"ALTER SYSTEM RESET {_primary.KeepSetting}");
        _primary.Ask("SELECT pg_reload_conf()");
    }

    [Test]
    public void Standbys_and_pg_receivewal_stream_with_a_slot_or_without()
    {
        string[] settings = ["wal_keep_size=0", "pgrepl.relay_keep=0"];
        using TestNode relay = TestNode.RelayOf(_primary.Conninfo, "hub").Start(settings);
        _ = ReceivedAll(relay);
        relay.Ask("SELECT pg_create_physical_replication_slot('s_slot', true)");
        using PostgresServer standby = Standby(relay, "s", "s_slot").Start();
        using WalTaker taker = TakerThroughSlot(relay, "arch");
        taker.Start();
        Fill(segments: 3);
        ulong last = ReceivedAll(relay);
        Eventually.Holds(() => taker.HasSegment(last));
        Eventually.Holds(() => Slots(relay, "active") == "arch true s_slot true");
        taker.Stop();
        Assert.That(SegmentsOfThePrimary(taker.Complete), Is.Positive);
        Lsn behind = Lsn.Parse(relay.Ask("SELECT restart_lsn FROM pg_replication_slots WHERE slot_name = 'arch'"));
        standby.Stop();
        relay.KillAll();
        Fill(segments: 4);
        relay.Start(settings);
        last = ReceivedAll(relay);
        Assert.That(Oldest(relay), Is.LessThanOrEqualTo(behind.Value / (ulong)_segmentSize), "it will come again");
        standby.Start();
        string end = _primary.Ask("SELECT pg_current_wal_flush_lsn()")!;
        Eventually.Holds(() => standby.TryAsk($"SELECT pg_last_wal_replay_lsn() >= '{end}'") == "t");
        taker.Start();
        Eventually.Holds(() => taker.HasSegment(last));
        taker.Stop();
        _ = SegmentsOfThePrimary(taker.Complete); // before 15, pg_receivewal with an empty folder begins at the server's end
    }

    [Test]
    public void A_relay_starts_where_its_slot_on_the_primary_keeps_wal_from()
    {
        using (TestNode created = TestNode.RelayOf(_primary.Conninfo, "made", "--slot", "made", "--create-slot"))
        {
            Lsn kept = Lsn.Parse(_primary.Ask("SELECT restart_lsn FROM pg_replication_slots WHERE slot_name = 'made'"));
            Assert.That(RelayFile.Read(created.Data).Oldest.Value, Is.EqualTo(kept.Value & ~((ulong)_segmentSize - 1)));
            Fill(segments: 4);
            created.Start();
            _ = ReceivedAll(created);
            Assert.That(Oldest(created), Is.EqualTo(kept.Value / (ulong)_segmentSize));
            Assert.That(created.Ask("SELECT slot_name FROM pg_stat_wal_receiver"), Is.EqualTo("made"));
            Eventually.Holds(() => _primary.Ask($"SELECT active AND restart_lsn > '{kept}' FROM pg_replication_slots WHERE slot_name = 'made'") == "t");
        }
        Eventually.Holds(() => _primary.Ask("SELECT active FROM pg_replication_slots WHERE slot_name = 'made'") == "f");
        Lsn restart = Lsn.Parse(_primary.Ask("SELECT restart_lsn FROM pg_replication_slots WHERE slot_name = 'made'"));
        Fill(segments: 3);
        using (TestNode found = TestNode.RelayOf(_primary.Conninfo, "found", "--slot", "made"))
            Assert.That(RelayFile.Read(found.Data).Oldest.Value / (ulong)_segmentSize, Is.EqualTo(restart.Value / (ulong)_segmentSize));

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

    /// <summary>pg_replication_slots has wal_status and safe_wal_size.</summary>
    private bool HasStates => major >= 13;

    private string States(TestNode node) => Slots(node, HasStates ? "coalesce(wal_status, '-')" : "(restart_lsn IS NOT NULL)");

    /// <summary>The states as far as this major shows them: before 13, whether the slot has a position.</summary>
    private string Known(string states) => HasStates ? states : Regex.Replace(states, @"(?<=^| )(reserved|extended|unreserved|lost|-)(?= |$)", state => state.Value is "lost" or "-" ? "false" : "true");

    private int SegmentMegabytes => _segmentSize >> 20;

    private string Segments(int count) => $"{count * SegmentMegabytes}MB";

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
        return end.Value / (ulong)_segmentSize;
    }

    private PostgresServer Standby(TestNode relay, string name, string slot)
    {
        PostgresServer standby = _primary.Standby($"host={relay.Folder} port={relay.Port} user=postgres application_name={name}");
        standby.UseSlot(slot);
        return standby;
    }

    /// <summary>pg_receivewal of 15, which refuses servers from 16 on: there, a standby of that major takes its place.</summary>
    private WalTaker TakerThroughSlot(TestNode relay, string slot)
    {
        if (major <= 15)
            return new PgReceiveWal(relay, slot, _segmentSize);
        relay.Ask($"SELECT pg_create_physical_replication_slot('{slot}', true)");
        return new StandbyInstead(Standby(relay, "taker", slot), _segmentSize);
    }

    /// <returns>How many; each is the primary's to the byte.</returns>
    private int SegmentsOfThePrimary(IReadOnlyCollection<string> files)
    {
        foreach (string path in files)
            Assert.That(File.ReadAllBytes(path).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(_primary.Wal, Path.GetFileName(path)))), path);
        return files.Count;
    }

    private ulong Oldest(TestNode relay) => WalDirectory.List(relay.Data, _segmentSize)[0].Number;
}
