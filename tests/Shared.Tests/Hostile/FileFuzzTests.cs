using System.Buffers.Binary;
using System.Text;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Config.Toml;
using Pgrepl.Shared.Storage;
using Pgrepl.Shared.Tests.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Tests.Hostile;

/// <summary>Files come from people, other programs and broken disks: no reader falls over what it gets.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class FileFuzzTests
{
    private static readonly ControlFileData Control = new() { SystemId = 7_300_000_000_000_000_001, CheckpointLocation = new Lsn(0x1000028), State = DatabaseState.InProduction };

    private static readonly ReplicationSlotData Slot = new("standby_b", 0, ReplicationSlotPersistency.Persistent, new Lsn(0x3000060), Lsn.Invalid);

    [Test]
    public void Control_file() => new Fuzz("pg_control", Control.ToBytes()) { Repair = bytes => Sealed(bytes, 288, 0, 288) }
        .Run(bytes => ControlFileData.Parse(bytes), typeof(PgException));

    [Test]
    public void Slot_file() => new Fuzz("slot", Slot.ToBytes(PostgresMajor.LogCluster), (Slot with { Name = new string('x', 63), RestartLsn = Lsn.Invalid, InvalidatedAt = Lsn.MaxValue }).ToBytes(PostgresMajor.LogCluster)) { Repair = bytes => Sealed(bytes, 4, 8, ReplicationSlotData.SizeIn(PostgresMajor.LogCluster)) }
        .Run(bytes => ReplicationSlotData.Parse(bytes, "f", PostgresMajor.LogCluster), typeof(PgException));

    [Test]
    public void Postmaster_pid()
    {
        using TestDirectory directory = new();
        new Fuzz("postmaster.pid", "4711\n/data\n1700000000\n5432\n/tmp\n127.0.0.1\n        0         0\nready   \n"u8.ToArray()).Run(bytes =>
        {
            File.WriteAllBytes(directory.Data.PostmasterPid, bytes);
            _ = PostmasterPidFile.TryRead(directory.Data);
        });
    }

    [TestCase("recovery.conf")]
    [TestCase("postgresql.auto.conf")]
    public void Recovery_settings(string name)
    {
        using TestDirectory directory = new();
        if (name == "postgresql.auto.conf")
            File.WriteAllText(directory.Data.StandbySignal, "");
        new Fuzz(name, Encoding.UTF8.GetBytes("""
            # comment
            primary_conninfo = 'host=/tmp port=5433 user=''me'' application_name=b\'x\101' # more
            recovery_target_timeline 'latest'
            primary_slot_name = slot_1
            """ + (name == "recovery.conf" ? "\nstandby_mode = 'on'\nrestore_command = 'cp /a/%f %p'\n" : "\n"))).Run(bytes =>
            {
                File.WriteAllBytes(directory.File(name), bytes);
                _ = RecoverySettings.Read(directory.Data);
            }, typeof(ConfigurationException));
    }

    [Test]
    public void Toml()
    {
        byte[][] corpus = [.. Directory.EnumerateFiles(SourceTree.Path("tests/Shared.Tests/Config/toml-test/valid"), "*.toml", SearchOption.AllDirectories).Select(File.ReadAllBytes)];
        new Fuzz("TOML", corpus) { BaseAllocation = 1 << 20, AllocationPerByte = 2000 }.Run(bytes => TomlReader.Read("f", bytes), typeof(ConfigurationException));
    }

    [Test]
    public void Pgrepl_toml() => new Fuzz("pgrepl.toml", """
        port = 5433
        listen_addresses = ['127.0.0.1', "::1"]
        wal_keep_size = '1GB'
        authentication_timeout = '1min'
        synchronous_standby_names = 'FIRST 2 (a, "b c", *)'
        hot_standby = true
        [pgrepl]
        max_message_size = '64MB'
        """u8.ToArray()) { AllocationPerByte = 2000 }.Run(bytes => TomlSettings.Read("f", bytes), typeof(ConfigurationException));

    [Test]
    public void Pg_hba() => new Fuzz("pg_hba.conf", """
        # TYPE  DATABASE        USER            ADDRESS                 METHOD
        local   all             all                                     peer map=operators
        host    all,"x y"       +group          127.0.0.1/32            trust
        host    replication     all             ::1/128                 reject
        hostssl sameuser        all             10.0.0.0 255.0.0.0      scram-sha-256
        hostssl all             all             all                     scram-sha-256 \
                clientcert=verify-ca
        """u8.ToArray()) { AllocationPerByte = 200 }.Run(bytes => HbaFile.Parse(Encoding.UTF8.GetString(bytes), "f"), typeof(ConfigurationException));

    [Test]
    public void Pg_ident() => new Fuzz("pg_ident.conf", "# map\noperators root postgres\noperators /^(.*)@example\\.com$ \\1\nm \"/(?i)[a-z]+(x|y){2,5}\" z\nm \"a b\" \"c\"\n"u8.ToArray()) { BaseAllocation = 32 << 20, AllocationPerByte = 500 } // a regular expression is compiled, one that ignores case with its tables
        .Run(bytes => _ = IdentMap.Parse(Encoding.UTF8.GetString(bytes), "f").Allows("operators", "me@example.com", "me"), typeof(ConfigurationException));

    /// <summary>The bytes with their CRC-32C put right.</summary>
    private static byte[] Sealed(byte[] bytes, int at, int from, int to)
    {
        if (bytes.Length >= Math.Max(to, at + 4))
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), Crc32C.Compute(bytes.AsSpan(from, to - from)));
        return bytes;
    }
}
