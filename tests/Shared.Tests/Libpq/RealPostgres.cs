using System.Diagnostics;
using Pgrepl.Shared.Libpq;

namespace Pgrepl.Shared.Tests.Libpq;

/// <summary>A PostgreSQL 15 of its own: trust, a Unix socket alone, no fsync; gone with its directory at Dispose.</summary>
/// <remarks>PostgreSQL refuses root, so as root it runs as user postgres.</remarks>
internal sealed class RealPostgres : IDisposable
{
    internal const string Binaries = "/usr/lib/postgresql/15/bin";

    private readonly string _folder;
    private Process? _server;

    internal RealPostgres()
    {
        if (!File.Exists($"{Binaries}/initdb"))
            Assert.Fail($"needs PostgreSQL 15 in {Binaries}");
        _folder = Directory.CreateTempSubdirectory("pgl").FullName;
        if (Environment.IsPrivilegedProcess)
            Run("chown", "postgres", _folder);
        RunAsOwner($"{Binaries}/initdb", "-D", DataDirectory, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C");
        Start();
    }

    internal string DataDirectory => $"{_folder}/data";

    internal string SocketDirectory => _folder;

    internal string Conninfo => $"host={_folder} port=5432 user=postgres dbname=postgres";

    internal string ReplicationConninfo => $"host={_folder} port=5432 user=postgres replication=true";

    internal void Start()
    {
        _server = Begin([$"{Binaries}/postgres", "-D", DataDirectory, "-k", _folder, "-c", "listen_addresses=", "-c", "fsync=off",
            "-c", "wal_level=logical", "-c", "wal_keep_size=1GB", "-c", "logging_collector=off"]);
        var limit = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                PgClient.Connect(Conninfo, TimeSpan.FromSeconds(5)).Dispose();
                return;
            }
            catch (PgException e)
            {
                Assert.That(_server.HasExited, Is.False, "postgres has exited");
                Assert.That(limit.Elapsed, Is.LessThan(TimeSpan.FromSeconds(30)), e.Message);
                _server.WaitForExit(20);
            }
        }
    }

    /// <summary>A fast shutdown, waited for.</summary>
    internal void Stop()
    {
        if (_server is { HasExited: false } server)
        {
            RunAsOwner($"{Binaries}/pg_ctl", "stop", "-D", DataDirectory, "-m", "fast", "-w");
            server.WaitForExit(30_000);
        }
        _server?.Dispose();
        _server = null;
    }

    internal void Promote() => RunAsOwner($"{Binaries}/pg_ctl", "promote", "-D", DataDirectory, "-w");

    internal string RunAsOwner(params string[] command)
    {
        using Process process = Begin(command, capture: true);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, $"{string.Join(' ', command)}\n{output}{errors.Result}");
        return output;
    }

    public void Dispose()
    {
        Stop();
        Directory.Delete(_folder, recursive: true);
    }

    private static void Run(string command, params string[] arguments)
    {
        using var process = Process.Start(command, arguments);
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, command);
    }

    private static Process Begin(string[] command, bool capture = false)
    {
        if (Environment.IsPrivilegedProcess)
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", .. command];
        var start = new ProcessStartInfo(command[0]) { RedirectStandardOutput = capture, RedirectStandardError = capture, WorkingDirectory = "/" };
        if (!capture)
        {
            // A server outlives no test, but its log is of no use to one that passes.
            start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = "/" };
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add("exec \"$@\" >/dev/null 2>&1");
            start.ArgumentList.Add("sh");
            foreach (string argument in command)
                start.ArgumentList.Add(argument);
            return Process.Start(start)!;
        }
        foreach (string argument in command.AsSpan(1))
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }
}
