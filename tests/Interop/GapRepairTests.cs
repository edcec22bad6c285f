using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests;

/// <summary>A relay was away while its PostgreSQL primary removed WAL: the archive, or another relay, has it.</summary>
[TestFixtureSource(typeof(Majors), nameof(Majors.OfScenarios))]
[Parallelizable(ParallelScope.Self)] // its tests share the nodes, one after the other
public sealed class GapRepairTests(int major)
{
    private int _segmentSize;
    private PostgresServer _primary = null!;
    private TestNode _relay = null!;
    private TestNode _other = null!;
    private ArchiveFolder _archive = null!;

    [OneTimeSetUp]
    public void Start()
    {
        _archive = new ArchiveFolder();
        _primary = PostgresServer.OfMajor(major, major >= 13 ? "wal_keep_size = 0" : "wal_keep_segments = 0", "archive_mode = on", $"archive_command = 'cp %p {_archive.Path}/%f'",
            $"max_wal_size = {(major == 10 ? 32 : 2)}MB", $"min_wal_size = {(major == 10 ? 32 : 2)}MB").Start();
        _segmentSize = _primary.SegmentSize;
        _relay = TestNode.Relay(_primary);
        _primary.Ask("SELECT pg_create_physical_replication_slot('r2', true)");
        _other = TestNode.Relay(_primary, "r2").Start("primary_slot_name=r2");
        Eventually.Holds(() => _primary.TryAsk("SELECT state FROM pg_stat_replication WHERE application_name = 'r2'") == "streaming");
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _relay?.Dispose();
        _other?.Dispose();
        _primary?.Dispose();
        _archive?.Dispose();
    }

    [Test]
    public void What_nobody_has_is_said_once_and_precisely_and_comes_when_the_archive_has_it()
    {
        WalSegment missing = LoseWal();
        string name = missing.FileName(_segmentSize), archived = _archive[name];
        byte[] bytes = File.ReadAllBytes(archived);
        File.Delete(archived);
        _relay.Start($"restore_command=cp {_archive.Path}/%f \"%p\" 2>/dev/null", "pgrepl.peers=host=/nowhere port=7;host=/tmp/nobody");
        Eventually.Holds(() => _relay.Log.Contains($"could not find WAL segment {name} anywhere"));
        Assert.That(_relay.Log, Does.Contain($"DETAIL:  The upstream server at host={_primary.Folder} port=5432: requested WAL segment {name} has already been removed.")
            .And.Contain($"restore_command: {name} exited with exit code 1").And.Contain("Peer host=/nowhere port=7: connection to server on socket").And.Contain("Peer host=/tmp/nobody: "));
        int attempts = Attempts();
        Eventually.Holds(() => Attempts() > attempts + 2);
        Assert.That(Occurrences($"could not find WAL segment {name} anywhere"), Is.EqualTo(1), "the same again need not be said again");

        File.WriteAllBytes(archived, bytes); // restore_command may meet it half written
        RelayHasEverything();
        Assert.That(_relay.Log, Does.Contain($"restored log file \"{name}\" from archive"));
        Assert.That(Path.Combine(_relay.Data.Wal, "RECOVERYXLOG"), Does.Not.Exist);
    }

    /// <param name="damagedByte">Of the second segment that is missing: in a record, and in the empty pages behind its switch, which no checksum covers.</param>
    [TestCase(1000)]
    [TestCase(512 * 1024 + 1000)]
    public void What_the_archive_has_damaged_comes_from_the_peer_that_has_it(int damagedByte)
    {
        string damaged = _archive[LoseWal().Next.FileName(_segmentSize)];
        byte[] bytes = File.ReadAllBytes(damaged);
        bytes[damagedByte] ^= 0x40;
        File.WriteAllBytes(damaged, bytes);
        _relay.Start($"restore_command=cp {_archive.Path}/%f \"%p\"", $"pgrepl.peers=host=/nowhere;{_other.Conninfo}");
        RelayHasEverything();
        Assert.That(_relay.Log, Does.Contain($"streaming WAL that upstream no longer has from peer host={_other.Folder} port=5432"));
    }

    /// <summary>The relay is stopped, and the primary removes WAL that it has not got.</summary>
    /// <returns>The first segment that the relay will ask for.</returns>
    private WalSegment LoseWal()
    {
        if (_relay.PostmasterPid is not null)
            _relay.Stop();
        RelayFileData stored = RelayFile.Read(_relay.Data);
        WalSegment first = WalSegment.Containing(stored.Validated.IsValid ? stored.Validated : stored.Oldest, stored.Timeline, _segmentSize);
        string name = first.FileName(_segmentSize);
        for (int i = 0; i < 4; i++)
        {
            _primary.Ask("SELECT pg_logical_emit_message(true, 't', repeat('x', 300000))");
            _primary.Ask("SELECT pg_switch_wal()");
        }
        Eventually.Holds(() => string.CompareOrdinal(_primary.TryAsk("SELECT last_archived_wal FROM pg_stat_archiver"), first.Next.Next.FileName(_segmentSize)) > 0);
        _primary.Ask("CHECKPOINT");
        _primary.Ask("SELECT pg_logical_emit_message(true, 't', 'x')");
        _primary.Ask("CHECKPOINT");
        string second = Path.Combine(_primary.Wal, first.Next.FileName(_segmentSize));
        Eventually.Holds(() => _primary.TryAsk("CHECKPOINT") == null && !File.Exists(second)); // r2's slot keeps it for a moment
        Assert.That(Path.Combine(_primary.Wal, name), Does.Not.Exist);
        Eventually.Holds(() => File.Exists(_archive[name]));
        return first;
    }

    private void RelayHasEverything()
    {
        Lsn end = Lsn.Parse(_primary.Ask("SELECT pg_current_wal_flush_lsn()"));
        foreach (TestNode node in new[] { _relay, _other })
            Eventually.Holds(() => node.TryAsk($"SELECT validated_lsn >= '{end}' FROM pgrepl_wal_progress") == "t");
        Eventually.Holds(() => _relay.TryAsk($"SELECT status FROM pg_stat_wal_receiver WHERE conninfo LIKE '%{_primary.Folder}%'") == "streaming"); // upstream again
        WalSegment[] both = [.. WalDirectory.List(_relay.Data, _segmentSize).Where(s => s.End(_segmentSize) <= end).Intersect(WalDirectory.List(_other.Data, _segmentSize))];
        Assert.That(both, Has.Length.GreaterThan(3));
        foreach (string name in both.Select(segment => segment.FileName(_segmentSize)))
            Assert.That(File.ReadAllBytes(Path.Combine(_relay.Data.Wal, name)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(_other.Data.Wal, name))), $"{name} differs");
        Assert.That(_relay.Log, Does.Not.Contain("PANIC:").And.Not.Contain("differs from our own"));
    }

    private int Attempts() => Occurrences("started streaming WAL from primary at");

    private int Occurrences(string text) => _relay.Log.Split(text).Length - 1;
}
