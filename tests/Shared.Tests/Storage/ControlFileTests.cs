using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.Versioning;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Tests.Storage;

[SupportedOSPlatform("linux")]
public sealed class ControlFileTests
{
    private static ControlFileData Sample => new()
    {
        SystemId = 7461234567890123456,
        State = DatabaseState.InArchiveRecovery,
        CheckpointLocation = new Lsn(0x1_0000_0028),
        Checkpoint = new Checkpoint(new Lsn(0x1_0000_0028), new TimelineId(3), new TimelineId(2), true, 0x1_0000_0300, 16384, 1, 2, 722, 1, 1, 1, 1700000000, 0, 0, 768),
        MinRecoveryPoint = new Lsn(0x1_0000_1000),
        MinRecoveryPointTimeline = new TimelineId(3),
        BackupStartPoint = new Lsn(5),
        BackupEndPoint = new Lsn(6),
        BackupEndRequired = true,
        SegmentSize = 1 << 20,
        MaxWalSenders = 12,
        WalLogHints = true,
        TrackCommitTimestamp = true,
        MockAuthenticationNonce = [.. Enumerable.Range(1, 32).Select(i => (byte)i)],
    };

    [Test]
    public void What_is_written_reads_back()
    {
        using var directory = new TestDirectory();
        ControlFile.Create(directory.Data, Sample);
        ControlFile.Write(directory.Data, Sample with { State = DatabaseState.InProduction });
        ControlFileData read = ControlFile.Read(directory.Data);
        Assert.Multiple(() =>
        {
            Assert.That(new FileInfo(directory.Data.ControlFile).Length, Is.EqualTo(8192));
            Assert.That(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - read.Time, Is.InRange(0, 60));
            Assert.That((read with { Time = 0 }).ToBytes(), Is.EqualTo((Sample with { State = DatabaseState.InProduction }).ToBytes()));
        });
    }

    [Test]
    public void Create_does_not_replace_a_control_file()
    {
        using var directory = new TestDirectory();
        ControlFile.Create(directory.Data, Sample);
        Assert.That(Assert.Throws<PgException>(() => ControlFile.Create(directory.Data, Sample with { SystemId = 1 }))!.SqlState, Is.EqualTo(SqlStates.DuplicateFile));
    }

    [Test]
    public void Any_flipped_bit_is_noticed()
    {
        byte[] good = Sample.ToBytes();
        for (int i = 0; i < 292; i++)
        {
            byte[] bad = [.. good];
            bad[i] ^= 0x10;
            Assert.Throws<PgException>(() => ControlFileData.Parse(bad), $"byte {i}");
        }
    }

    [Test]
    public void A_damaged_file_is_refused_after_reading_it_twice()
    {
        using var directory = new TestDirectory();
        byte[] bad = Sample.ToBytes();
        bad[20] ^= 1;
        File.WriteAllBytes(directory.Data.ControlFile, bad);
        Assert.That(Assert.Throws<PgException>(() => ControlFile.Read(directory.Data))!.Message, Is.EqualTo("incorrect checksum in control file"));
    }

