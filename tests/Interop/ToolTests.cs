using System.Text.RegularExpressions;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests;

/// <summary>Every tool of PostgreSQL 15 that an operator has at hand, run once against a started node. Each has tests of its own beside this one.</summary>
public sealed class ToolTests
{
    private TestNode _node = null!;
    private Lsn _message; // its commit follows

    [OneTimeSetUp]
    public void Start()
    {
        _node = TestNode.Primary(segmentMegabytes: 1, ordinaryUser: true).Start();
        _node.Emit("hello");
        _node.Ask("SELECT pg_switch_wal()");
        _message = _node.Emit("world");
    }

    [OneTimeTearDown]
    public void Stop() => _node.Dispose();

    [TestCase("psql", @"^ \d+:\w+ \n", "-X", "-d", "{conninfo}", "-At", "-c", "SELECT ' ' || 1 || ':' || pg_backend_pid() || ' '")]
    [TestCase("pg_isready", "- accepting connections\n$", "-t", "60", "-d", "{conninfo}")]
    [TestCase("pg_controldata", @"^Database cluster state: +in production$", "{data}")]
    [TestCase("pg_ctl", @"^pg_ctl: server is running \(PID: \d+\)$", "status", "-D", "{data}")]
    [TestCase("pg_waldump", @"MESSAGE transactional, prefix ""t""; payload \(5 bytes\): 68 65 6C 6C 6F$", "{wal}/000000010000000000000001")]
    [TestCase("pgbench", @"number of transactions actually processed: 20/20$", "-n", "-f", "{script}", "-c", "2", "-t", "10", "{conninfo}")]
    [TestCase("pg_receivewal", @"stopped log streaming at 0/\w+ \(timeline 1\)$", "-v", "--no-loop", "-d", "{conninfo}", "-D", "{folder}", "--endpos", "{message}")]
    [TestCase("pg_receivewal", "^$", "--create-slot", "--slot", "spine", "-d", "{conninfo}")]
    public void A_tool_ends_well_and_says_what_it_says_of_a_PostgreSQL(string tool, string expected, params string[] arguments)
    {
        (int code, string output, string errors) = Run(tool, arguments);
        Assert.That(code, Is.Zero, output + errors);
        Assert.That(output + errors, Does.Match(new Regex(expected, RegexOptions.Multiline)));
    }

    [TestCase("pg_recvlogical", "logical decoding is not supported by this node", "-d", "{conninfo}", "--slot", "l", "--create-slot")]
    [TestCase("pg_recvlogical", "logical decoding is not supported by this node", "-d", "{conninfo}", "--slot", "l", "--start", "--no-loop", "-f", "-")]
    [TestCase("pg_basebackup", "base backups are not supported by this node", "-d", "{conninfo}", "-D", "{folder}/backup", "-X", "none")]
    public void What_a_log_cluster_does_not_do_is_refused_clearly(string tool, string expected, params string[] arguments)
    {
        (int code, string output, string errors) = Run(tool, arguments);
        Assert.That(code, Is.EqualTo(1), output + errors);
        Assert.That(errors, Does.Match("ERROR:  " + expected));
        Assert.That(errors, Does.Contain("HINT:  "));
    }

    private (int Code, string Output, string Errors) Run(string tool, string[] arguments)
    {
        string folder = Directory.CreateTempSubdirectory("pgrepl-tool-").FullName;
        try
        {
            string script = Path.Combine(folder, "emit.sql");
            File.WriteAllText(script, "SELECT pg_logical_emit_message(true, 'bench', repeat('x', 200));\n");
            string Fill(string argument) => argument.Replace("{conninfo}", _node.Conninfo).Replace("{data}", _node.Data.Path).Replace("{wal}", _node.Data.Wal)
                .Replace("{folder}", folder).Replace("{script}", script).Replace("{message}", _message.ToString());
            return tool == "pg_ctl" ? PostgresTools.RunAsOwner(tool, arguments.Select(Fill)) : PostgresTools.Run(tool, arguments.Select(Fill));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
