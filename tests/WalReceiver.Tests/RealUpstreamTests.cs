using System.Globalization;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Tests.Libpq;
using Pgrepl.Wal;

namespace Pgrepl.WalReceiver.Tests;

/// <summary>pgrepl-walreceiver as a process, with a real PostgreSQL 15 upstream.</summary>
public sealed class RealUpstreamTests
{
    private const int SegmentSize = WalFormat.DefaultSegmentSize;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly Lsn FirstSegment = new(SegmentSize);

    private RealPostgres _primary = null!;

    [SetUp]
    public void StartPrimary() => _primary = new RealPostgres();

    [TearDown]
    public void StopPrimary() => _primary.Dispose();

    [Test]
    public void Streams_from_a_postgres_and_stops_when_told()
    {
        using PgClient sql = PgClient.Connect(_primary.Conninfo, Limit);
        using WalReceiverProcess receiver = Node(SystemId(sql), $"{_primary.Conninfo} application_name=west password=secret");
        receiver.Request(FirstSegment, Lsn.Invalid, 1);
        receiver.WaitUntil(() => receiver.Control.Validated.Value.IsValid, "first record");
        Execute(sql, "CREATE TABLE t AS SELECT n, repeat('x', 500) AS text FROM generate_series(1, 40000) n");
        Execute(sql, "SELECT pg_switch_wal()");
        Execute(sql, "SELECT pg_logical_emit_message(false, 'test', repeat('y', 3000000))");
        Execute(sql, "CREATE TABLE u AS SELECT 1 AS n");
        Lsn end = CaughtUp(sql, receiver);
        Assert.That(receiver.Control.Conninfo.Value, Does.Contain("password=********").And.Contain("application_name=west").And.Not.Contain("secret"));
        Assert.That(receiver.Control.SenderPort.Value, Is.EqualTo(5432));

        // The reply after fdatasync is what a synchronous commit waits for.
        Lsn reported = default;
        receiver.WaitUntil(() => (reported = Lsn.Parse(Value(sql, "SELECT coalesce(flush_lsn, '0/0') FROM pg_stat_replication"))) >= end, $"reported flush {reported}");
        Execute(sql, "ALTER SYSTEM SET synchronous_standby_names = 'west'");
        Execute(sql, "SELECT pg_reload_conf()");
        receiver.WaitUntil(() => Value(sql, "SELECT sync_state FROM pg_stat_replication") == "sync", "sync_state");
        Execute(sql, "INSERT INTO u VALUES (2)");

        Assert.That(receiver.Terminate(), Is.Zero, receiver.Log);
        Assert.That(receiver.State, Is.EqualTo(WalReceiverState.Stopped));
        AssertSameFiles(receiver, 1, FirstSegment, end);

        // And again, from where we are: what is there is compared, not written.
        Lsn valid = receiver.Control.Validated.Value;
        receiver.Request(new Lsn(valid.Value / SegmentSize * SegmentSize), valid, 1);
        Execute(sql, "INSERT INTO u VALUES (3)");
        end = CaughtUp(sql, receiver);
        Assert.That(receiver.Terminate(), Is.Zero, receiver.Log);
        AssertSameFiles(receiver, 1, FirstSegment, end);
    }

    [Test]
    public void Another_cluster_is_refused_before_a_byte_is_written()
    {
        using PgClient sql = PgClient.Connect(_primary.Conninfo, Limit);
        using WalReceiverProcess receiver = Node(SystemId(sql) + 1, _primary.Conninfo);
        receiver.Request(FirstSegment, Lsn.Invalid, 1);
        Assert.That(receiver.WaitForExit(), Is.EqualTo(1), receiver.Log);
        Assert.That(receiver.State, Is.EqualTo(WalReceiverState.Stopped));
        Assert.That(receiver.Log, Does.Contain("FATAL:  database system identifier differs between the primary and standby"));
        Assert.That(Directory.GetFiles(receiver.Data.Wal), Is.Empty);
    }

    [Test]
    public void Nobody_listening_is_an_ordinary_failure()
    {
        using WalReceiverProcess receiver = Node(1, $"host={_primary.SocketDirectory} port=1");
        receiver.Request(FirstSegment, Lsn.Invalid, 1);
        Assert.That(receiver.WaitForExit(), Is.EqualTo(1), receiver.Log);
        Assert.That(receiver.State, Is.EqualTo(WalReceiverState.Stopped));
    }

