using System.Text.RegularExpressions;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests;

/// <summary>The files of a node under pg_waldump 15 and pg_controldata 15.</summary>
public sealed class WalFilesTests
{
    [Test]
    public void Waldump_reads_all_we_wrote_and_its_only_error_is_at_our_flush_position()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start();
        a.EmitAll(Enumerable.Repeat(new string('x', 60_000), 40)); // over several segments
        Lsn flushed = Lsn.Parse(a.Ask("SELECT pg_current_wal_flush_lsn()"));
        (int code, string output, string errors) = PostgresTools.Run("pg_waldump", "-p", a.Data.Wal, "-r", "Transaction", "-s", "0/100028");
        Assert.That(code, Is.EqualTo(1));
        Assert.That(output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(40).And.All.Contains("desc: COMMIT 20"));
        Assert.That(errors, Does.Match($@"^pg_waldump: error: error in WAL record at 0/[0-9A-F]+: invalid record length at {flushed}: wanted 24, got 0\n$"));
    }

    [Test]
    public void Controldata_finds_the_checksum_good_and_every_field_meaningful()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start();
        a.Emit("x");
        Lsn end = Lsn.Parse(a.Ask("SELECT pg_current_wal_insert_lsn()"));
        a.Stop();
        Dictionary<string, string> fields = Read(a);
        Assert.That(fields["Database cluster state"], Is.EqualTo("shut down"));
        Assert.That(fields["Database system identifier"], Is.EqualTo(a.Control.SystemId.ToString()));
        Assert.That(fields["Latest checkpoint location"], Is.EqualTo(end.ToString()), "the shutdown checkpoint follows the last record");
        Assert.That(fields["Latest checkpoint's REDO WAL file"], Is.EqualTo("000000010000000000000001"));
        Assert.That(fields["Latest checkpoint's NextXID"], Is.EqualTo("0:4"), "one transaction, and 3 is the first");
        Assert.That(fields["Latest checkpoint's oldestXID"], Is.EqualTo("4"), "there is no clog to keep");
        Assert.That(fields["wal_level setting"], Is.EqualTo("logical"));
        Assert.That(fields["Bytes per WAL segment"], Is.EqualTo("1048576"));
        Assert.That(fields["Minimum recovery ending location"], Is.EqualTo("0/0"));
        Assert.That(fields["Mock authentication nonce"], Does.Match("^[0-9a-f]{64}$").And.Not.Match("^0+$"));
        Assert.That(fields["max_connections setting"], Is.EqualTo("100"));
        Assert.That(fields["Maximum data alignment"], Is.EqualTo("8"));
    }

    [Test]
    public void Controldata_shows_a_standby_as_such_and_its_recovery_in_motion()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start();
        using TestNode b = a.Standby().Start("checkpoint_timeout=30s");
        Eventually.Holds(() => a.Streams("b"));
        a.Emit("x");
        Assert.That(Read(b)["Database cluster state"], Is.EqualTo("in archive recovery"));
        Assert.That(Read(b)["Min recovery ending loc's timeline"], Is.EqualTo("1"));
        b.Stop();
        Assert.That(Read(b)["Database cluster state"], Is.EqualTo("shut down in recovery"));
    }

    [Test]
    public void Our_controldata_prints_what_pg_controldata_prints_and_says_as_it_does_when_the_file_is_damaged()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start();
        a.Emit("x");
        using TestNode b = a.Standby().Start();
        Eventually.Holds(() => a.Streams("b"));
        b.Stop();
        a.Stop();
        AssertEqual(a, b);

        byte[] good = File.ReadAllBytes(a.Data.ControlFile);
        foreach ((int offset, byte value) in new (int, byte)[] { (16, 77), (172, 9), (180, 255), (229, 3), (288, 1) })
        {
            byte[] bad = [.. good];
            bad[offset] ^= value; // state, wal_level, max_connections, segment size, checksum
            File.WriteAllBytes(a.Data.ControlFile, bad);
            AssertEqual(a);
        }
    }

    private static void AssertEqual(params TestNode[] nodes)
    {
        Dictionary<string, string> environment = new() { ["LC_ALL"] = "C", ["TZ"] = "Asia/Shanghai" };
        foreach (TestNode node in nodes)
        {
            (int code, string theirs, _) = Build.Run(PostgresTools.Find("pg_controldata"), [node.Data.Path], environment: environment);
            (int ourCode, string ours, string errors) = Build.Run(Path.Combine(Build.Folder, "pgrepl"), ["controldata", "-D", node.Data.Path], environment: environment);
            Assert.That(ours, Is.EqualTo(theirs), errors);
            Assert.That(ourCode, Is.EqualTo(code));
        }
    }

    private static Dictionary<string, string> Read(TestNode node)
    {
        (int code, string output, string errors) = PostgresTools.Run("pg_controldata", node.Data.Path);
        Assert.That(code, Is.Zero);
        Assert.That(output + errors, Does.Not.Contain("WARNING"), "a bad checksum would be a warning");
        return Regex.Matches(output, @"^([^:]+): *(.*)$", RegexOptions.Multiline).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
    }
}
