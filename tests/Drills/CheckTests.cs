using System.Text.Json;

namespace Pgrepl.Drills.Tests;

/// <summary>pgrepl check on whole nodes; every check by itself is in tests/Cli.Tests/Check.</summary>
public sealed class CheckTests
{
    [Test]
    public void A_healthy_pair_passes_and_what_is_wrong_with_it_is_named()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start("synchronous_standby_names=b");
        a.Ask("SELECT pg_create_physical_replication_slot('s', true)");
        (int code, string output) = Check(a);
        Assert.That(code, Is.EqualTo(2), output);
        Assert.That(output, Does.Contain("\nsync CRITICAL - commits wait, 0 of 1 synchronous standbys\n"));
        using TestNode b = a.Standby().Start("primary_slot_name=s");
        Eventually.Holds(() => a.Streams("b"));
        a.Emit("x");
        output = CheckUntil(0, b);
        Assert.That(output, Does.Match(@"^PGREPL OK - 11 checks \| clock=-?[\d.]+s;-10:10; free=\d+B;\d+:;\d+: wal=\d+B;; lag_bytes=\d+B;; lag=[\d.]+s;30;300\n"));
        foreach (string line in (string[])["running OK - PID \\d+, standby", "upstream OK", "version OK - upstream is PostgreSQL 15.18", "system OK", "timeline OK - 1 here and there", "slot OK - \"s\" reserved", "slots OK", "hba OK", "disk OK", "clock OK", "lag OK"])
            Assert.That(output, Does.Match($"\n{line}"));
        Eventually.Holds(() => Check(a).Output.Contains("lag OK - \"b\" is ", StringComparison.Ordinal) && Check(a).Code == 0);
        Assert.That(Check(a).Output, Does.Contain("\nsync OK - 1 of 1 synchronous standbys: \"b\"\n").And.Contain("\nslots OK - 1 with their WAL\n").And.Contain("all 1 downstreams may come again"));

        _ = CheckUntil(1, b, "--disk-warning", "100%");
        Assert.That(Check(b, "--disk-critical", "100%").Code, Is.EqualTo(2));
        Assert.That(Check(b, "--max-lag", "soon").Code, Is.EqualTo(3));
        JsonElement json = JsonDocument.Parse(CheckUntil(1, b, "--json", "--max-clock-difference", "0s")).RootElement;
        Assert.That((json.GetProperty("state").GetString(), json.GetProperty("code").GetInt32()), Is.EqualTo(("WARNING", 1)));
        Assert.That(json.GetProperty("checks").EnumerateArray().Single(c => c.GetProperty("state").GetString() == "WARNING").GetProperty("name").GetString(), Is.EqualTo("clock"));

        // Upstream lets a standby in, and nobody for SQL.
        File.WriteAllText(a.Data.HbaFile, "local replication all trust\n");
        Assert.That(Build.Pgrepl("reload", "-D", a.Data.Path).Code, Is.Zero);
        Eventually.Holds(() => a.TryAsk("SELECT 1") == null);
        output = CheckUntil(0, b);
        Assert.That(output, Does.Contain("\nslot OK - \"s\" exists\n").And.Contain("\nclock OK"));

        File.WriteAllText(b.Data.HbaFile, "local all all magic\n");
        a.KillAll();
        Eventually.Holds(() => Check(b, "--max-lag", "1ms").Output.Contains("\nlag CRITICAL", StringComparison.Ordinal));
        (code, output) = Check(b);
        Assert.That(code, Is.EqualTo(2));
        Assert.That(output, Does.Contain("\nupstream CRITICAL - ").And.Contain("invalid authentication method \"magic\""));
        b.Stop();
        (code, output) = Check(b);
        Assert.That(code, Is.EqualTo(2));
        Assert.That(output, Does.Contain("running CRITICAL - no server running"));
        Assert.That(Build.Pgrepl("check", "-D", b.Data.Path + "-not-there").Code, Is.EqualTo(3));
    }

    /// <summary>Once more where upstream was too slow to answer, or two clocks were the same to the microsecond.</summary>
    private static string CheckUntil(int expected, TestNode node, params string[] options)
    {
        string output = "";
        Func<int> check = () =>
        {
            (int code, output) = Check(node, options);
            return code;
        };
        Eventually.Holds(() => check() == expected);
        return output;
    }

    private static (int Code, string Output) Check(TestNode node, params string[] options)
    {
        (int code, string output, _) = node.Pgrepl(["check", "-D", node.Data.Path, .. options]);
        return (code, output);
    }
}