    [Test]
    public void Our_own_wal_that_differs_stops_it()
    {
        using PgClient sql = PgClient.Connect(_primary.Conninfo, Limit);
        using WalReceiverProcess receiver = Node(SystemId(sql), _primary.Conninfo);
        receiver.Request(FirstSegment, Lsn.Invalid, 1);
        receiver.WaitUntil(() => receiver.Control.Validated.Value.IsValid, "first record");
        Assert.That(receiver.Terminate(), Is.Zero, receiver.Log);
        Lsn valid = receiver.Control.Validated.Value;
        Lsn previous = receiver.RecordBefore(valid);
        string file = Path.Combine(receiver.Data.Wal, "000000010000000000000001");
        using (FileStream segment = File.OpenWrite(file))
        {
            segment.Position = 5000;
            segment.Write("no"u8);
        }
        DateTime before = File.GetLastWriteTimeUtc(file);
        receiver.Request(FirstSegment, valid, 1, previous);
        Assert.That(receiver.WaitForExit(), Is.EqualTo(1), receiver.Log);
        Assert.That(receiver.Log, Does.Contain("WAL from upstream differs from our own at 0/1001388 on timeline 1"));
        Assert.That(File.GetLastWriteTimeUtc(file), Is.EqualTo(before));
    }

    [Test]
    public void Damaged_wal_from_upstream_is_asked_for_again_then_called_hopeless()
    {
        using PgClient sql = PgClient.Connect(_primary.Conninfo, Limit);
        Execute(sql, "SELECT pg_switch_wal()");
        Lsn before = Lsn.Parse(Value(sql, "SELECT pg_current_wal_lsn()"));
        Execute(sql, "CREATE TABLE t AS SELECT n FROM generate_series(1, 20000) n");
        using WalReceiverProcess receiver = Node(SystemId(sql), _primary.Conninfo);
        // A byte in the middle of the primary's own file: its walsender sends what it finds there.
        string name = WalSegment.Containing(before, TimelineId.First, SegmentSize).FileName(SegmentSize);
        byte original = Exchange($"{_primary.DataDirectory}/pg_wal/{name}", 500_000, null);
        Lsn start = FirstSegment, valid = Lsn.Invalid;
        for (int attempt = 1; attempt <= 3; attempt++)
        {
            receiver.Request(start, valid, 1);
            Assert.That(receiver.WaitForExit(), Is.EqualTo(1), receiver.Log);
            valid = receiver.Control.Validated.Value;
            start = new Lsn(valid.Value / SegmentSize * SegmentSize);
            Assert.That(receiver.Control.BadRecordCount.Value, Is.EqualTo(attempt), receiver.Log);
            Assert.That(receiver.Control.BadRecord.Value.BytesSince(valid), Is.InRange(0, 40), "all before it is valid");
        }
        Assert.That(receiver.Log, Does.Contain("ERROR:  invalid WAL received from upstream at ")
            .And.Contain($"FATAL:  upstream has sent invalid WAL at {receiver.Control.BadRecord.Value} on timeline 1 3 times in a row"));

        Exchange($"{_primary.DataDirectory}/pg_wal/{name}", 500_000, original);
        receiver.Request(start, valid, 1);
        Lsn end = CaughtUp(sql, receiver);
        Assert.That(receiver.Terminate(), Is.Zero, receiver.Log);
        Assert.That(receiver.Control.BadRecordCount.Value, Is.Zero);
        AssertSameFiles(receiver, 1, FirstSegment, end);
    }

    /// <summary>Puts a byte into a file; without one it changes the byte that is there.</summary>
    private static byte Exchange(string path, long offset, byte? value)
    {
        using FileStream file = File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = offset;
        byte old = (byte)file.ReadByte();
        file.Position = offset;
        file.WriteByte(value ?? (byte)(old ^ 0x40));
        return old;
    }

