using System.Buffers.Binary;
using System.Text.RegularExpressions;
using Pgrepl.Interop.Tests.WalDump;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests;

/// <summary>PostgreSQL primary → relay → PostgreSQL standby, of every major from 10 to 18: WAL, protocol and slot files are that major's.</summary>
public sealed class MajorTests
{
    private const string Sums = "SELECT (SELECT sum(abalance) FROM pgbench_accounts) || ' ' || (SELECT count(*) || ' ' || sum(delta) FROM pgbench_history)";

    /// <summary>The same answers from the relay as from its upstream. A row whose values are the server's own is cut: <see cref="OwnRows"/>.</summary>
    private static readonly string[] Commands =
    [
        "IDENTIFY_SYSTEM",
        "SHOW server_version_num",
        "SHOW wal_segment_size",
        "CREATE_REPLICATION_SLOT a PHYSICAL RESERVE_WAL",
        "CREATE_REPLICATION_SLOT a PHYSICAL",
        "CREATE_REPLICATION_SLOT b TEMPORARY PHYSICAL (RESERVE_WAL)",
        "READ_REPLICATION_SLOT a",
        "DROP_REPLICATION_SLOT a",
        "DROP_REPLICATION_SLOT a",
        "SELECT 1",
        "nonsense",
        "START_REPLICATION 0/0 TIMELINE 9",
        "START_REPLICATION {start} TIMELINE 1",
    ];

    private static readonly string[] OwnRows = ["IDENTIFY_SYSTEM", "READ_REPLICATION_SLOT a"];

    private static readonly string[] Views =
        ["pg_stat_wal_receiver", "pg_stat_get_wal_receiver()", "pg_stat_replication", "pg_stat_get_wal_senders()", "pg_replication_slots", "pg_stat_activity"];

    private static IEnumerable<int> Majors => PostgresMajor.All.Select(major => major.Number);

    [TestCaseSource(nameof(Majors))]
    public void A_relay_is_of_its_upstreams_major(int major)
    {
        using PostgresServer primary = PostgresServer.OfMajor(major).Start();
        using TestNode relay = TestNode.Relay(primary).Start();
        Pgbench(primary, "-i", "-s", "1", "-q");
        using PostgresServer standby = primary.Standby($"host={relay.Folder} port={relay.Port} user=postgres application_name=s").Start();
        Eventually.Holds(() => standby.TryAsk("SELECT status FROM pg_stat_wal_receiver") == "streaming");

        KillUnderLoad(primary, relay, standby);
        HoldsThePrimarysBytes(relay, primary);
        Assert.That(relay.Log, Does.Not.Contain("PANIC:").And.Not.Contain("differs from our own").And.Not.Contain("invalid WAL"));

        AnswersAs(primary, relay);
        SlotFilesAreOf(PostgresMajor.Of(major), primary, relay, standby);
        WaldumpReads(PostgresMajor.Of(major), primary);

        string version = primary.Ask("SHOW server_version")!;
        Assert.That(File.ReadAllText(Path.Combine(Build.Root, "README.md")), Does.Contain($"\n| {major} | {version} |"), "the README's table of majors is what a test run sees");
    }

    [Test]
    public void The_table_of_majors_in_the_README_has_what_is_tested_and_nothing_else() => Assert.That(
        Regex.Matches(File.ReadAllText(Path.Combine(Build.Root, "README.md")), @"^\| (\d+) \| \1\.\d+ \|", RegexOptions.Multiline).Select(row => int.Parse(row.Groups[1].Value)), Is.EqualTo(Majors));

    [Test]
    public void A_relay_learns_of_its_upstreams_new_minor_and_has_nothing_to_do_with_another_major()
    {
        using PostgresServer primary = PostgresServer.OfMajor(15).Start();
        using TestNode relay = TestNode.Relay(primary);
        Pretend(relay, 150014, "15.14");
        relay.Start();
        string version = primary.Ask("SHOW server_version")!;
        Eventually.Holds(() => relay.TryAsk("SHOW server_version") == version);
        Assert.That(relay.Log, Does.Contain("compatible with PostgreSQL 15.14"));
        relay.Stop();
        Assert.That(RelayFile.Read(relay.Data).ServerVersion, Is.EqualTo(version));

        using TestNode other = TestNode.Relay(primary);
        Pretend(other, 160001, "16.1");
        other.Start();
        Eventually.Holds(() => other.Log.Contains("FATAL:  major version of the primary differs from that of the WAL of this node"));
        Assert.That(other.Log, Does.Contain($"DETAIL:  The primary is PostgreSQL {version}, this node has WAL of PostgreSQL 16."));
        Assert.That(WalDirectory.List(other.Data, RelayFile.Read(other.Data).SegmentSize), Is.Empty, "not a byte is written");
    }

