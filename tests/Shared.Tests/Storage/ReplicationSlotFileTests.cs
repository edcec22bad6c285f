using System.Runtime.Versioning;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Tests.Storage;

[SupportedOSPlatform("linux")]
public sealed class ReplicationSlotFileTests
{
    private static readonly ReplicationSlotData Sample = new("standby_1", 0, ReplicationSlotPersistency.Persistent, new Lsn(0x1_0300_0028), new Lsn(0x77));

    private static readonly PostgresMajor Major = PostgresMajor.LogCluster;

    [Test]
    public void What_is_written_reads_back()
    {
        using var directory = new TestDirectory();
        ReplicationSlotFile.Create(directory.Data, Sample, Major);
        Assert.That(ReplicationSlotFile.Restore(directory.Data, "standby_1", Major), Is.EqualTo(Sample));
        ReplicationSlotData moved = Sample with { RestartLsn = new Lsn(0x1_0400_0000), InvalidatedAt = Lsn.Invalid, Persistency = ReplicationSlotPersistency.Temporary };
        ReplicationSlotFile.Save(directory.Data, moved, Major);
        Assert.That(ReplicationSlotFile.Restore(directory.Data, "standby_1", Major), Is.EqualTo(moved));
        Assert.That(Directory.GetFileSystemEntries(directory.Data.ReplicationSlots, "*", SearchOption.AllDirectories).Select(Path.GetFileName),
            Is.EquivalentTo(new[] { "standby_1", "state" }), "nothing temporary is left");
    }

    [Test]
    public void A_second_slot_of_a_name_is_refused_and_changes_nothing()
    {
        using var directory = new TestDirectory();
        ReplicationSlotFile.Create(directory.Data, Sample, Major);
        Assert.That(() => ReplicationSlotFile.Create(directory.Data, Sample with { RestartLsn = new Lsn(1) }, Major),
            Throws.TypeOf<PgException>().With.Property("SqlState").EqualTo(SqlStates.DuplicateFile));
        Assert.That(ReplicationSlotFile.Restore(directory.Data, "standby_1", Major), Is.EqualTo(Sample));
    }

    [Test]
    public void A_dropped_slot_is_gone_before_its_folder_is()
    {
        using var directory = new TestDirectory();
        ReplicationSlotFile.Create(directory.Data, Sample, Major);
        ReplicationSlotFile.Drop(directory.Data, "standby_1");
        Assert.That(ReplicationSlotFile.List(directory.Data), Is.EqualTo(new[] { "standby_1.tmp" }));
        Assert.That(ReplicationSlotFile.IsLeftover("standby_1.tmp"));
        ReplicationSlotFile.Create(directory.Data, Sample, Major); // over what a crash has left
        ReplicationSlotFile.Drop(directory.Data, "standby_1");
        ReplicationSlotFile.RemoveDropped(directory.Data, "standby_1");
        Assert.That(ReplicationSlotFile.List(directory.Data), Is.Empty);
    }

    [Test]
    public void What_a_crash_has_left_of_a_save_does_not_stand_in_the_way()
    {
        using var directory = new TestDirectory();
        ReplicationSlotFile.Create(directory.Data, Sample, Major);
        string leftover = Path.Combine(directory.Data.ReplicationSlots, "standby_1", "state.tmp");
        File.WriteAllText(leftover, "half");
        Assert.That(ReplicationSlotFile.Restore(directory.Data, "standby_1", Major), Is.EqualTo(Sample));
        Assert.That(leftover, Does.Not.Exist);
        File.WriteAllText(leftover, "half");
        ReplicationSlotFile.Save(directory.Data, Sample with { RestartLsn = new Lsn(5) }, Major);
        Assert.That(ReplicationSlotFile.Restore(directory.Data, "standby_1", Major).RestartLsn, Is.EqualTo(new Lsn(5)));
    }

    [TestCase(0, 1, "replication slot file \"p\" has wrong magic number: 17112224 instead of 17112225")]
    [TestCase(8, 1, "replication slot file \"p\" has unsupported version 3")]
    [TestCase(12, 1, "replication slot file \"p\" has corrupted length 185")]
    public void A_damaged_header_is_named(int at, int bit, string message)
    {
        byte[] bytes = Sample.ToBytes(Major);
        bytes[at] ^= (byte)bit;
        Assert.That(() => ReplicationSlotData.Parse(bytes, "p", Major), Throws.TypeOf<PgException>().With.Message.EqualTo(message).And.Property("SqlState").EqualTo(SqlStates.DataCorrupted));
    }

