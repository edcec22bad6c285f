using Pgrepl.Shared;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Native;

namespace Pgrepl.Drills.Tests;

/// <summary>A disk that answers EIO to fdatasync: nothing is believed on the strength of the kernel's cache.</summary>
public sealed class DiskFaultTests
{
    [Test, CancelAfter(120_000)]
    public void A_failed_fdatasync_acknowledges_nothing_and_a_second_one_stops_the_node()
    {
        using TestNode node = TestNode.Primary(segmentMegabytes: 1).Start();
        node.EmitAll(["one", "two"]);
        int postmaster = node.PostmasterPid!.Value;
        string segment = Directory.GetFiles(node.Data.Wal, "0*").Order(StringComparer.Ordinal).First();
        string inode = Inode(segment);

        using (PgClient client = node.Connect()) // alone, so it flushes itself
        using (FaultAt(int.Parse(client.QueryOrThrow("SELECT pg_backend_pid()").Value(0, 0)!)))
            Assert.Throws<PgException>(() => client.QueryOrThrow("SELECT pg_logical_emit_message(true, 't', 'not acknowledged')"));
        Eventually.Holds(() => node.Log.Contains("was written anew", StringComparison.Ordinal) && node.Serves);
        Assert.That(node.PostmasterPid, Is.EqualTo(postmaster), "a crash reset");
        Assert.That(node.Log, Does.Match("PANIC:  could not fdatasync file \".*\": Input/output error").And.Contain($"LOG:  WAL segment \"{Path.GetFileName(segment)}\" was written anew"));
        Assert.That(Inode(segment), Is.Not.EqualTo(inode), "in other blocks");
        node.Emit("three");

        using (PgClient client = node.Connect())
        using (FaultAt(node.Children("walwriter").Single()))
        {
            client.QueryOrThrow("SET synchronous_commit = off").Dispose();
            Assert.That(client.SendQuery("SELECT pg_logical_emit_message(true, 't', 'not waited for')")); // its answer may come, or the crash first
            Eventually.Holds(() => node.Log.Contains("PANIC:  could not fdatasync file", StringComparison.Ordinal) && !node.Serves);
        }
        Eventually.Holds(() => !ProcessCalls.IsAlive(postmaster));
        Assert.That(node.Log, Does.Contain($"FATAL:  fdatasync of WAL segment \"{Path.GetFileName(segment)}\" failed again after the segment was written anew").And.Match(@"DETAIL:  The disk is \S+ on /"));

        inode = Inode(segment);
        File.WriteAllText(node.Data.PostmasterPid, ""); // what a power cut can leave of it
        node.Start();
        Assert.That(Inode(segment), Is.Not.EqualTo(inode), "the operator has started it: once more");
        node.Emit("four");
        string[] messages = [.. node.MessagesOnDisk()];
        Assert.That(messages.Where(m => !m.StartsWith("not", StringComparison.Ordinal)), Is.EqualTo(new[] { "one", "two", "three", "four" }));
        Assert.That(File.Exists(node.Data.DistrustedWal), Is.False);
    }

    [Test, CancelAfter(120_000)]
    public void A_standby_reports_nothing_flushed_whose_fdatasync_failed_and_goes_on()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start("synchronous_standby_names=b");
        using TestNode b = a.Standby().Start();
        Eventually.Holds(() => a.Streams("b"));
        a.Emit("one");
        string segment = Path.Combine(b.Data.Wal, "000000010000000000000001");
        string inode = Inode(segment);
        using (RunningProgram fault = FaultAt(b.Children("walreceiver").Single()))
        {
            using PgClient client = a.Connect();
            Assert.That(client.SendQuery("SELECT pg_logical_emit_message(true, 't', 'two')"));
            Eventually.Holds(() => b.Log.Contains("PANIC:  could not fdatasync file", StringComparison.Ordinal));
            Eventually.Holds(() => a.Streams("b"));
            Assert.That(client.WaitForInput(TimeSpan.FromSeconds(120)), "acknowledged when the standby is back, and has it");
        }
        Assert.That(Inode(segment), Is.Not.EqualTo(inode));

        string next = new('x', 1 << 20);
        using (RunningProgram fault = FaultAt(b.Children("walreceiver").Single(), "fsync", when: 2)) // of the folder, when the new segment has its name
        using (PgClient client = a.Connect())
        {
            Assert.That(client.SendQuery($"SELECT pg_logical_emit_message(true, 't', '{next}')"));
            Eventually.Holds(() => b.Log.Contains($"PANIC:  could not fsync file \"{b.Data.Wal}\": Input/output error", StringComparison.Ordinal));
            Assert.That(client.WaitForInput(TimeSpan.FromSeconds(120)), "acknowledged when the segment has its name for good");
        }
        Assert.That(b.Log, Does.Contain("LOG:  WAL segment \"000000010000000000000002\" was written anew"));
        a.Emit("three");
        Assert.That(b.MessagesOnDisk(), Is.EqualTo(new[] { "one", "two", next, "three" }));
    }

    /// <summary>Its next call, or one after it, fails and is not done.</summary>
    private static RunningProgram FaultAt(int pid, string call = "fdatasync", int when = 1)
    {
        RunningProgram strace = new("strace", "-f", "-p", $"{pid}", "-e", $"trace={call}", "-e", $"inject={call}:error=EIO:when={when}");
        Eventually.Holds(() => strace.Output.Contains("attached", StringComparison.Ordinal));
        return strace;
    }

    private static string Inode(string path) => Build.Run("stat", ["-c", "%i", path]).Output.Trim();
}
