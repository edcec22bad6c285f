using System.Text.Json;
using System.Text.RegularExpressions;

namespace Pgrepl.Drills.Tests;

public sealed class ListAndTopTests
{
    [Test]
    public void List_finds_what_runs_and_what_is_only_configured()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start();
        using TestNode b = a.Standby();
        string configs = Directory.CreateDirectory(Path.Combine(a.Folder, "etc")).FullName;
        File.WriteAllText(Path.Combine(configs, "second.toml"), $"data_directory = '{b.Data.Path}'\nport = 6543\n");
        File.WriteAllText(Path.Combine(configs, "first.toml"), $"data_directory = '{a.Data.Path}'\n");
        File.WriteAllText(Path.Combine(configs, "broken.toml"), "data_directory = \n");

        JsonElement[] nodes = [.. JsonDocument.Parse(Pgrepl("list", "--config-dir", configs, "--json").Output).RootElement.GetProperty("nodes").EnumerateArray()];
        JsonElement first = Named("first"), second = Named("second");
        Assert.That((Text(first, "state"), Text(first, "role"), Text(first, "data_directory"), first.GetProperty("pid").GetInt32(), first.GetProperty("port").GetInt32()),
            Is.EqualTo(("ready", "primary", a.Data.Path, a.PostmasterPid, a.Port)));
        Assert.That(Text(first, "user"), Is.EqualTo(Environment.UserName));
        Assert.That(first.GetProperty("uptime_seconds").GetInt64(), Is.InRange(0, 120));
        Assert.That((Text(second, "state"), Text(second, "role"), second.GetProperty("port").GetInt32()), Is.EqualTo(("stopped", "standby", 6543)));
        Assert.That(second.GetProperty("pid").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(Text(Named("broken"), "problem"), Does.Contain("broken.toml"));

        b.Start();
        string text = Pgrepl("list", "--config-dir", configs).Output;
        Assert.That(text, Does.Match($@"\nsecond +{b.Data.Path} +standby +{b.Port} +{b.PostmasterPid} +(ready|standby) "));

        JsonElement Named(string name) => nodes.Single(n => Text(n, "name") == name);
    }

    [Test]
    public void A_node_of_somebody_else_is_listed_with_its_user()
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Ignore("only root can be somebody else");
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start();
        (int code, string output, string errors) = Build.Run("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", Path.Combine(Build.Folder, "pgrepl"), "list"]);
        Assert.That(code, Is.Zero, errors);
        Assert.That(output, Does.Match($@"\n- +{a.Data.Path} +- +- +{a.PostmasterPid} +unreadable +.* +root "));
    }

    [Test]
    public void Top_prints_frames_with_rates_and_lag_and_draws_on_a_terminal()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start();
        using RunningProgram load = new("psql", "-X", "-q", "-d", a.Conninfo);
        load.Type("SELECT pg_logical_emit_message(true, 't', repeat('x', 1000)) \\watch 0.01");
        Eventually.Holds(() => load.Output.Split("(1 row)").Length > 3);
        string output = "";
        string[] frames = [];
        Func<string> third = () =>
        {
            (int code, output, string errors) = Pgrepl("top", "-D", a.Data.Path, "-d", "0.3", "-n", "3");
            Assert.That(code, Is.Zero, errors);
            frames = output.Split("pgrepl top - ", StringSplitOptions.RemoveEmptyEntries);
            Assert.That(frames, Has.Length.EqualTo(3));
            return frames[2];
        };
        Eventually.Holds(() => Regex.IsMatch(third(), @"\nwritten .*█.*  [1-9]\d* (bytes|kB)/s, most [1-9]\d* (bytes|kB)/s\n")); // a slow disk may write nothing for a third of a second
        Assert.That(frames[0], Does.Match(@"\nwritten +-, most 0 bytes/s\n"));
        Assert.That(frames[2], Does.Match(@"\nlag .*▁  0 s, most").And.Match(@"\n  flushed +0/").And.Match(@"\n  walwriter +\d+"));
        Assert.That(output, Does.Not.Contain("\e["));

        using RunningProgram terminal = new("script", "-qec", $"env TERM=xterm NO_COLOR= PG_COLOR= {Path.Combine(Build.Folder, "pgrepl")} top -D {a.Data.Path} -d 0.2", "/dev/null");
        Eventually.Holds(() => terminal.Output.Contains("\e[", StringComparison.Ordinal) && terminal.Output.Split("walwriter").Length > 3);
        a.Stop("immediate");
        Assert.That(Pgrepl("top", "-D", a.Data.Path, "-n", "1").Code, Is.EqualTo(3));
    }

    private static (int Code, string Output, string Errors) Pgrepl(params string[] arguments) => Build.Pgrepl(arguments);

    private static string? Text(JsonElement element, string key) => element.GetProperty(key).GetString();
}
