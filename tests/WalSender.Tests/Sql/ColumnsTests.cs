using Pgrepl.Shared.Node;
using Pgrepl.WalSender.Sql;

namespace Pgrepl.WalSender.Tests;

/// <summary>Names and types of the columns of every view and row function: those of the node's major.</summary>
[TestFixture]
public sealed class ColumnsTests
{
    private static readonly string[] Lines = [.. File.ReadLines(Path.Combine(TestContext.CurrentContext.TestDirectory, "Sql", "columns-by-major.txt")).Skip(1)];

    private static IEnumerable<string> Servers => Lines.Where(line => line.StartsWith("PostgreSQL ", StringComparison.Ordinal));

    /// <summary>A line for each source: its name, a blank, name:type of the columns.</summary>
    internal static IEnumerable<string> LinesOf(string server) => Lines.SkipWhile(line => line != server).Skip(1).TakeWhile(line => !line.StartsWith("PostgreSQL ", StringComparison.Ordinal));

    internal static string ServerOf(int major) => Servers.Single(server => server.StartsWith($"PostgreSQL {major}.", StringComparison.Ordinal));

    [Test]
    public void Columns_are_those_of_the_nodes_major([ValueSource(nameof(Servers))] string server)
    {
        var client = new TestClient(new FakeHost { ServerMajor = int.Parse(server.AsSpan(11, 2)) });
        foreach (string line in LinesOf(server))
        {
            string source = line.Split(' ')[0];
            List<string> answer = client.Send(FrontendMessages.New().Parse($"SELECT * FROM {source}").Describe('S').Bind().Execute().Sync());
            Assert.That($"{source} {Described(answer[2])}", Is.EqualTo(line), server);
            Assert.That(answer.Where(row => row.StartsWith("D ", StringComparison.Ordinal)).Select(row => row.Count(c => c == '|') + 1), Is.All.EqualTo(line.Count(c => c == ',') + 1), "values for the columns");
        }
    }

    [Test]
    public void Every_major_from_10_to_18_is_described() => Assert.That(Servers.Select(server => server[11..13]), Is.EqualTo(Enumerable.Range(10, 9).Select(major => $"{major}")));

    [Test]
    public void Values_stand_under_their_names_in_every_major([Range(10, 18)] int major)
    {
        var host = new FakeHost { ServerMajor = major };
        host.Receiver = new WalReceiverRow(7, "streaming", new(0x100), new(1), new(0x300), new(0x200), new(1), 1, 2, new(0x400), 3, "slot", "h", 5433, "c");
        host.Senders.Add(new WalSenderRow(9, "streaming", new(1), new(2), new(3), new(4), 5, 6, 7, 1, "sync", 8));
        host.Processes.Add(FakeHost.Client(9));
        var client = new TestClient(host);
        Assert.That(client.Row(major < 13 ? "SELECT received_lsn, latest_end_lsn, conninfo FROM pg_stat_wal_receiver" : "SELECT flushed_lsn, latest_end_lsn, conninfo FROM pg_stat_get_wal_receiver()"),
            Is.EqualTo("0/200|0/400|c"));
        Assert.That(client.Row("SELECT sent_lsn, replay_lsn, sync_state, application_name FROM pg_stat_replication"), Is.EqualTo("0/1|0/4|sync|standby"));
        Assert.That(client.Row("SELECT query, backend_type, pid FROM pg_stat_activity"), Is.EqualTo("START_REPLICATION|walsender|9"));
        Assert.That(client.Row("SELECT redo_lsn, timeline_id, oldest_xid FROM pg_control_checkpoint()"), Is.EqualTo("0/3000028|2|722"));
        Assert.That(client.Error(major < 13 ? "SELECT written_lsn FROM pg_stat_wal_receiver" : "SELECT received_lsn FROM pg_stat_wal_receiver"), Does.Contain("C=42703"));
    }

    [Test]
    public void Our_own_view_of_the_stages_is_there_on_a_node_that_follows_another()
    {
        var host = new FakeHost();
        var client = new TestClient(host);
        Assert.That(client.Row("SELECT count(*) FROM pgrepl_wal_progress"), Is.EqualTo("0"));
        host.Progress = new WalProgressRow(new(3), new(1), new(9), new(8), new(7), new(6), new(5), default, 0);
        Assert.That(client.Row("SELECT timeline_id, oldest_lsn, upstream_lsn, received_lsn, written_lsn, flushed_lsn, validated_lsn, replayed_lsn IS NULL, last_commit_time IS NULL FROM pgrepl_wal_progress"),
            Is.EqualTo("3|0/1|0/9|0/8|0/7|0/6|0/5|t|t"));
    }

    /// <summary>name:type of a RowDescription that the tests' decoder has made a line of.</summary>
    private static string Described(string line) => string.Join(",", line[2..].Split(", ").Select(column => column.Split(':')).Select(parts => $"{parts[0]}:{SqlType.Find(uint.Parse(parts[1]))}"));
}
