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
        string temporary = Directory.CreateTempSubdirectory("pgrepl-t-").FullName;
        (int code, string output, string errors) = Build.Run(Path.Combine(Build.Folder, "pgrepl"), ["drill", "--json", "--messages", "1200", "--seed", "11"], 180_000,
            new Dictionary<string, string> { ["TMPDIR"] = temporary });
        string[] left = Directory.GetFileSystemEntries(temporary);
        string[] running = [.. Directory.EnumerateDirectories("/proc").Where(p => ProcessFacts.TryRead(Path.Combine(p, "cmdline")).Contains(temporary, StringComparison.Ordinal))];
        Directory.Delete(temporary, recursive: true);
        Assert.That(left, Is.Empty, "files the drill left");
        Assert.That(running, Is.Empty, "processes the drill left");
        JsonElement report = Report(output);
        Assert.That(code, Is.Zero, output + errors);
        Assert.That(report.GetProperty("ok").GetBoolean());
        Assert.That(report.GetProperty("messages_lost").GetInt32(), Is.GreaterThanOrEqualTo(0));
    }

    [TestCase("walreceiver", "b", "WAL receiver process")]
    [TestCase("walsender", "a", "server process")]
    [TestCase("startup", "b", "startup process")]
    [TestCase("walwriter", "a", "WAL writer process")]
    [TestCase("network", "b", null)]
    public void Whatever_else_is_killed_nobody_is_promoted_and_nothing_is_lost(string what, string node, string? process)
    {
        string keep = Directory.CreateTempSubdirectory("pgrepl-t-").FullName;
        try
        {
            (int code, string output, string errors) = Build.Pgrepl("drill", "--kill", what, "--sync", "--json", "--messages", "400", "--seed", "5", "--keep", Path.Combine(keep, "k"));
            Assert.That(code, Is.Zero, output + errors);
            JsonElement report = Report(output);
            Assert.That(report.GetProperty("ok").GetBoolean());
            Assert.That(report.GetProperty("messages_lost").GetInt32(), Is.Zero);
            Assert.That(report.GetProperty("messages_found_b").GetInt32(), Is.EqualTo(report.GetProperty("messages_acknowledged").GetInt32()).And.GreaterThanOrEqualTo(400));
            Assert.That(report.GetProperty("timeline_after").GetInt32(), Is.EqualTo(1));
            Assert.That(report.GetProperty("kill").GetString(), Is.EqualTo(what));
            Assert.That(report.GetProperty("promote_ms").ValueKind, Is.EqualTo(JsonValueKind.Null));
            Assert.That(report.GetProperty("recover_ms").GetDouble(), Is.GreaterThan(what == "network" ? 2000 : 0));
            Assert.That(report.GetProperty("outage_ms").GetDouble(), Is.LessThanOrEqualTo(report.GetProperty("recover_ms").GetDouble() + 60_000).And.GreaterThan(what == "network" ? 1500 : 10), "commits wait for b");
            string log = File.ReadAllText(Path.Combine(keep, "k", "log", $"{node}.log"));
            Assert.That(log, process is null ? Does.Match("could not (receive data from|send data to) WAL stream") : Does.Match($@"LOG:  {process} \(PID \d+\) was terminated by signal 9"));
        }
        finally
        {
            Directory.Delete(keep, recursive: true);
        }
    }

    [Test]
    public void A_planned_switchover_loses_nothing_even_when_commits_wait_for_nobody()
    {
        (int code, string output, string errors) = Build.Pgrepl("drill", "--planned", "--json", "--messages", "600", "--seed", "5");
        Assert.That(code, Is.Zero, output + errors);
        JsonElement report = Report(output);
        Assert.That(report.GetProperty("ok").GetBoolean());
        Assert.That(report.GetProperty("planned").GetBoolean());
        Assert.That(report.GetProperty("messages_lost").GetInt32(), Is.Zero);
        Assert.That(report.GetProperty("messages_set_aside").GetInt32(), Is.Zero);
        Assert.That(report.GetProperty("timeline_after").GetInt32(), Is.EqualTo(2));
        Assert.That(output, Does.Match("a stopped, its last record is the checkpoint at ").And.Match("started unchanged, is refused").And.Contain("no rewind needed"));
    }

    [Test]
    public void A_standby_that_acknowledges_what_it_never_wrote_is_found_out()
    {
        string sockets = Directory.CreateTempSubdirectory("pgrepl-t-").FullName, liarFolder = Directory.CreateTempSubdirectory("pgrepl-t-").FullName;
        try
        {
            using LyingStandby liar = new(Path.Combine(sockets, ".s.PGSQL.5432"), liarFolder, honestBytes: 20_000);
            (int code, string output, string errors) = Build.Pgrepl("drill", "--sync", "--json", "--messages", "1200", "--seed", "3", "--sockets", sockets,
                "--standby-upstream", $"host={liarFolder} port=5432");
            Assert.That(liar.Withheld, Is.GreaterThan(0), output + errors);
            JsonElement report = Report(output);
            Assert.That(report.GetProperty("ok").GetBoolean(), Is.False, output);
            Assert.That(report.GetProperty("messages_lost").GetInt32(), Is.GreaterThan(0));
            Assert.That(output, Does.Match("LOST [1-9]"));
            Assert.That(code, Is.EqualTo(1));
        }
        finally
        {
            Directory.Delete(sockets, recursive: true);
            Directory.Delete(liarFolder, recursive: true);
        }
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
            (_, string output, _) = Build.Run(PostgresTools.Find("pg_waldump"), ["-p", wal, "-r", "LogicalMessage", timeline.First(), timeline.Last()]);
            foreach (string line in output.Split('\n'))
                if (line.Split("payload (") is [_, var payload])
                    found.Add(System.Text.Encoding.ASCII.GetString(Convert.FromHexString(payload.Split(": ")[1].Replace(" ", ""))));
        }
        return found;
    }
}
