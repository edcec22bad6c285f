using System.Diagnostics;
using System.Net.Sockets;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Native;

namespace Pgrepl.Interop.Tests.Hostile;

/// <summary>Crowds: ten thousand connections that say nothing, and a postmaster that has no descriptor left.</summary>
public sealed class CrowdTests
{
    private const int HalfOpen = 10_000;

    /// <summary>Growth of the postmaster's memory that a crowd may cause, kB.</summary>
    private const int PostmasterGrowthKilobytes = 16 * 1024;

    /// <summary>Connections whose first packet a postmaster awaits at one time.</summary>
    private const int MaxPending = 1024;

    /// <summary>Longest that a well-behaved client waits while the crowd comes in.</summary>
    private static readonly TimeSpan ServedWithin = TimeSpan.FromSeconds(30);

    [Test, CancelAfter(180_000)]
    public void Ten_thousand_half_open_connections_keep_nobody_out()
    {
        NeedDescriptors(HalfOpen + 500);
        using HostileNode hostile = new();
        int postmaster = hostile.Node.PostmasterPid!.Value;
        hostile.AssertHealthy();
        int memory = ProcessFacts.ResidentKilobytes(postmaster), descriptors = ProcessFacts.OpenDescriptors(postmaster), served = 0;
        List<RawClient> crowd = [];
        bool giveUp = false;
        Task coming = Task.Run(() =>
        {
            for (int i = 0; i < HalfOpen && !Volatile.Read(ref giveUp); i++)
            {
                RawClient silent = i % 2 == 0 ? RawClient.Unix(hostile.Node) : RawClient.Tcp(hostile.Node);
                crowd.Add(silent);
                if (i % 3 == 0)
                    silent.TrySend(0, 0, 0); // it has begun to speak
            }
        });
        try
        {
            while (!coming.IsCompleted || served < 8)
            {
                long start = Stopwatch.GetTimestamp();
                hostile.AskWitness();
                using (PgClient fresh = PgClient.Connect(hostile.Node.Conninfo + (served % 2 == 0 ? "" : " hostaddr=127.0.0.1 host=localhost"), ServedWithin))
                using (PgResult answer = fresh.QueryOrThrow("SELECT 1", ServedWithin))
                    Assert.That(answer.Value(0, 0), Is.EqualTo("1"));
                Assert.That(Stopwatch.GetElapsedTime(start), Is.LessThan(ServedWithin));
                served++;
            }
            coming.Wait();
            TestContext.Out.WriteLine($"{served} well-behaved clients were served meanwhile; postmaster {memory} kB, then {ProcessFacts.ResidentKilobytes(postmaster)} kB");
            Assert.That(crowd, Has.Count.EqualTo(HalfOpen));
            Assert.That(ProcessFacts.ResidentKilobytes(postmaster) - memory, Is.LessThan(PostmasterGrowthKilobytes), "kB more than before");
            Assert.That(ProcessFacts.OpenDescriptors(postmaster) - descriptors, Is.LessThan(MaxPending + 20), "the oldest gave way");
            hostile.AssertHealthy();
        }
        finally
        {
            Volatile.Write(ref giveUp, true);
            coming.Wait();
            crowd.ForEach(c => c.Dispose());
        }
        Eventually.Holds(() => ProcessFacts.OpenDescriptors(postmaster) < descriptors + 20);
        hostile.AssertHealthy();
    }

    [Test, CancelAfter(60_000)]
    public void A_burst_stands_in_line_while_the_postmaster_is_busy()
    {
        int many = Math.Min(3000, int.Parse(File.ReadAllText("/proc/sys/net/core/somaxconn")));
        NeedDescriptors(many + 500);
        using HostileNode hostile = new();
        int postmaster = hostile.Node.PostmasterPid!.Value;
        UnixDomainSocketEndPoint end = new(hostile.Node.SocketFile);
        List<Socket> burst = [];
        ProcessCalls.Kill(postmaster, Signal.SIGSTOP);
        try
        {
            while (burst.Count < many)
            {
                burst.Add(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false });
                Assert.That(() => burst[^1].Connect(end), Throws.Nothing, $"number {burst.Count}");
            }
        }
        finally
        {
            ProcessCalls.Kill(postmaster, Signal.SIGCONT);
        }
        Assert.That(hostile.Node.Ask("SELECT 1"), Is.EqualTo("1"), "behind all of them");
        burst.ForEach(socket => socket.Dispose());
        hostile.AssertHealthy();
    }

    [Test, CancelAfter(60_000)]
    public void A_postmaster_without_descriptors_waits_until_it_has_some_and_drops_nobody()
    {
        using HostileNode hostile = new();
        hostile.AssertHealthy();
        int postmaster = hostile.Node.PostmasterPid!.Value;
        string unlimited = File.ReadLines($"/proc/{postmaster}/limits").First(l => l.StartsWith("Max open files", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[3];
        int lowNumbers = Directory.GetFiles($"/proc/{postmaster}/fd").Count(f => int.Parse(Path.GetFileName(f)) < 600);
        Limit($"{lowNumbers + 10}:{unlimited}");
        RawClient[] crowd = [.. Enumerable.Range(0, 40).Select(_ => RawClient.Tcp(hostile.Node))];
        Eventually.Holds(() => hostile.Node.Log.Contains("could not accept new connection: Too many open files"));
        TimeSpan before = ProcessFacts.ProcessorTime(postmaster);
        long start = Stopwatch.GetTimestamp();
        Eventually.Holds(() => hostile.Node.Log.Split("could not accept").Length > 6);
        Assert.That((ProcessFacts.ProcessorTime(postmaster) - before) / Stopwatch.GetElapsedTime(start), Is.LessThan(0.5), "it does not spin");
        hostile.AskWitness();

        foreach (RawClient client in crowd)
            client.Dispose();
        Assert.That(hostile.Node.Ask("SELECT 1"), Is.EqualTo("1"), "by one of the processes that wait");
        Eventually.Holds(() => hostile.Node.Log.Contains("could not fork pgrepl-walsender"));
        Limit($"{unlimited}:{unlimited}");
        hostile.AssertHealthy();

        void Limit(string limits) => Assert.That(Build.Run("prlimit", ["--pid", $"{postmaster}", $"--nofile={limits}"]).Code, Is.Zero);
    }

    /// <summary>The runtime has raised this process's soft limit to the hard one.</summary>
    private static void NeedDescriptors(int count)
    {
        string limit = File.ReadLines("/proc/self/limits").First(l => l.StartsWith("Max open files", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[3];
        if (limit != "unlimited" && int.Parse(limit) < count)
            Assert.Fail($"this test needs {count} descriptors (ulimit -Hn), and may have {limit}");
    }
}
