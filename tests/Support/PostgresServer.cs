using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Native;

namespace Pgrepl.TestSupport;

/// <summary>A real PostgreSQL of a test, in a folder of its own, on a Unix socket alone; gone with its folder at Dispose. Debian's 15, or one of tests/get-postgres.sh.</summary>
/// <remarks>PostgreSQL refuses root, so as root it runs as user postgres. No fsync: a test kills processes, not machines.</remarks>
public sealed partial class PostgresServer : IDisposable
{
    private const int Port = 5432;

    private readonly string _programs;

    private PostgresServer(string programs, int major)
    {
        _programs = programs;
        Major = major;
        Folder = Directory.CreateTempSubdirectory("pgrepl-pg-").FullName;
        if (Environment.IsPrivilegedProcess)
            Build.Expect(Build.Run("chown", ["postgres", Folder]));
    }

    public int Major { get; }

    /// <summary>Holds the socket, the log and <see cref="Data"/>.</summary>
    public string Folder { get; }

    public string Data => Path.Combine(Folder, "data");
    public string Wal => Path.Combine(Data, "pg_wal");
    public string Conninfo => $"host={Folder} port={Port} user=postgres dbname=postgres";
    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    private string LogFile => Path.Combine(Folder, "log");

    /// <summary>A fresh primary of 15 that keeps 1 GB of WAL; not started.</summary>
    /// <param name="segmentMegabytes">Size of a WAL segment, in MB.</param>
    /// <param name="settings">Lines for postgresql.conf.</param>
    public static PostgresServer Primary(int segmentMegabytes = 16, params string[] settings) =>
        new PostgresServer(PostgresTools.Folder, 15).Initialised(segmentMegabytes, settings);

    private PostgresServer Initialised(int segmentMegabytes, string[] settings)
    {
        Build.Expect(Run("initdb", ["-D", Data, "-A", "trust", "-U", "postgres", "-N", "-E", "UTF8", "--locale=C", .. Major == 10 ? Array.Empty<string>() : [$"--wal-segsize={segmentMegabytes}"]]));
        Prepare([$"{KeepSetting} = {(Major >= 13 ? "1GB" : $"{1024 / segmentMegabytes}")}", .. settings]);
        return this;
    }

    /// <summary>A base backup of this server, which must run, without any WAL; not started.</summary>
    public PostgresServer Backup(params string[] settings)
    {
        PostgresServer server = new(_programs, Major);
        if (_programs == PostgresTools.Folder)
            Build.Expect(PostgresTools.RunAsOwner("pg_basebackup", "-D", server.Data, "-d", Conninfo, "-X", "none", "-c", "fast", "-N"));
        else
            CopyTo(server);
        server.Prepare(settings);
        return server;
    }

    /// <summary>A standby made from this server, which must run; not started. No WAL comes with it: all of it comes from the upstream.</summary>
    /// <param name="upstream">primary_conninfo.</param>
    public PostgresServer Standby(string upstream)
    {
        PostgresServer server = Backup("wal_retrieve_retry_interval = 100ms", "hot_standby = on");
        if (Major >= 12)
        {
            server.Configure($"primary_conninfo = '{upstream}'");
            server.Put("standby.signal", "");
        }
        else
            server.Put("recovery.conf", $"standby_mode = 'on'\nprimary_conninfo = '{upstream}'\nrecovery_target_timeline = 'latest'\n");
        return server;
    }

    /// <summary>Another server with the same files; neither may run.</summary>
    public PostgresServer Copy()
    {
        PostgresServer server = new(_programs, Major);
        Build.Expect(Build.Run("cp", ["-a", Data, server.Data]));
        server.Configure($"unix_socket_directories = '{server.Folder}'");
        return server;
    }

    /// <summary>From its next start this standby streams through this slot of its upstream.</summary>
    public void UseSlot(string name) => File.AppendAllText(Path.Combine(Data, Major >= 12 ? "postgresql.conf" : "recovery.conf"), $"primary_slot_name = '{name}'\n");

    /// <summary>At its next start, of what its settings say; 12 and later.</summary>
    public void BecomeStandby() => Put("standby.signal", "");

    public PostgresServer Start()
    {
        (int code, string output, string errors) = Run("pg_ctl", "start", "-w", "-D", Data, "-l", LogFile);
        Assert.That(code, Is.Zero, $"{output}{errors}{Log}");
        return this;
    }

    public void Stop(string mode = "fast") => Build.Expect(Run("pg_ctl", "stop", "-w", "-D", Data, "-m", mode));

    /// <summary>This server, which must run, becomes its own successor on a new timeline.</summary>
    public void Promote()
    {
        Stop();
        StartAsStandby();
        PromoteStandby();
    }

    /// <summary>A standby of nobody.</summary>
    public void StartAsStandby()
    {
        if (Major >= 12)
            Put("standby.signal", "");
        else
            Put("recovery.conf", "standby_mode = 'on'\nrecovery_target_timeline = 'latest'\n");
        Start();
    }

    public void PromoteStandby() => Build.Expect(Run("pg_ctl", "promote", "-w", "-D", Data));

    /// <summary>SIGKILL to the postmaster and all its children at once: a lost host.</summary>
    public void KillAll()
    {
        int postmaster = int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First());
        ProcessCalls.Kill(postmaster, Signal.SIGSTOP); // it forks no more
        Eventually.Holds(() => ProcessFacts.IsStopped(postmaster) || !TestNode.IsRunning(postmaster));
        int[] all = [postmaster, .. ProcessFacts.ChildrenOf(postmaster)];
        foreach (int pid in all)
            ProcessCalls.Kill(pid, Signal.SIGKILL);
        Eventually.Holds(() => all.All(pid => !TestNode.IsRunning(pid)) && !Directory.Exists($"/proc/{postmaster}")); // to the next postmaster a zombie is alive
    }

    public PgClient Connect() => PgClient.Connect(Conninfo, TimeSpan.FromSeconds(60));

    /// <summary>Appends to postgresql.conf; a reload is the caller's.</summary>
    public void Configure(params IEnumerable<string> lines) => File.AppendAllLines(Path.Combine(Data, "postgresql.conf"), lines);

    /// <summary>First column of the first row, as text.</summary>
    public string? Ask(string sql) => Sql.Ask(Conninfo, sql);

    /// <summary>As Ask, but null while the server cannot answer.</summary>
    public string? TryAsk(string sql) => Sql.TryAsk(Conninfo, sql);

    public void Dispose()
    {
        if (File.Exists(Path.Combine(Data, "postmaster.pid")))
            Run("pg_ctl", "stop", "-w", "-D", Data, "-m", "immediate");
        TestContext.Out.WriteLine($"--- {LogFile}\n{Log}"); // shown when the test fails
        Directory.Delete(Folder, recursive: true);
    }

    private (int Code, string Output, string Errors) Run(string program, params IEnumerable<string> arguments) =>
        PostgresTools.RunPathAsOwner(Path.Combine(_programs, program), arguments);

    /// <summary>A file of the data directory; the server, another user, may write it.</summary>
    private void Put(string name, string text)
    {
        string path = Path.Combine(Data, name);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, (UnixFileMode)0b110_110_110);
    }

    private void Prepare(params IEnumerable<string> lines) => Configure(
        ["listen_addresses = ''", $"unix_socket_directories = '{Folder}'", $"port = {Port}", "fsync = off", "TimeZone = UTC", "logging_collector = off", .. lines]);
}