    [Test]
    public void Follows_a_promotion_from_one_timeline_to_the_next()
    {
        _primary.Stop();
        File.WriteAllText($"{_primary.DataDirectory}/standby.signal", "");
        _primary.Start();
        _primary.Promote();
        using PgClient sql = PgClient.Connect(_primary.Conninfo, Limit);
        using WalReceiverProcess receiver = Node(SystemId(sql), _primary.Conninfo);
        receiver.Request(FirstSegment, Lsn.Invalid, 1);
        receiver.WaitUntil(() => receiver.State == WalReceiverState.Waiting, "end of timeline 1");
        TimelineHistory history = Shared.Storage.TimelineHistoryFiles.Read(receiver.Data, new TimelineId(2));
        Lsn fork = history.SwitchPoint(TimelineId.First, out _);
        Assert.That(receiver.Control.Validated.Value, Is.EqualTo(fork));

        receiver.Request(new Lsn(fork.Value / SegmentSize * SegmentSize), fork, 2);
        receiver.WaitUntil(() => receiver.State == WalReceiverState.Streaming && receiver.Control.Timeline.Value == 2, "timeline 2");
        Execute(sql, "CREATE TABLE u AS SELECT 1 AS n");
        Lsn end = CaughtUp(sql, receiver);
        Assert.That(receiver.Terminate(), Is.Zero, receiver.Log);
        AssertSameFiles(receiver, 2, new Lsn(fork.Value / SegmentSize * SegmentSize), end);
    }

    [Test]
    public void A_primary_that_shuts_down_waits_for_our_flush_then_we_end()
    {
        using WalReceiverProcess receiver = Start(out Lsn _);
        _primary.Stop();
        Assert.That(receiver.WaitForExit(), Is.EqualTo(1), receiver.Log);
        byte[] control = File.ReadAllBytes($"{_primary.DataDirectory}/global/pg_control");
        Lsn checkpoint = new(BitConverter.ToUInt64(control, 32));
        Assert.That(receiver.Control.Validated.Value, Is.GreaterThan(checkpoint), "the shutdown checkpoint is here");
    }

    private WalReceiverProcess Start(out Lsn end)
    {
        using PgClient sql = PgClient.Connect(_primary.Conninfo, Limit);
        WalReceiverProcess receiver = Node(SystemId(sql), _primary.Conninfo);
        receiver.Request(FirstSegment, Lsn.Invalid, 1);
        end = CaughtUp(sql, receiver);
        return receiver;
    }

    private static WalReceiverProcess Node(ulong systemId, string conninfo) => new(systemId, SettingValues.Defaults
        .With("primary_conninfo", conninfo, SettingSource.ConfigurationFile)
        .With("wal_receiver_status_interval", "1s", SettingSource.ConfigurationFile));

    private static Lsn CaughtUp(PgClient sql, WalReceiverProcess receiver)
    {
        Lsn end = Lsn.Parse(Value(sql, "SELECT pg_current_wal_flush_lsn()"));
        receiver.WaitUntil(() => receiver.Control.Validated.Value >= end, $"valid up to {end}");
        return end;
    }

    private static ulong SystemId(PgClient sql) =>
        ulong.Parse(Value(sql, "SELECT system_identifier FROM pg_control_system()"), CultureInfo.InvariantCulture);

    private static string Value(PgClient sql, string query)
    {
        using PgResult result = sql.QueryOrThrow(query, Limit);
        return result.Rows == 0 ? "0/0" : result.Value(0, 0)!;
    }

    private static void Execute(PgClient sql, string command) => sql.QueryOrThrow(command, Limit).Dispose();

    private void AssertSameFiles(WalReceiverProcess receiver, uint timeline, Lsn from, Lsn to)
    {
        for (Lsn start = from; start < to; start += SegmentSize)
        {
            string name = WalSegment.Containing(start, new TimelineId(timeline), SegmentSize).FileName(SegmentSize);
            int length = (int)Math.Min(SegmentSize, to.BytesSince(start));
            byte[] theirs = File.ReadAllBytes($"{_primary.DataDirectory}/pg_wal/{name}");
            byte[] ours = File.ReadAllBytes(Path.Combine(receiver.Data.Wal, name));
            Assert.That(ours, Has.Length.EqualTo(SegmentSize));
            Assert.That(ours.AsSpan(0, length).CommonPrefixLength(theirs), Is.EqualTo(length), name);
        }
    }
}
