using System.Diagnostics;

namespace Pgrepl.Shared.Tests.Storage;

/// <summary>PostgreSQL 15's programs, run as their user when the tests run as root. Missing: the test is left out, in CI it fails.</summary>
internal static class RealPostgres
{
    private const string Bin = "/usr/lib/postgresql/15/bin";

    public static void Require()
    {
        if (File.Exists($"{Bin}/initdb"))
            return;
        if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
            Assert.Fail($"PostgreSQL 15 is not in {Bin}");
        Assert.Ignore($"PostgreSQL 15 is not in {Bin}");
    }

    /// <returns>What it printed; a failure fails the test.</returns>
    public static string Run(string program, params string[] arguments)
    {
        bool root = Environment.UserName == "root";
        var start = new ProcessStartInfo(root ? "runuser" : $"{Bin}/{program}") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in root ? ["-u", "postgres", "--", $"{Bin}/{program}", .. arguments] : arguments)
            start.ArgumentList.Add(argument);
        start.Environment["LC_ALL"] = "C";
        start.WorkingDirectory = "/";
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, $"{program}: {output}{error.Result}");
        return output + error.Result;
    }
}