    /// <summary>The relay was made when its upstream was another.</summary>
    private static void Pretend(TestNode relay, int number, string version)
    {
        RelayFile.Write(relay.Data, RelayFile.Read(relay.Data) with { ServerVersionNumber = number, ServerVersion = version });
        File.WriteAllText(relay.Data.PgVersion, $"{number / 10_000}\n");
        if (Environment.IsPrivilegedProcess)
            Build.Expect(Build.Run("chown", ["postgres", relay.Data.RelayFile]));
    }

    private static void KillUnderLoad(PostgresServer primary, TestNode relay, PostgresServer standby)
    {
        const int Some = 256 << 10;
        primary.HasGivenAllTo(relay); // the base backup's segment switch too: until all of it is here, a killed relay's WAL ends before it
        using (RunningProgram load = new(PostgresTools.Find("pgbench"), "-n", "-c", "2", "-R", "400", "-T", "300", primary.Conninfo))
        {
            Lsn there = Confirmed(primary);
            Eventually.Holds(() => Confirmed(primary) > there + Some);
            Assert.That(load.HasExited, Is.False, "the load must run when the relay dies");
            relay.KillAll();
            Lsn passedOn = Lsn.Parse(standby.Ask("SELECT pg_last_wal_receive_lsn()"));
            relay.Start();
            string end = Regex.Matches(relay.Log, "end of local WAL: (.*)").Last().Groups[1].Value;
            Assert.That(Lsn.Parse(end), Is.GreaterThanOrEqualTo(passedOn), "what was passed on is still here");
            Eventually.Holds(() => Confirmed(primary) > Lsn.Parse(end) + Some);
        }
        Lsn last = Lsn.Parse(primary.Ask("SELECT pg_current_wal_flush_lsn()"));
        Eventually.Holds(() => standby.TryAsk($"SELECT pg_last_wal_replay_lsn() >= '{last}'") == "t");
        Eventually.Holds(() => standby.TryAsk(Sums) == primary.TryAsk(Sums)); // sessions of a load that was ended may still end
    }

    /// <summary>Every segment, the last one as far as it was received.</summary>
    private static void HoldsThePrimarysBytes(TestNode relay, PostgresServer primary)
    {
        int size = RelayFile.Read(relay.Data).SegmentSize;
        Lsn end = Received(relay);
        List<WalSegment> segments = [.. WalDirectory.List(relay.Data, size).Where(s => s.Start(size) < end)];
        Assert.That(segments, Is.Not.Empty);
        foreach (WalSegment segment in segments)
        {
            string name = segment.FileName(size);
            int length = (int)Math.Min(size, end.BytesSince(segment.Start(size)));
            byte[] ours = File.ReadAllBytes(Path.Combine(relay.Data.Wal, name)), theirs = File.ReadAllBytes(Path.Combine(primary.Wal, name));
            Assert.That(ours.AsSpan(0, length).SequenceEqual(theirs.AsSpan(0, length)), $"{name} differs");
        }
    }

    private static void AnswersAs(PostgresServer primary, TestNode relay)
    {
        using RawClient them = RawClient.Session(primary.Folder, "replication", "true"), us = RawClient.Session(relay.Folder, "replication", "true");
        using RawClient theirSql = RawClient.Session(primary.Folder, "database", "postgres"), ourSql = RawClient.Session(relay.Folder, "database", "postgres");
        Assert.Multiple(() =>
        {
            Assert.That(Parameters(us), Is.EqualTo(Parameters(them)), "ParameterStatus");
            string start = RelayFile.Read(relay.Data).Oldest.ToString();
            foreach (string command in Commands)
            {
                string text = command.Replace("{start}", start, StringComparison.Ordinal);
                Assert.That(Answer(us, text), Is.EqualTo(Answer(them, text)), text);
            }
            foreach (string view in Views)
                Assert.That(ourSql.Ask($"SELECT * FROM {view} LIMIT 0"), Is.EqualTo(theirSql.Ask($"SELECT * FROM {view} LIMIT 0")), view);
        });
        Assert.That(relay.Ask("SELECT version()"), Does.StartWith($"PostgreSQL {primary.Ask("SHOW server_version")} (pgrepl "));
    }

    private static List<string> Answer(RawClient client, string command) =>
        [.. client.Ask(command).Select(word => word[0] == 'D' && OwnRows.Contains(command) ? "D" : word)];

    /// <summary>A relay has no passwords, so no scram_iterations; it is always in recovery, and UTF8.</summary>
    private static string[] Parameters(RawClient client) => [.. client.Started.Where(word => word[0] == 'S' && !word.Contains("scram_iterations", StringComparison.Ordinal))
        .Select(word => Regex.Replace(word, "^(S (in_hot_standby|client_encoding|server_encoding)) .*", "$1")).Order(StringComparer.Ordinal)];

