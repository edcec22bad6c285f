using Pgrepl.Shared.Processes;

namespace Pgrepl.Shared.Tests.Processes;

/// <summary>The log line, as PostgreSQL writes it.</summary>
[NonParallelizable]
public sealed class ServerLogTests
{
    private const string Prefix = @"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC \[\d+\] ";

    private string? _journal;

    [SetUp]
    public void ForgetJournal()
    {
        _journal = Environment.GetEnvironmentVariable("JOURNAL_STREAM");
        Environment.SetEnvironmentVariable("JOURNAL_STREAM", null);
    }

    [TearDown]
    public void RestoreJournal() => Environment.SetEnvironmentVariable("JOURNAL_STREAM", _journal);

    [Test]
    public void A_line_has_time_pid_severity_and_text() => Assert.That(
        Written(log => log.Log("started streaming WAL from primary at 0/3000000 on timeline 1")),
        Does.Match($"^{Prefix}LOG:  started streaming WAL from primary at 0/3000000 on timeline 1\n$").And.Contain($" [{Environment.ProcessId}] "));

    [Test]
    public void Detail_and_hint_are_lines_of_their_own() => Assert.That(
        Written(log => log.Fatal(new PgException(SqlStates.DiskFull, "could not write", "There is no room.", "Make some."))),
        Does.Match($"^{Prefix}FATAL:  could not write\n{Prefix}DETAIL:  There is no room\\.\n{Prefix}HINT:  Make some\\.\n$"));

    [Test]
    public void Every_severity_has_PostgreSQLs_name()
    {
        string[] lines = Written(log =>
        {
            log.Warning("w");
            log.Error(new PgException(SqlStates.IoError, "e"));
            log.Fatal("f");
            log.Panic("p");
        }).Split('\n');
        Assert.That(lines.SkipLast(1).Select(line => line[(line.IndexOf(']', StringComparison.Ordinal) + 2)..]),
            Is.EqualTo(["WARNING:  w", "ERROR:  e", "FATAL:  f", "PANIC:  p"]));
    }

    [Test]
    public void Braces_in_a_text_are_only_braces() =>
        Assert.That(Written(log => log.Log("{0} {name} {{x}}")), Does.EndWith("LOG:  {0} {name} {{x}}\n"));

    [Test]
    public void The_lines_of_a_long_text_are_indented() =>
        Assert.That(Written(log => log.Log("first\nsecond\nthird")), Does.EndWith("LOG:  first\n\tsecond\n\tthird\n"));

    [Test]
    public void Debug_is_silent_until_asked_for()
    {
        Assert.That(Written(log => log.Debug("d")), Is.Empty);
        Assert.That(Written(log =>
        {
            log.Level.MinimumLevel = Serilog.Events.LogEventLevel.Debug;
            log.Debug("d");
        }), Does.EndWith("DEBUG:  d\n"));
    }

    [Test]
    public void Under_systemd_every_line_has_its_priority()
    {
        Environment.SetEnvironmentVariable("JOURNAL_STREAM", "8:12345");
        Assert.That(Written(log => log.Warning("a\nb", hint: "H.")), Does.Match($"^<4>{Prefix}WARNING:  a\n<4>\tb\n<4>{Prefix}HINT:  H\\.\n$"));
        Assert.That(Written(log => log.Log("a")), Does.StartWith("<6>"));
    }

    private static string Written(Action<ServerLog> write)
    {
        TextWriter before = Console.Error;
        using StringWriter captured = new();
        Console.SetError(captured);
        try
        {
            using ServerLog log = new();
            write(log);
        }
        finally
        {
            Console.SetError(before);
        }
        return captured.ToString();
    }
}
