namespace Pgrepl.Interop.Tests.WalDump;

/// <summary>pgrepl waldump -f beside a server that writes on.</summary>
public sealed class WaldumpFollowTests
{
    private static readonly Dictionary<string, string> InEnglish = new() { ["LC_ALL"] = "C" };

    [Test, CancelAfter(240_000)]
    public void Follow_shows_what_a_server_goes_on_to_write_until_it_is_interrupted()
    {
        using PostgresServer server = PostgresServer.Primary(1, "autovacuum = off").Start();
        server.Ask("CREATE TABLE filler AS SELECT 0 AS n, '' AS text");
        string start = server.Ask("SELECT pg_current_wal_lsn()")!;
        // What a script starts in the background ignores SIGINT, and so does all that it starts.
        using RunningProgram follower = new("env", "--default-signal=INT", Path.Combine(Build.Folder, "pgrepl"), "waldump", "-f", "-p", server.Wal, "-s", start);

        // A piece at a time, each seen before the next: the end of WAL is met in the middle of a page and of segments.
        for (int piece = 1; piece <= 3; piece++)
        {
            server.Ask("INSERT INTO filler SELECT n, repeat('x', 1500) FROM generate_series(1, 500) n");
            string record = LastRecord(server, start, server.Ask("SELECT pg_current_wal_flush_lsn()")!);
            Eventually.Holds(() => follower.Output.Contains(record, StringComparison.Ordinal), TimeSpan.FromMinutes(1));
            Assert.That(follower.HasExited, Is.False);
        }
        server.Stop();
        Eventually.Holds(() => follower.Output.Contains("CHECKPOINT_SHUTDOWN", StringComparison.Ordinal), TimeSpan.FromMinutes(1));
        follower.Interrupt();
        Assert.That(follower.End(), Is.Zero, follower.Output);

        (int code, string output, string errors) = Build.Run(PostgresTools.Find("pg_waldump"), ["-p", server.Wal, "-s", start], environment: InEnglish);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(errors, Does.Contain("error in WAL record"), "it reads to the end, which is its error");
        Assert.That(output.Split('\n').Length, Is.GreaterThan(1500));
        Assert.That(follower.Output == output, "what it showed is what pg_waldump shows afterwards");
    }

    /// <summary>How the last record before a position names itself.</summary>
    private static string LastRecord(PostgresServer server, string from, string to)
    {
        (_, string output, _) = Build.Run(PostgresTools.Find("pg_waldump"), ["-p", server.Wal, "-s", from, "-e", to], environment: InEnglish);
        string line = output.TrimEnd('\n').Split('\n')[^1];
        return line.Substring(line.IndexOf("lsn: ", StringComparison.Ordinal), "lsn: 0/00000000".Length);
    }
}
