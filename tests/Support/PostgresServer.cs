using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Native;

namespace Pgrepl.TestSupport;

/// <summary>A real PostgreSQL 15 of a test, in a folder of its own, on a Unix socket alone; gone with its folder at Dispose.</summary>
/// <remarks>PostgreSQL refuses root, so as root it runs as user postgres. No fsync: a test kills processes, not machines.</remarks>
public sealed class PostgresServer : IDisposable
{
    private const int Port = 5432;

    private PostgresServer()
    {
        Folder = Directory.CreateTempSubdirectory("pgrepl-pg-").FullName;
        if (Environment.IsPrivilegedProcess)
            Build.Expect(Build.Run("chown", ["postgres", Folder]));
    }

    /// <summary>Holds the socket, the log and <see cref="Data"/>.</summary>
    public string Folder { get; }

    public string Data => Path.Combine(Folder, "data");
    public string Wal => Path.Combine(Data, "pg_wal");
    public string Conninfo => $"host={Folder} port={Port} user=postgres dbname=postgres";

    private string LogFile => Path.Combine(Folder, "log");

    /// <summary>A fresh primary that keeps 1 GB of WAL; not started.</summary>
    /// <param name="segmentMegabytes">Size of a WAL segment, in MB.</param>
    /// <param name="settings">Lines for postgresql.conf.</param>
    public static PostgresServer Primary(int segmentMegabytes = 16, params string[] settings)
    {
        PostgresServer server = new();
        Build.Expect(PostgresTools.RunAsOwner("initdb", "-D", server.Data, "-A", "trust", "-U", "postgres", "-N", "-E", "UTF8", "--locale=C", $"--wal-segsize={segmentMegabytes}"));
        server.Prepare(["wal_keep_size = 1GB", .. settings]);
        return server;
    }

    /// <summary>A base backup of this server, which must run, without any WAL; not started.</summary>
    public PostgresServer Backup(params string[] settings)
    {
        PostgresServer server = new();
        Build.Expect(PostgresTools.RunAsOwner("pg_basebackup", "-D", server.Data, "-d", Conninfo, "-X", "none", "-c", "fast", "-N"));
        server.Prepare(settings);
        return server;
    }

    /// <summary>A standby made from this server, which must run, by pg_basebackup; not started. No WAL comes with it: all of it comes from the upstream.</summary>
    /// <param name="upstream">primary_conninfo.</param>
    public PostgresServer Standby(string upstream)
    {
        PostgresServer server = Backup($"primary_conninfo = '{upstream}'", "wal_retrieve_retry_interval = 100ms");
        File.WriteAllText(Path.Combine(server.Data, "standby.signal"), "");
        return server;
    }

    public PostgresServer Start()
    {
        (int code, string output, string errors) = PostgresTools.RunAsOwner("pg_ctl", "start", "-w", "-D", Data, "-l", LogFile);
        Assert.That(code, Is.Zero, $"{output}{errors}{Log}");
        return this;
    }

    public void Stop(string mode = "fast") => Build.Expect(PostgresTools.RunAsOwner("pg_ctl", "stop", "-w", "-D", Data, "-m", mode));

    /// <summary>This server, which must run, becomes its own successor on a new timeline.</summary>
    public void Promote()
    {
        Stop();
        File.WriteAllText(Path.Combine(Data, "standby.signal"), "");
        Start();
        Build.Expect(PostgresTools.RunAsOwner("pg_ctl", "promote", "-w", "-D", Data));
    }

    /// <summary>SIGKILL to the postmaster and all its children at once: a lost host.</summary>
    public void KillAll()
    {
        int postmaster = int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First());
        int[] all = [postmaster, .. ProcessFacts.ChildrenOf(postmaster)];
        foreach (int pid in all)
            ProcessCalls.Kill(pid, Signal.SIGKILL);
        Eventually.Holds(() => all.All(pid => !TestNode.IsRunning(pid)));
    }

    public PgClient Connect() => PgClient.Connect(Conninfo, TimeSpan.FromSeconds(10));

    /// <summary>Appends to postgresql.conf; a reload is the caller's.</summary>
    public void Configure(params IEnumerable<string> lines) => File.AppendAllLines(Path.Combine(Data, "postgresql.conf"), lines);

    /// <summary>First column of the first row, as text.</summary>
    public string? Ask(string sql) => Sql.Ask(Conninfo, sql);

    /// <summary>As Ask, but null while the server cannot answer.</summary>
    public string? TryAsk(string sql) => Sql.TryAsk(Conninfo, sql);

    public void Dispose()
    {
        if (File.Exists(Path.Combine(Data, "postmaster.pid")))
            PostgresTools.RunAsOwner("pg_ctl", "stop", "-w", "-D", Data, "-m", "immediate");
        TestContext.Out.WriteLine($"--- {LogFile}\n{Log}"); // shown when the test fails
        Directory.Delete(Folder, recursive: true);
    }

    private string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    private void Prepare(params IEnumerable<string> lines) => Configure(
        ["listen_addresses = ''", $"unix_socket_directories = '{Folder}'", $"port = {Port}", "fsync = off", "TimeZone = UTC", "logging_collector = off", .. lines]);
}
