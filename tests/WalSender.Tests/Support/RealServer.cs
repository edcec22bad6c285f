using System.Diagnostics;
using System.Net.Sockets;

namespace Pgrepl.WalSender.Tests;

/// <summary>A real PostgreSQL 15 in a temporary directory, and raw connections to it.</summary>
internal sealed class RealServer : IDisposable
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), "pgrepl-sql-" + Guid.NewGuid().ToString("N")[..8]);
    private readonly string _bin = Environment.GetEnvironmentVariable("PGREPL_PG15_BIN") is { Length: > 0 } folder ? folder : "/usr/lib/postgresql/15/bin";

    public RealServer()
    {
        if (!File.Exists(Path.Combine(_bin, "postgres")))
            Assert.Fail($"this test needs {_bin}/postgres (Debian package postgresql-15; PGREPL_PG15_BIN names another folder)");
        Shell($"mkdir -m 700 {_directory} && {_bin}/initdb -D {_directory}/data -U postgres -A trust -E UTF8 --locale=C -N >/dev/null && {_bin}/pg_ctl -D {_directory}/data -l {_directory}/log -w start "
            + $"-o \"-c listen_addresses='' -c unix_socket_directories={_directory} -c fsync=off -c TimeZone=UTC -c wal_level=logical\" >/dev/null && chmod 755 {_directory}");
    }

    public Connection Connect(params string[] parameters) => new(Path.Combine(_directory, ".s.PGSQL.5432"), parameters);

    public void Dispose() => Shell($"{_bin}/pg_ctl -D {_directory}/data -m immediate stop >/dev/null; rm -rf {_directory}");

    /// <summary>As a user that PostgreSQL's programs accept: ourselves, or postgres when we are root.</summary>
    private static void Shell(string line)
    {
        string[] command = Environment.UserName == "root" ? ["su", "postgres", "-s", "/bin/sh", "-c", line] : ["/bin/sh", "-c", line];
        using Process process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true, WorkingDirectory = "/" })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, errors);
    }

    internal sealed class Connection : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 20_000 };
        private byte[] _received = [];

        public Connection(string path, string[] parameters)
        {
            _socket.Connect(new UnixDomainSocketEndPoint(path));
            _socket.Send(FrontendMessages.Startup(["user", "postgres", "database", "postgres", .. parameters]));
            Read(1);
        }

        public List<string> Send(FrontendMessages messages, int readyForQuery = 1)
        {
            _socket.Send(messages.Bytes);
            List<string> lines = Read(readyForQuery);
            lines.RemoveAll(line => line.StartsWith("S ", StringComparison.Ordinal));
            return lines;
        }

        public void Dispose() => _socket.Dispose();

        private List<string> Read(int readyForQuery)
        {
            var lines = new List<string>();
            byte[] buffer = new byte[65536];
            while (lines.Count(line => line.StartsWith("Z ", StringComparison.Ordinal)) < readyForQuery)
            {
                int got = _socket.Receive(buffer);
                if (got == 0)
                    break;
                _received = [.. _received, .. buffer.AsSpan(0, got)];
                lines.AddRange(BackendMessages.Decode(_received, out int consumed));
                _received = _received[consumed..];
            }
            return lines;
        }
    }
}
