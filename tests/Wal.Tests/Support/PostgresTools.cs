using System.Diagnostics;
using System.Text;

namespace Pgrepl.Wal.Tests;

/// <summary>Runs programs of a real PostgreSQL 15.</summary>
internal static class PostgresTools
{
    private static string Folder => Environment.GetEnvironmentVariable("PGREPL_PG15_BIN") is { Length: > 0 } folder ? folder : "/usr/lib/postgresql/15/bin";

    public static string Find(string program)
    {
        string path = Path.Combine(Folder, program);
        if (!File.Exists(path))
            Assert.Fail($"this test needs {path} (Debian package postgresql-15; PGREPL_PG15_BIN names another folder)");
        return path;
    }

    public static ProgramOutput Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = "/" };
        start.Environment["TZ"] = "UTC";
        start.Environment["LC_ALL"] = "C";
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        var errors = new StringBuilder();
        process.ErrorDataReceived += (_, line) => errors.Append(line.Data is null ? "" : line.Data + "\n");
        process.BeginErrorReadLine();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new ProgramOutput(process.ExitCode, output.Split('\n', StringSplitOptions.RemoveEmptyEntries), errors.ToString().TrimEnd('\n'));
    }

    /// <summary>Runs a shell line as a user that PostgreSQL's programs accept: ourselves, or postgres when we are root.</summary>
    public static ProgramOutput RunAsOwner(string line) =>
        Environment.UserName == "root" ? Run("su", "postgres", "-s", "/bin/sh", "-c", line) : Run("/bin/sh", "-c", line);
}

internal sealed record ProgramOutput(int ExitCode, string[] Lines, string Errors);
