using Pgrepl.Cli.CommandLine;
using Pgrepl.Cli.Nodes;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Tests;

public sealed class CommandLineTests
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    [SetUp]
    public void Forget()
    {
        _output.GetStringBuilder().Clear();
        _error.GetStringBuilder().Clear();
    }

    [Test]
    public void Every_verb_has_help_with_an_example([Values("init", "start", "stop", "restart", "reload", "promote", "status", "check", "list", "top", "controldata", "waldump", "rejoin", "drill")] string verb)
    {
        Assert.That(Run(verb, "--help"), Is.EqualTo(ExitCodes.Ok), _error.ToString());
        Assert.That(_output.ToString(), Does.Match($"Examples?:\\n  pgrepl {verb}"));
    }

    [Test]
    public void The_examples_of_the_help_are_command_lines_that_parse([Values("init", "start", "stop", "restart", "reload", "promote", "status", "check", "controldata", "waldump", "rejoin")] string verb)
    {
        Run(verb, "--help");
        foreach (string example in _output.ToString().Split('\n').Where(line => line.StartsWith($"  pgrepl {verb}", StringComparison.Ordinal)))
        {
            string[] words = [.. System.CommandLine.Parsing.CommandLineParser.SplitCommandLine(example.Trim().Replace('\'', '"')).Skip(1)];
            int node = Array.FindIndex(words, word => word.StartsWith('/')); // its directory, or the file that names it
            words[node] = "/nonexistent/pgrepl"; // whatever it would do, it cannot here
            if (verb != "init")
                Assert.That(Run(words), Is.Not.EqualTo(ExitCodes.Usage), $"{example}\n{_error}");
        }
    }

    [TestCase("bogus")]
    [TestCase("status", "--bogus")]
    [TestCase("stop", "-D", "/x", "-m", "softly")]
    [TestCase("start", "-D", "/x", "-c", "novalue")]
    [TestCase("start", "-D", "/x", "-t", "soon")]
    [TestCase("init", "-D", "/x", "--wal-segsize", "3")]
    [TestCase("init", "-D", "/x", "--standby")]
    [TestCase("init", "-D", "/x", "--relay")]
    [TestCase("init", "-D", "/x", "--standby", "--relay", "--from", "host=h")]
    [TestCase("init", "-D", "/x", "--relay", "--from", "host=h", "--wal-segsize", "16")]
    [TestCase("init", "-D", "/x", "--from", "host=h")]
    [TestCase("init", "-D", "/x", "--slot", "s")]
    [TestCase("init", "-D", "/x", "--relay", "--from", "host=h", "--create-slot")]
    [TestCase("init", "-D", "/x", "-A", "gss")]
    [TestCase("init", "-D", "/x", "--standby", "--from", "host=h", "--wal-segsize", "16")]
    [TestCase("rejoin", "-D", "/x")]
    [TestCase("init", "-D", "/x", "--next-xid", "4294967298")]
    [TestCase("init", "-D", "/x", "--standby", "--from", "host=h", "--next-xid", "100")]
    [TestCase("drill", "--messages", "0")]
    [TestCase("drill", "--next-xid", "2")]
    [TestCase("drill", "--kill", "everybody")]
    [TestCase("drill", "--kill", "primary", "--planned")]
    public void A_wrong_command_line_is_exit_code_2(params string[] arguments)
    {
        Assert.That(Run(arguments), Is.EqualTo(ExitCodes.Usage));
        Assert.That(_error.ToString(), Does.StartWith("pgrepl: ").And.Contain("--help\" for more information."));
        Assert.That(_output.ToString(), Is.Empty);
    }

    [Test]
    public void No_arguments_at_all_is_exit_code_2() => Assert.That(Run(), Is.EqualTo(ExitCodes.Usage));

    [TestCase("--version")]
    [TestCase("-V")]
    public void Version_names_postgresql_too(string option)
    {
        Assert.That(Run(option), Is.EqualTo(ExitCodes.Ok));
        Assert.That(_output.ToString(), Does.Match("^pgrepl \\d+\\.\\d+\\.\\d+ .*PostgreSQL 15"));
    }

    [Test]
    public void Status_tells_no_directory_and_not_running_apart()
    {
        using var folder = new TestFolder();
        Assert.That(Run("status", "-D", $"{folder.Path}/nowhere"), Is.EqualTo(ExitCodes.NoDirectory));
        Assert.That(_error.ToString(), Is.EqualTo($"pgrepl: directory \"{folder.Path}/nowhere\" does not exist\n"));
        Forget();
        Assert.That(Run("status", "-D", folder.Path), Is.EqualTo(ExitCodes.NoDirectory));
        Assert.That(_error.ToString(), Is.EqualTo($"pgrepl: directory \"{folder.Path}\" is not a database cluster directory\n"));
        Forget();
        var cluster = new TestCluster(folder.Directory("a"));
        Assert.That(Run("status", "-D", cluster.Directory.Path), Is.EqualTo(ExitCodes.NotRunning));
        Assert.That(_output.ToString(), Does.StartWith("pgrepl: no server running\n").And.Contain("shut down"));
    }

    [Test]
    public void Status_as_json_holds_pid_file_and_control_file()
    {
        using var folder = new TestFolder();
        var cluster = new TestCluster(folder.Directory("a"));
        // pid 1 runs, and is nobody's child of ours.
        File.WriteAllText(cluster.Directory.PostmasterPid, $"1\n{cluster.Directory.Path}\n1700000000\n5433\n/tmp/x\nlocalhost\n       0         0\nstandby \n");
        Assert.That(Run("status", "-D", cluster.Directory.Path, "--json"), Is.EqualTo(ExitCodes.Ok));
        System.Text.Json.Nodes.JsonNode json = System.Text.Json.Nodes.JsonNode.Parse(_output.ToString())!;
        Assert.That((bool)json["running"]!, Is.True);
        Assert.That((int)json["pid"]!, Is.EqualTo(1));
        Assert.That((string)json["status"]!, Is.EqualTo("standby"));
        Assert.That((int)json["port"]!, Is.EqualTo(5433));
        Assert.That((string)json["start_time"]!, Is.EqualTo("2023-11-14T22:13:20Z"));
        Assert.That((string)json["system_identifier"]!, Is.EqualTo(cluster.Control.SystemId.ToString()));
        Assert.That((string)json["checkpoint"]!, Is.EqualTo("0/100028"));
        Assert.That((int)json["timeline"]!, Is.EqualTo(1));
    }

    [TestCase("stop")]
    [TestCase("reload")]
    [TestCase("promote")]
    public void A_verb_for_a_running_node_says_that_none_runs(string verb)
    {
        using var folder = new TestFolder();
        var cluster = new TestCluster(folder.Directory("a"));
        Assert.That(Run(verb, "-D", cluster.Directory.Path), Is.EqualTo(ExitCodes.Failed));
        Assert.That(_error.ToString(), Is.EqualTo($"pgrepl: PID file \"{cluster.Directory.PostmasterPid}\" does not exist\nIs server running?\n"));
    }

    [Test]
    public void The_pid_file_is_read_while_it_grows()
    {
        using var folder = new TestFolder();
        DataDirectory directory = folder.Directory(".");
        Assert.That(PidFile.Read(directory), Is.Null);
        File.WriteAllText(directory.PostmasterPid, "4711\n/data\n1700000000\n5432\n/run\n");
        Assert.That(PidFile.Read(directory), Is.EqualTo(new PidFile(4711, 1700000000, 5432, "/run", "", "")));
        File.AppendAllText(directory.PostmasterPid, "*\n 1 2\nready   \n");
        Assert.That(PidFile.Read(directory)!.IsUp, Is.True);
        Assert.That(PidFile.Read(directory)!.Conninfo, Is.EqualTo("host='/run' port=5432"));
        File.WriteAllText(directory.PostmasterPid, "");
        Assert.That(() => PidFile.Read(directory), Throws.Exception.Message.EndsWith("is empty"));
        File.WriteAllText(directory.PostmasterPid, "no number\n");
        Assert.That(() => PidFile.Read(directory), Throws.Exception.Message.StartsWith("invalid data in PID file"));
    }

    private int Run(params string[] arguments) => CommandTree.Run(arguments, new Terminal(_output, _error, CancellationToken.None));
}
