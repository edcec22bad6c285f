using System.Text.Json;

namespace Pgrepl.Drills.Tests;

public sealed class DrillTests
{
    [Test]
    public void A_synchronous_drill_loses_nothing_and_PostgreSQLs_waldump_counts_the_same()
    {
        string keep = Directory.CreateTempSubdirectory("pgrepl-t-").FullName;
        try
        {
            (int code, string output, string errors) = Build.Pgrepl("drill", "--sync", "--json", "--messages", "1500", "--seed", "7", "--keep", Path.Combine(keep, "k"));
            Assert.That(code, Is.Zero, output + errors);
            JsonElement report = Report(output);
            Assert.That(report.GetProperty("ok").GetBoolean());
            Assert.That(report.GetProperty("messages_acknowledged").GetInt32(), Is.GreaterThan(1000));
            Assert.That(report.GetProperty("messages_lost").GetInt32(), Is.Zero);
            Assert.That(report.GetProperty("timeline_before").GetInt32(), Is.EqualTo(1));
            Assert.That(report.GetProperty("timeline_after").GetInt32(), Is.EqualTo(2));

            HashSet<string> acknowledged = [.. File.ReadAllLines(Path.Combine(keep, "k", "acknowledged")).Select(l => l.Split(' ')[0])];
            Assert.That(acknowledged, Has.Count.EqualTo(report.GetProperty("messages_acknowledged").GetInt32()));
            foreach (string node in new[] { "a", "b" })
                Assert.That(acknowledged.IsSubsetOf(Dumped(Path.Combine(keep, "k", node, "pg_wal"))), $"pg_waldump finds every acknowledged number on {node}");
        }
        finally
        {
            Directory.Delete(keep, recursive: true);
        }
    }

    [Test]
    public void An_asynchronous_drill_accounts_for_every_acknowledged_message()
    {
        (int code, string output, string errors) = Build.Pgrepl("drill", "--json", "--messages", "1200", "--seed", "11");
        JsonElement report = Report(output);
        Assert.That(code, Is.Zero, output + errors);
        Assert.That(report.GetProperty("ok").GetBoolean());
        Assert.That(report.GetProperty("messages_lost").GetInt32(), Is.GreaterThanOrEqualTo(0));
    }

    private static JsonElement Report(string output)
    {
        string last = output.TrimEnd().Split('\n')[^1];
        Assert.That(last, Does.StartWith("{"), output);
        return JsonDocument.Parse(last).RootElement;
    }

    /// <summary>Numbers by pg_waldump, from the first to the last segment of the newest timeline (which begins with the older one's bytes) and of the older one.</summary>
    private static HashSet<string> Dumped(string wal)
    {
        HashSet<string> found = [];
        foreach (IGrouping<string, string> timeline in Directory.GetFiles(wal).Select(f => Path.GetFileName(f)!).Where(f => f.Length == 24).Order().GroupBy(f => f[..8]))
        {
            (_, string output, _) = Build.Run(Build.Tool("pg_waldump"), ["-p", wal, "-r", "LogicalMessage", timeline.First(), timeline.Last()]);
            foreach (string line in output.Split('\n'))
                if (line.Split("payload (") is [_, var payload])
                    found.Add(System.Text.Encoding.ASCII.GetString(Convert.FromHexString(payload.Split(": ")[1].Replace(" ", ""))));
        }
        return found;
    }
}
