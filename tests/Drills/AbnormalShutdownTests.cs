using System.Diagnostics;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Drills.Tests;

/// <summary>A shutdown that went wrong does not call itself a shutdown.</summary>
public sealed class AbnormalShutdownTests
{
    [Test]
    public void A_crash_during_the_shutdown_checkpoint_is_said_and_exits_1()
    {
        using TestNode node = TestNode.Primary();
        ProcessStartInfo start = new(Path.Combine(Build.Folder, "pgrepl-postmaster"), ["-D", node.Data.Path]) { RedirectStandardError = true };
        using Process postmaster = Process.Start(start)!;
        Task<string> log = postmaster.StandardError.ReadToEndAsync();
        Eventually.Holds(() => node.Serves);
        int walWriter = node.Children("walwriter").Single();

        ProcessCalls.Kill(walWriter, Signal.SIGSTOP);
        ProcessCalls.Kill(postmaster.Id, Signal.SIGINT);
        Eventually.Holds(() => HasPending(walWriter, Signal.SIGUSR2)); // told to write the shutdown checkpoint, and cannot
        ProcessCalls.Kill(walWriter, Signal.SIGKILL);

        Assert.That(postmaster.WaitForExit(30_000), Is.True);
        Assert.That(postmaster.ExitCode, Is.EqualTo(1), log.Result);
        Assert.That(log.Result, Does.Contain("LOG:  abnormal database system shutdown").And.Not.Contains("database system is shut down"));
        Assert.That(node.Control.State, Is.EqualTo(DatabaseState.InProduction), "no checkpoint: the next start recovers");
    }

    private static bool HasPending(int pid, int signal) => File.ReadLines($"/proc/{pid}/status")
        .Any(line => line.StartsWith("ShdPnd:", StringComparison.Ordinal) && (Convert.ToUInt64(line[7..].Trim(), 16) & 1UL << (signal - 1)) != 0);
}
