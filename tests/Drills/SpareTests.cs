using Pgrepl.Shared.Native;

namespace Pgrepl.Drills.Tests;

/// <summary>A walsender without a client, which gets ready for one.</summary>
public sealed class SpareTests
{
    private const int Spares = 25;

    /// <summary>No start takes less processor time than this.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(50);

    [Test]
    public void Told_to_end_at_any_moment_of_its_start_it_ends()
    {
        using TestNode node = TestNode.Primary(segmentMegabytes: 1).Start();
        HashSet<int> seen = [];
        for (int i = 0; i < Spares; i++)
        {
            Eventually.Holds(() => node.Children("walsender").Except(seen).Any());
            int spare = node.Children("walsender").Except(seen).First();
            seen.Add(spare);
            TimeSpan moment = TimeSpan.FromMilliseconds(8 * i); // of processor time: its start takes 100 ms and more
            Assert.That(SpinWait.SpinUntil(() => Reached(spare, moment), TimeSpan.FromSeconds(30)));
            ProcessCalls.Kill(spare, Signal.SIGTERM);
            Assert.That(SpinWait.SpinUntil(() => HasClosedAll(spare), TimeSpan.FromSeconds(30)));
            seen.Add(int.Parse(node.Ask("SELECT pg_backend_pid()")!)); // no client is given to one that has ended
        }
    }

    /// <summary>Not one thread is left, so its files are closed; the postmaster may not have seen it yet.</summary>
    private static bool HasClosedAll(int pid) => !TestNode.IsRunning(pid) && ProcessFacts.ThreadsOf(pid).Length <= 1;

    /// <summary>It has used so much processor time, or waits.</summary>
    private static bool Reached(int pid, TimeSpan moment) =>
        ProcessFacts.ExactProcessorTime(pid) >= moment || (moment > Shortest && ProcessFacts.TryRead($"/proc/{pid}/wchan").Contains("poll", StringComparison.Ordinal));
}