    [Test]
    public void Another_format_version_is_told_as_PostgreSQL_does()
    {
        byte[] bytes = Sample.ToBytes();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), 1201);
        PgException e = Assert.Throws<PgException>(() => ControlFileData.Parse(bytes))!;
        Assert.That((e.Message, e.Detail, e.Hint), Is.EqualTo((
            "database files are incompatible with server",
            "The database cluster was initialized with PG_CONTROL_VERSION 1201, but the server was compiled with PG_CONTROL_VERSION 1300.",
            "It looks like you need to initdb.")));
    }

    [Test]
    public void A_missing_and_a_short_file_are_told_apart()
    {
        using var directory = new TestDirectory();
        Assert.That(Assert.Throws<PgException>(() => ControlFile.Read(directory.Data))!.SqlState, Is.EqualTo(SqlStates.UndefinedFile));
        File.WriteAllBytes(directory.Data.ControlFile, new byte[100]);
        Assert.That(Assert.Throws<PgException>(() => ControlFile.Read(directory.Data))!.SqlState, Is.EqualTo(SqlStates.DataCorrupted));
    }

    [Test]
    public void Pg_controldata_prints_our_file()
    {
        RealPostgres.Require();
        using var directory = new TestDirectory();
        ControlFile.Create(directory.Data, Sample);
        OpenToOthers(directory.Data.Path);
        Dictionary<string, string> printed = Printed(RealPostgres.Run("pg_controldata", "-D", directory.Data.Path));
        AssertSame(ControlFile.Read(directory.Data), printed);
    }

    [Test]
    public void The_file_of_a_real_cluster_says_what_pg_controldata_says()
    {
        RealPostgres.Require();
        using var directory = new TestDirectory();
        string cluster = $"{directory.Data.Path}/cluster";
        OpenToOthers(directory.Data.Path);
        RealPostgres.Run("initdb", "-D", cluster, "-A", "trust", "-N", "-E", "UTF8", "--locale=C", "--wal-segsize=4");
        var data = new DataDirectory(cluster);
        ControlFileData control = ControlFile.Read(data);
        AssertSame(control, Printed(RealPostgres.Run("pg_controldata", "-D", cluster)));
        Assert.Multiple(() =>
        {
            Assert.That(control.ToBytes(), Is.EqualTo(File.ReadAllBytes(data.ControlFile)), "nothing is lost");
            Assert.That(control.SegmentSize, Is.EqualTo(4 << 20));
            Assert.That(control.State, Is.EqualTo(DatabaseState.ShutDown));
        });
        AssertReadsItsWal(data, control);
    }

    /// <summary>The checkpoint that pg_control names is in pg_wal, and so many records as pg_waldump prints.</summary>
    private static void AssertReadsItsWal(DataDirectory data, ControlFileData control)
    {
        using var source = new SegmentPageSource(data, control.SegmentSize, TimelineHistoryFiles.Read(data, control.Checkpoint.Timeline));
        var reader = new WalReader(source, PostgresMajor.LogCluster, control.SegmentSize, control.SystemId);
        reader.BeginRead(control.CheckpointLocation);
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record), reader.Error);
        Assert.That(Checkpoint.Read(reader.MainData), Is.EqualTo(control.Checkpoint));
        Lsn first = reader.FindNextRecord(WalDirectory.List(data, control.SegmentSize)[0].Start(control.SegmentSize));
        reader.BeginRead(first);
        int records = 0;
        while (reader.Read() == WalReadStatus.Record)
            records++;
        string[] dumped = RealPostgres.Run("pg_waldump", "-p", data.Wal, "-s", first.ToString(), "-e", reader.RecordEnd.ToString()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(records, Is.EqualTo(dumped.Count(line => line.StartsWith("rmgr:", StringComparison.Ordinal))).And.GreaterThan(10));
    }

    private static void AssertSame(ControlFileData control, Dictionary<string, string> printed)
    {
        Checkpoint checkpoint = control.Checkpoint;
        Assert.Multiple(() =>
        {
            Assert.That(printed["pg_control version number"], Is.EqualTo("1300"));
            Assert.That(printed["Catalog version number"], Is.EqualTo("202209061"));
            Assert.That(printed["Database system identifier"], Is.EqualTo(control.SystemId.ToString(CultureInfo.InvariantCulture)));
            Assert.That(printed["Database cluster state"], Is.EqualTo(control.State switch { DatabaseState.ShutDown => "shut down", _ => "in archive recovery" }));
            Assert.That(printed["Latest checkpoint location"], Is.EqualTo(control.CheckpointLocation.ToString()));
            Assert.That(printed["Latest checkpoint's REDO location"], Is.EqualTo(checkpoint.Redo.ToString()));
            Assert.That(printed["Latest checkpoint's TimeLineID"], Is.EqualTo(checkpoint.Timeline.ToString()));
            Assert.That(printed["Latest checkpoint's PrevTimeLineID"], Is.EqualTo(checkpoint.PreviousTimeline.ToString()));
            Assert.That(printed["Latest checkpoint's full_page_writes"], Is.EqualTo(checkpoint.FullPageWrites ? "on" : "off"));
            Assert.That(printed["Latest checkpoint's NextXID"], Is.EqualTo($"{checkpoint.NextXid >> 32}:{checkpoint.NextXid & 0xFFFFFFFF}"));
            Assert.That(printed["Latest checkpoint's NextOID"], Is.EqualTo($"{checkpoint.NextOid}"));
            Assert.That(printed["Latest checkpoint's oldestXID"], Is.EqualTo($"{checkpoint.OldestXid}"));
            Assert.That(printed["Latest checkpoint's oldestActiveXID"], Is.EqualTo($"{checkpoint.OldestActiveXid}"));
            Assert.That(printed["Fake LSN counter for unlogged rels"], Is.EqualTo(control.UnloggedLsn.ToString()));
            Assert.That(printed["Minimum recovery ending location"], Is.EqualTo(control.MinRecoveryPoint.ToString()));
            Assert.That(printed["Min recovery ending loc's timeline"], Is.EqualTo(control.MinRecoveryPointTimeline.ToString()));
            Assert.That(printed["Backup start location"], Is.EqualTo(control.BackupStartPoint.ToString()));
            Assert.That(printed["Backup end location"], Is.EqualTo(control.BackupEndPoint.ToString()));
            Assert.That(printed["End-of-backup record required"], Is.EqualTo(control.BackupEndRequired ? "yes" : "no"));
            Assert.That(printed["wal_level setting"], Is.EqualTo(control.WalLevel == WalLevel.Logical ? "logical" : "replica"));
            Assert.That(printed["wal_log_hints setting"], Is.EqualTo(control.WalLogHints ? "on" : "off"));
            Assert.That(printed["max_connections setting"], Is.EqualTo($"{control.MaxConnections}"));
            Assert.That(printed["max_worker_processes setting"], Is.EqualTo($"{control.MaxWorkerProcesses}"));
            Assert.That(printed["max_wal_senders setting"], Is.EqualTo($"{control.MaxWalSenders}"));
            Assert.That(printed["max_prepared_xacts setting"], Is.EqualTo($"{control.MaxPreparedTransactions}"));
            Assert.That(printed["max_locks_per_xact setting"], Is.EqualTo($"{control.MaxLocksPerTransaction}"));
            Assert.That(printed["track_commit_timestamp setting"], Is.EqualTo(control.TrackCommitTimestamp ? "on" : "off"));
            Assert.That(printed["Bytes per WAL segment"], Is.EqualTo($"{control.SegmentSize}"));
            Assert.That(printed["Data page checksum version"], Is.EqualTo($"{control.DataChecksumVersion}"));
            Assert.That(printed["Mock authentication nonce"], Is.EqualTo(Convert.ToHexStringLower(control.MockAuthenticationNonce)));
            Assert.That(printed.Keys, Has.None.Contains("WARNING"), "the checksum is good");
        });
    }

    private static Dictionary<string, string> Printed(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(':', 2)).ToDictionary(parts => parts[0], parts => parts.Length > 1 ? parts[1].Trim() : "");

    /// <summary>PostgreSQL's programs run as another user.</summary>
    private static void OpenToOthers(string path)
    {
        const UnixFileMode everybody = (UnixFileMode)0b111_111_111;
        File.SetUnixFileMode(path, everybody);
        foreach (string entry in Directory.EnumerateFileSystemEntries(path, "*", SearchOption.AllDirectories))
            File.SetUnixFileMode(entry, everybody);
    }
}
