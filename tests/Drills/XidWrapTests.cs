using System.Text.Json;
using System.Text.RegularExpressions;
using Pgrepl.Shared.Libpq;
using Pgrepl.Wal;

namespace Pgrepl.Drills.Tests;

/// <summary>Records carry 32 bits of a transaction id; nodes count 64. These begin just below the wrap.</summary>
public sealed partial class XidWrapTests
{
    private const ulong Wrap = 1UL << 32;

    [Test]
    public void Primary_and_standby_count_on_over_the_wrap_through_crash_restart_and_promotion()
    {
        using TestNode a = TestNode.Primary(nextXid: Wrap - 10).Start();
        Assert.That(NextXid(a), Is.EqualTo("0:4294967286"));
        using TestNode b = a.Standby().Start();
        Eventually.Holds(() => a.Streams("b"));
        Emit(a, 1, 25);
        a.KillAll();
        a.Start(); // recovery begins at a checkpoint from before the wrap
        Eventually.Holds(() => a.Streams("b"));
        Lsn end = Emit(a, 26, 30);
        Eventually.Holds(() => Lsn.Parse(b.Ask("SELECT pg_last_wal_replay_lsn()")!) > end);
        a.Stop();
        Assert.That(NextXid(a), Is.EqualTo("1:23"), "10 before the wrap, then 20 from 3 on");
        Assert.That(Controldata(a, "Latest checkpoint's oldestXID"), Is.EqualTo("23"));

        b.KillAll();
        b.Start(); // as a standby, from its last restart point
        Assert.That(b.Ask("SELECT pg_promote(true, 120)"), Is.EqualTo("t"));
        Emit(b, 31, 32);
        using TestNode c = b.Standby("c");
        Assert.That(c.Control.Checkpoint.NextXid, Is.InRange(Wrap + 23, Wrap + 25), "made after the wrap, from what a SQL function says");
        c.Start();
        Eventually.Holds(() => b.Streams("c"));
        c.Stop();
        b.Stop();
        Assert.That(NextXid(b), Is.EqualTo("1:25"));
        string[] expected = [.. Enumerable.Range(1, 32).Select(n => $"{n}")];
        Assert.That(b.MessagesOnDisk(), Is.EqualTo(expected));

        (_, string dump, _) = PostgresTools.Run("pg_waldump", "-p", Path.Combine(b.Data.Path, "pg_wal"), "-r", "Transaction", "000000020000000000000001");
        Assert.That(Transactions().Matches(dump).Select(line => ulong.Parse(line.Groups["xid"].Value)),
            Is.EqualTo(Enumerable.Range(0, 32).Select(n => n < 10 ? Wrap - 10 + (ulong)n : (ulong)n - 10 + 3)));
        (_, dump, _) = PostgresTools.Run("pg_waldump", "-p", Path.Combine(b.Data.Path, "pg_wal"), "-r", "XLOG", "000000020000000000000001");
        Assert.That(dump.TrimEnd().Split('\n')[^1], Does.Contain("CHECKPOINT_SHUTDOWN").And.Contain("tli 2;").And.Contain("xid 1:25;").And.Contain("oldest xid 25 in DB 1;"));
    }

    [Test]
    public void A_drill_over_the_wrap_loses_nothing()
    {
        string keep = Directory.CreateTempSubdirectory("pgrepl-t-").FullName;
        try
        {
            (int code, string output, string errors) = Build.Pgrepl("drill", "--sync", "--json", "--messages", "400", "--seed", "5", "--keep", Path.Combine(keep, "k"),
                "--next-xid", $"{Wrap - 100}"); // killed after 120 messages at the earliest
            Assert.That(code, Is.Zero, output + errors);
            JsonElement report = JsonDocument.Parse(output.TrimEnd().Split('\n')[^1]).RootElement;
            Assert.That(report.GetProperty("messages_lost").GetInt32(), Is.Zero);
            int acknowledged = report.GetProperty("messages_acknowledged").GetInt32();
            Assert.That(acknowledged, Is.GreaterThanOrEqualTo(400));
            foreach (string node in new[] { "a", "b" })
            {
                string next = Controldata(Path.Combine(keep, "k", node), "Latest checkpoint's NextXID");
                Assert.That(next, Does.StartWith("1:"), node);
                Assert.That(int.Parse(next[2..]), Is.GreaterThanOrEqualTo(acknowledged - 100 + 3), node);
            }
        }
        finally
        {
            Directory.Delete(keep, recursive: true);
        }
    }

    private static Lsn Emit(TestNode node, int first, int last)
    {
        using PgClient client = node.Connect();
        string? end = null;
        for (int number = first; number <= last; number++)
        {
            using PgResult result = client.QueryOrThrow($"SELECT pg_logical_emit_message(true, 't', '{number}')");
            end = result.Value(0, 0);
        }
        return Lsn.Parse(end!);
    }

    private static string NextXid(TestNode node) => Controldata(node, "Latest checkpoint's NextXID");

    private static string Controldata(TestNode node, string label) => Controldata(node.Data.Path, label);

    private static string Controldata(string data, string label)
    {
        (int code, string output, string errors) = PostgresTools.Run("pg_controldata", data);
        Assert.That(code, Is.Zero, errors);
        return output.Split('\n').Single(line => line.StartsWith(label + ":", StringComparison.Ordinal))[(label.Length + 1)..].Trim();
    }

    [GeneratedRegex("tx: +(?<xid>[0-9]+),.*desc: COMMIT")]
    private static partial Regex Transactions();
}