    /// <summary>Lengths, transactions, block references and images as pg_waldump 15 shows them of the same records; of 13 and 14 their bodies too. The server itself is asked of 16 and later: WalDump/WalinspectTests.cs.</summary>
    private static void WaldumpReads(PostgresMajor major, PostgresServer primary)
    {
        const int Some = 5;
        uint catalogVersion = BinaryPrimitives.ReadUInt32LittleEndian(File.ReadAllBytes(Path.Combine(primary.Data, "global", "pg_control")).AsSpan(12));
        Assert.That(major.CatalogVersion, Is.EqualTo(catalogVersion));
        if (major.Number >= 15)
            return;
        string last = primary.Ask("SELECT pg_walfile_name(pg_current_wal_insert_lsn())")!;
        primary.Ask("SELECT pg_switch_wal()"); // nothing is written there any more
        string[] segments = [.. Directory.GetFiles(primary.Wal).Select(path => Path.GetFileName(path)).Where(name => name.Length == last.Length && string.CompareOrdinal(name, last) <= 0).Order(StringComparer.Ordinal).TakeLast(Some)];
        using var translated = new TranslatedWal(primary.Wal, major, primary.SegmentSize, segments, record => major.Number < WalDescription.OldestMajor || OlderMajorTests.IsReadOtherwise(record));
        string[] types = [.. WalComparison.Compare(primary.Wal, segments[0], last, translated, _ => { })];
        Assert.That(types, Has.Length.GreaterThan(3));
        Assert.That(types, major.Number < WalDescription.OldestMajor ? Has.All.EndsWith("/UNKNOWN").Or.EqualTo("XLOG/SWITCH") : Does.Contain("Heap/HOT_UPDATE"));
    }

    /// <summary>The server reads ours, we read the server's, and what we write is the server's to the byte.</summary>
    private static void SlotFilesAreOf(PostgresMajor major, PostgresServer primary, TestNode relay, PostgresServer standby)
    {
        primary.Ask("SELECT pg_create_physical_replication_slot('theirs', true)");
        relay.Ask("SELECT pg_create_physical_replication_slot('ours', true)");
        string theirs = primary.Ask("SELECT restart_lsn FROM pg_replication_slots")!, ours = relay.Ask("SELECT restart_lsn FROM pg_replication_slots")!;
        byte[] file = File.ReadAllBytes(Path.Combine(primary.Data, "pg_replslot", "theirs", "state"));
        ReplicationSlotData read = ReplicationSlotData.Parse(file, "theirs", major);
        Assert.That(read, Is.EqualTo(new ReplicationSlotData("theirs", 0, ReplicationSlotPersistency.Persistent, Lsn.Parse(theirs), Lsn.Invalid)));
        Assert.That(read.ToBytes(major), Is.EqualTo(file), "to the byte");

        standby.Stop();
        relay.Stop();
        string into = Path.Combine(standby.Data, "pg_replslot");
        Build.Expect(PostgresTools.RunPathAsOwner("/bin/cp", "-a", Path.Combine(relay.Data.ReplicationSlots, "ours"), into));
        Build.Expect(PostgresTools.RunPathAsOwner("/bin/cp", "-a", Path.Combine(primary.Data, "pg_replslot", "theirs"), relay.Data.ReplicationSlots));
        string lost = "";
        if (major.SlotInvalidation != SlotInvalidation.Unknown)
        {
            Build.Expect(PostgresTools.RunPathAsOwner("/bin/cp", "-a", Path.Combine(into, "ours"), Path.Combine(into, "lost")));
            File.WriteAllBytes(Path.Combine(into, "lost", "state"), new ReplicationSlotData("lost", 0, ReplicationSlotPersistency.Persistent, Lsn.Invalid, Lsn.Parse(ours)).ToBytes(major));
            lost = "lost - lost, ";
        }
        string status = lost.Length > 0 ? "wal_status" : "'reserved'";
        standby.Start();
        Assert.That(standby.Ask($"SELECT string_agg(slot_name || ' ' || coalesce(restart_lsn::text, '-') || ' ' || {status}, ', ' ORDER BY slot_name) FROM pg_replication_slots"),
            Is.EqualTo($"{lost}ours {ours} reserved"));
        relay.Start();
        Assert.That(relay.Ask("SELECT restart_lsn FROM pg_replication_slots WHERE slot_name = 'theirs'"), Is.EqualTo(theirs));
    }

    private static void Pgbench(PostgresServer primary, params string[] arguments) => Build.Expect(PostgresTools.Run("pgbench", [.. arguments, primary.Conninfo]));

    /// <summary>What the relay has said to have, by its primary: a question there costs less than one to the relay.</summary>
    private static Lsn Confirmed(PostgresServer primary) => Lsn.Parse(
        primary.Ask("SELECT flush_lsn FROM pg_stat_replication WHERE application_name = 'r' AND flush_lsn IS NOT NULL ORDER BY flush_lsn DESC LIMIT 1") ?? "0/0");

    private static Lsn Received(TestNode relay) => Lsn.Parse(relay.TryAsk("SELECT coalesce(pg_last_wal_receive_lsn(), '0/0')") ?? "0/0");
}
