using System.Diagnostics;
using System.Text.RegularExpressions;
using Pgrepl.Shared.Native;

namespace Pgrepl.Drills.Tests;

public sealed class SystemdNotifyTests
{
    [Test]
    public void A_standby_tells_systemd_of_its_start_reload_promotion_and_end()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start();
        using TestNode b = a.Standby();
        using NotifySocket systemd = new($"@{b.Folder}/notify");
        b.AddEnvironment([new("NOTIFY_SOCKET", $"@{b.Folder}/notify"), new("WATCHDOG_USEC", "60000000")]);
        b.Start();
        Eventually.Holds(() => systemd.News.Contains("READY=1") && systemd.News.Contains("STATUS=standby, timeline 1, streaming"));
        Assert.That(systemd.News.Count(m => m == "READY=1"), Is.EqualTo(1));
        foreach (int pid in (int[])[.. b.Children("startup"), .. b.Children("walwriter"), .. b.Children("walreceiver"), .. b.Children("walsender")])
            Assert.That(ProcessFacts.TryRead($"/proc/{pid}/environ"), Does.Not.Contain("NOTIFY_SOCKET").And.Not.Contain("WATCHDOG"), "a child must not speak for the postmaster");

        int before = systemd.News.Length;
        long asked = Stopwatch.GetTimestamp() / 1000;
        ProcessCalls.Kill(b.PostmasterPid!.Value, Signal.SIGHUP);
        Eventually.Holds(() => systemd.News.Length >= before + 2);
        Match reloading = Regex.Match(systemd.News[before], @"^RELOADING=1\nMONOTONIC_USEC=(\d+)$");
        Assert.That(reloading.Success, systemd.News[before]);
        Assert.That(long.Parse(reloading.Groups[1].Value), Is.InRange(asked, Stopwatch.GetTimestamp() / 1000), "microseconds of CLOCK_MONOTONIC");
        Assert.That(systemd.News[before + 1], Is.EqualTo("READY=1"));

        Eventually.Holds(() => a.Streams("b"));
        Assert.That(b.Ask("SELECT pg_promote(true, 120)"), Is.EqualTo("t"));
        Eventually.Holds(() => systemd.News.Last() == "STATUS=primary, timeline 2, accepting connections");
        b.Stop();
        Assert.That(systemd.News[^2..], Is.EqualTo(new[] { "STATUS=shutting down", "STOPPING=1" }));
    }

    [Test]
    public void A_stopped_postmaster_sends_no_watchdog_message()
    {
        using TestNode node = TestNode.Primary(segmentMegabytes: 1);
        using NotifySocket systemd = new($"{node.Folder}/notify");
        node.AddEnvironment([new("NOTIFY_SOCKET", $"{node.Folder}/notify"), new("WATCHDOG_USEC", "200000")]);
        node.Start();
        Eventually.Holds(() => systemd.Messages.Count(m => m == "WATCHDOG=1") >= 3);
        int postmaster = node.PostmasterPid!.Value;
        ProcessCalls.Kill(postmaster, Signal.SIGSTOP);
        Eventually.Holds(() => ProcessFacts.IsStopped(postmaster));
        int before = systemd.Messages.Count;
        Assert.That(systemd.IsSilentFor(TimeSpan.FromSeconds(1)), "five times what systemd would allow");
        ProcessCalls.Kill(postmaster, Signal.SIGCONT);
        Eventually.Holds(() => systemd.Messages.Count > before);
    }
}