    [TestCase(0, "could not read file \"p\": read 0 of 16")]
    [TestCase(15, "could not read file \"p\": read 15 of 16")]
    [TestCase(16, "could not read file \"p\": read 0 of 184")]
    [TestCase(199, "could not read file \"p\": read 183 of 184")]
    public void A_short_file_is_named(int length, string message) =>
        Assert.That(() => ReplicationSlotData.Parse(Sample.ToBytes(Major).AsSpan(0, length).ToArray(), "p", Major), Throws.TypeOf<PgException>().With.Message.EqualTo(message));

    [Test]
    public void Any_flipped_bit_is_noticed()
    {
        byte[] good = Sample.ToBytes(Major);
        for (int bit = 0; bit < good.Length * 8; bit++)
        {
            byte[] bad = [.. good];
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.That(() => ReplicationSlotData.Parse(bad, "p", Major), Throws.TypeOf<PgException>(), $"bit {bit}");
        }
    }

    [TestCase("", "42602", "replication slot name \"\" is too short")]
    [TestCase("Standby", "42602", "replication slot name \"Standby\" contains invalid character")]
    [TestCase("a/b", "42602", "replication slot name \"a/b\" contains invalid character")]
    [TestCase("..", "42602", "replication slot name \"..\" contains invalid character")]
    [TestCase("a.tmp", "42602", "replication slot name \"a.tmp\" contains invalid character")]
    [TestCase("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "42622", "replication slot name \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\" is too long")]
    public void A_bad_name_is_refused_in_PostgreSQLs_words(string name, string state, string message)
    {
        PgException error = Assert.Throws<PgException>(() => ReplicationSlotName.Validate(name))!;
        Assert.That((error.SqlState, error.Message), Is.EqualTo((state, message)));
        Assert.That(error.Hint is null, Is.EqualTo(!message.EndsWith("character", StringComparison.Ordinal)));
    }

    [Test]
    public void A_real_server_and_we_read_each_others_slots()
    {
        RealPostgres.Require();
        string folder = Directory.CreateTempSubdirectory("pgrepl-slot-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
        DataDirectory data = new(Path.Combine(folder, "data"));
        try
        {
            RealPostgres.Run("initdb", "-D", data.Path, "-U", "postgres", "-A", "trust", "-N", "--no-instructions");
            Server("start");
            Ask("SELECT pg_create_physical_replication_slot('theirs', true)");
            Lsn position = Lsn.Parse(Ask("SELECT restart_lsn FROM pg_replication_slots"));
            ReplicationSlotData theirs = ReplicationSlotData.Parse(File.ReadAllBytes(Path.Combine(data.ReplicationSlots, "theirs", "state")), "theirs", Major);
            Assert.That(theirs, Is.EqualTo(new ReplicationSlotData("theirs", 0, ReplicationSlotPersistency.Persistent, position, Lsn.Invalid)));
            Assert.That(theirs.ToBytes(Major), Is.EqualTo(File.ReadAllBytes(Path.Combine(data.ReplicationSlots, "theirs", "state"))), "to the byte");
            Server("stop");

            ReplicationSlotFile.Create(data, theirs with { Name = "ours", RestartLsn = position + 24, Xmin = 700, CatalogXmin = 701 }, Major);
            ReplicationSlotFile.Create(data, new("lost", 0, ReplicationSlotPersistency.Persistent, Lsn.Invalid, position), Major);
            ReplicationSlotFile.Create(data, new("passing", 0, ReplicationSlotPersistency.Temporary, position, Lsn.Invalid), Major);
            Give(data.ReplicationSlots);
            Server("start");
            Assert.That(Ask("SELECT string_agg(slot_name || ' ' || coalesce(restart_lsn::text, '-') || ' ' || wal_status || coalesce(' ' || xmin || ' ' || catalog_xmin, ''), ', ' ORDER BY slot_name) FROM pg_replication_slots"),
                Is.EqualTo($"lost - lost, ours {position + 24} reserved 700 701, theirs {position} reserved"));
            Server("stop");
        }
        finally
        {
            if (File.Exists(data.PostmasterPid))
                Server("stop");
            Directory.Delete(folder, recursive: true);
        }

        void Server(string verb) => RealPostgres.Run("pg_ctl", [verb, "-D", data.Path, "-w", "-m", "immediate", "-l", Path.Combine(folder, "log"), .. verb == "start" ? new[] { "-o", $"-c listen_addresses= -c unix_socket_directories={folder}" } : []]);
        string Ask(string sql) => RealPostgres.Run("psql", "-h", folder, "-U", "postgres", "-AtXc", sql).Trim().Split('|')[^1].TrimEnd(')');
        static void Give(string path) => System.Diagnostics.Process.Start("chown", ["-R", "--reference", Path.GetDirectoryName(path)!, path]).WaitForExit();
    }
}
