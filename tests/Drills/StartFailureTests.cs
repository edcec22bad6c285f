using System.Net;
using System.Net.Sockets;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Drills.Tests;

/// <summary>A node that cannot start says why in one FATAL, as docs/troubleshooting.md tells it.</summary>
public sealed class StartFailureTests
{
    [Test]
    public void A_port_that_is_taken_is_fatal_as_in_PostgreSQL()
    {
        using TestNode node = TestNode.Primary();
        using Socket taken = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        Assert.That(node.TryStart("listen_addresses=127.0.0.1", $"port={((IPEndPoint)taken.LocalEndPoint!).Port}").Code, Is.EqualTo(1));
        Assert.That(node.Log, Does.Contain("LOG:  could not bind IPv4 address \"127.0.0.1\"").And.Contain("FATAL:  could not create any TCP/IP sockets"));
        Assert.That(File.Exists(node.Data.PostmasterPid), Is.False);
    }

    [Test]
    public void A_missing_control_file_is_named()
    {
        using TestNode node = TestNode.Primary();
        File.Delete(node.Data.ControlFile);
        Assert.That(node.TryStart().Code, Is.EqualTo(1));
        Assert.That(node.Log, Does.Contain("FATAL:  could not find the database system").And.Contain($"file \"{node.Data.ControlFile}\" is missing."));
    }

    [Test]
    public void A_relay_of_another_major_or_with_a_damaged_file_is_refused()
    {
        using TestNode node = TestNode.Primary();
        RelayFileData relay = new(1, 90026, "9.0.26", WalFormat.DefaultSegmentSize, TimelineId.First, new Lsn(WalFormat.DefaultSegmentSize), Lsn.Invalid, Lsn.Invalid);
        RelayFile.Write(node.Data, relay);
        File.WriteAllText(node.Data.PgVersion, "9\n");
        Assert.That(node.TryStart().Code, Is.EqualTo(1));
        Assert.That(node.Log, Does.Contain("FATAL:  a relay of PostgreSQL 9.0.26 is not supported"));
        File.WriteAllText(node.Data.RelayFile, "no");
        Assert.That(node.TryStart().Code, Is.EqualTo(1));
        Assert.That(node.Log, Does.Contain("FATAL:  file \"pgrepl.relay\" is damaged"));
    }

    [Test]
    public void A_system_call_that_fails_ends_the_start_with_its_reason()
    {
        using TestNode node = TestNode.Primary();
        Directory.CreateDirectory(node.Data.PostmasterLock);
        Assert.That(node.TryStart().Code, Is.EqualTo(1));
        Assert.That(node.Log, Does.Contain($"FATAL:  could not open lock file \"{node.Data.PostmasterLock}\": Is a directory"));
    }

    [Test]
    public void A_checkpoint_record_that_is_gone_stops_the_node_with_a_way_out()
    {
        using TestNode node = TestNode.Primary();
        foreach (string segment in Directory.EnumerateFiles(node.Data.Wal))
            File.Delete(segment);
        Assert.That(node.TryStart().Code, Is.EqualTo(1));
        Assert.That(node.Log, Does.Contain("FATAL:  could not locate a valid checkpoint record")
            .And.Contain("HINT:  Promote a standby that is up to date")
            .And.Contain("FATAL:  database system is shut down: could not locate a valid checkpoint record"));
    }

    [Test]
    public void Damage_in_the_middle_of_WAL_is_not_taken_for_its_end()
    {
        using TestNode node = TestNode.Primary(segmentMegabytes: 1).Start();
        string filler = new('x', 200_000);
        Lsn damaged = node.EmitAll(Enumerable.Range(0, 12).Select(n => $"{n}{filler}").Append("flipped")) - 20;
        _ = node.EmitAll(Enumerable.Range(0, 12).Select(n => $"{n}{filler}"));
        node.KillAll();
        string segment = WalSegmentFile.PathOf(node.Data, WalSegment.Containing(damaged, TimelineId.First, 1 << 20), 1 << 20);
        using (FileStream file = File.Open(segment, FileMode.Open))
        {
            file.Position = (long)(damaged.Value % (1 << 20));
            int before = file.ReadByte();
            file.Position--;
            file.WriteByte((byte)(before ^ 1));
        }
        byte[] kept = File.ReadAllBytes(segment);
        Assert.That(node.TryStart().Code, Is.EqualTo(1));
        Assert.That(node.Log, Does.Match(@"FATAL:  WAL is damaged at 0/\w+: a valid record follows at 0/").And.Contain($"DETAIL:  In segment {Path.GetFileName(segment)}, offset ")
            .And.Contain("out of pg_wal, and start the node again."));
        Assert.That(File.ReadAllBytes(segment), Is.EqualTo(kept), "nothing is written");

        foreach (string later in Directory.EnumerateFiles(node.Data.Wal, "0*").Where(path => string.CompareOrdinal(path, segment) > 0))
            File.Delete(later);
        node.Start();
        Assert.That(node.MessagesOnDisk(), Has.Count.EqualTo(12), "what was before the damage");
    }

    [Test]
    public void A_peer_that_is_written_wrongly_is_told_and_stops_nothing()
    {
        using TestNode node = TestNode.Primary();
        node.Start("pgrepl.peers=hots=b;host=/nowhere");
        Assert.That(node.Log, Does.Contain("WARNING:  a peer of pgrepl.peers cannot be asked: invalid connection string syntax: ").And.Contain("WARNING:  no peer answered"));
        Assert.That(node.Log, Does.Not.Contain("terminated by signal"));
    }

    [Test]
    public void Recovery_settings_that_went_bad_while_the_node_ran_end_its_crash_reset_as_fatal()
    {
        using TestNode node = TestNode.Primary().Start();
        File.WriteAllText(node.Data.RecoveryConf, "standby_mode = 'perhaps'\n");
        Eventually.Holds(() => node.Children("walwriter").Length == 1);
        ProcessCalls.Kill(node.Children("walwriter").Single(), Signal.SIGKILL);
        Eventually.Holds(() => node.Log.Contains("FATAL:  database system is shut down: "));
        Assert.That(node.Log, Does.Contain("parameter \"standby_mode\" requires a Boolean value").And.Not.Contain("PANIC"));
    }
}
