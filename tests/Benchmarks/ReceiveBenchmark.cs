using Pgrepl.Shared.Libpq;
using Pgrepl.Wal;

namespace Pgrepl.Benchmarks;

/// <summary>How quickly WAL that exists is received and made durable: pg_receivewal --synchronous, a PostgreSQL standby's walreceiver, a relay.</summary>
internal static class ReceiveBenchmark
{
    private const string Tool = "pg_receivewal --synchronous", Standby = "PostgreSQL walreceiver", Relay = "pgrepl relay";

    public static void Run(double gigabytes, int rounds)
    {
        using WalSupply supply = new(gigabytes);
        Report report = new("seconds", "MB/s", "CPU s/GB");
        for (int round = 0; round < rounds; round++)
        {
            Add(Tool, ByTool(supply));
            Add(Standby, ByStandby(supply));
            Add(Relay, ByRelay(supply));
        }
        report.PrintMedians();
        report.PrintRatio("receive, MB/s, at least 1.5 wanted", Relay, Tool, 1);
        report.PrintRatio("receive, MB/s, at least 1.0 wanted", Relay, Standby, 1);

        void Add(string name, (double Seconds, double Processor) run) => report.Add(name, run.Seconds, supply.Size / 1e6 / run.Seconds, run.Processor / (supply.Size / 1e9));
    }

    private static (double, double) ByTool(WalSupply supply)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("pgrepl-bench-");
        try
        {
            return Timing.Run(PostgresTools.Find("pg_receivewal"), "-D", folder.FullName, "-S", supply.NewSlot(), "--synchronous", "--no-loop", "-E", supply.End.ToString(), "-d", supply.Server.Conninfo);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Its startup process waits: only walreceiver works.</summary>
    private static (double, double) ByStandby(WalSupply supply)
    {
        using PostgresServer standby = supply.Empty.Copy();
        standby.Configure($"primary_conninfo = '{supply.Server.Conninfo} application_name=w'", $"primary_slot_name = '{supply.NewSlot()}'");
        standby.BecomeStandby();
        standby.Start();
        double seconds = UntilFlushed(supply, "w");
        int receiver = int.Parse(standby.Ask("SELECT pid FROM pg_stat_wal_receiver")!);
        return (seconds, Timing.Processor(receiver));
    }

    private static (double, double) ByRelay(WalSupply supply)
    {
        using TestNode relay = TestNode.RelayOf(supply.Server.Conninfo, "w", "--slot", supply.NewSlot());
        relay.Start();
        double seconds = UntilFlushed(supply, "w");
        foreach (string child in new[] { "walreceiver", "startup", "walwriter" })
            Console.WriteLine($"    {child}: {string.Join(' ', relay.Children(child).Select(ProcessFacts.Describe))}");
        return (seconds, Timing.Processor([.. relay.Children("walreceiver"), .. relay.Children("startup"), .. relay.Children("walwriter")]));
    }

    /// <summary>From the moment that its stream exists: what a server needs to start is not what is compared. One session asks, and not often: the server would else be busy with that.</summary>
    private static double UntilFlushed(WalSupply supply, string name)
    {
        using PgClient session = PgClient.Connect(supply.Server.Conninfo, TimeSpan.FromSeconds(10));
        _ = Timing.Until(() => Ask("count(*)") == "1");
        return Timing.Until(() => Lsn.Parse(Ask("coalesce(max(flush_lsn), '0/0')")) >= supply.End, lookEvery: 20);

        string? Ask(string what)
        {
            using PgResult result = session.QueryOrThrow($"SELECT {what} FROM pg_stat_replication WHERE application_name = '{name}'");
            return result.Value(0, 0);
        }
    }
}
