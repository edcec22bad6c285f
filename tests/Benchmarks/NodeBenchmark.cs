using System.Globalization;
using System.Text.Json.Nodes;

namespace Pgrepl.Benchmarks;

/// <summary>What a node costs and how fast it answers: first answers of new connections, wake-ups, idle children, promotions.</summary>
internal static class NodeBenchmark
{
    private const int Connections = 50, Drills = 7;

    /// <param name="seconds">That the nodes idle.</param>
    public static void Run(int seconds)
    {
        using (PostgresServer postgres = PostgresServer.Primary().Start())
        using (TestNode node = TestNode.Primary().Start())
        {
            Report connect = new("connection to first answer, ms");
            for (int i = 0; i < Connections; i++)
            {
                connect.Add("PostgreSQL", FirstAnswer(postgres.Folder));
                connect.Add("pgrepl", FirstAnswer(node.Folder));
            }
            connect.PrintMedians();
        }

        Report wakeUp = new("wake-up by a latch, µs");
        WakeUps.Measure(BusyPolling.Off, microseconds => wakeUp.Add("asleep", microseconds));
        WakeUps.Measure(BusyPolling.On, microseconds => wakeUp.Add($"pgrepl.busy_poll = {BusyPolling.On}", microseconds));
        wakeUp.PrintMedians();

        Idle(seconds);

        Report promotion = new("promote, ms", "then first acknowledged write, ms", "both, ms");
        for (int i = 0; i < Drills; i++)
        {
            (int Code, string Output, string Errors) drill = Build.Pgrepl("drill", "--json", "--messages", "2000", "--clients", "4", "--seed", $"{i}");
            Build.Expect(drill);
            JsonNode found = JsonNode.Parse(drill.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1])!;
            double promote = found["promote_ms"]!.GetValue<double>(), write = found["first_write_ms"]!.GetValue<double>();
            promotion.Add("pgrepl", promote, write, promote + write);
        }
        promotion.PrintMedians();
    }

    /// <summary>Milliseconds from connect() to the answer of a first SELECT 1, over a Unix socket.</summary>
    private static double FirstAnswer(string folder)
    {
        using ManualResetEvent never = new(false);
        never.WaitOne(300); // the one after the other, as clients come on a quiet day
        double seconds = Timing.Of(() =>
        {
            using RawClient client = RawClient.Session(folder);
            client.Send(RawClient.Query("SELECT 1")).ReadUntilReady();
        });
        return seconds * 1000;
    }

    private static void Idle(int seconds)
    {
        using TestNode primary = TestNode.Primary().Start();
        using TestNode standby = primary.Standby().Start();
        Eventually.Holds(() => primary.Streams());
        using ManualResetEvent never = new(false);
        never.WaitOne(2000); // what they started with is done
        (string Node, int Pid)[] children = [.. ((TestNode[])[primary, standby]).SelectMany(node => ProcessFacts.ChildrenOf(node.PostmasterPid!.Value).Select(pid => (node.Name, pid)))];
        TimeSpan[] before = [.. children.Select(child => ProcessFacts.ProcessorTime(child.Pid))];
        never.WaitOne(seconds * 1000);
        Report idle = new("idle: Pss without the shared segment, MB", "processor time, ms/s");
        for (int i = 0; i < children.Length; i++)
            idle.Add($"{children[i].Node}: {Path.GetFileName(File.ReadAllText($"/proc/{children[i].Pid}/cmdline").Split('\0')[0])} {children[i].Pid}",
                OwnMemory(children[i].Pid), (ProcessFacts.ProcessorTime(children[i].Pid) - before[i]).TotalMilliseconds / seconds);
    }

    private static double OwnMemory(int pid)
    {
        Dictionary<string, double> kilobytes = File.ReadLines($"/proc/{pid}/smaps_rollup").Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .ToDictionary(fields => fields[0], fields => double.Parse(fields[1], CultureInfo.InvariantCulture));
        return (kilobytes["Pss:"] - kilobytes["Pss_Shmem:"]) / 1024;
    }
}
