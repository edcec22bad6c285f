using System.Diagnostics;
using Pgrepl.Shared.Libpq;
using Pgrepl.Wal;

namespace Pgrepl.Benchmarks;

/// <summary>What it costs to send WAL that is on disk: PostgreSQL's walsender and a relay's, to readers that discard it (1 and 16), to pg_receivewal, to a PostgreSQL standby.</summary>
internal static class SendBenchmark
{
    private const int Many = 16;

    public static void Run(double gigabytes, int rounds)
    {
        using WalSupply supply = new(gigabytes);
        using TestNode relay = TestNode.RelayOf(supply.Server.Conninfo, "r", "--slot", supply.NewSlot());
        relay.Start("max_wal_senders=40", "wal_keep_size=100GB");
        _ = Timing.Until(() => relay.TryAsk($"SELECT validated_lsn >= '{supply.End}' FROM pgrepl_wal_progress") == "t");

        Report discard = new("MB/s", "sender CPU s/GB"), many = new("MB/s in total", "sender CPU s/GB");
        Report tool = new("MB/s", "sender CPU s/GB", "sender + receiver CPU s/GB"), standby = new("MB/s", "sender CPU s/GB", "sender + receiver CPU s/GB");
        for (int round = 0; round < rounds; round++)
        {
            foreach ((string name, string conninfo, Func<string, string?> ask) in new (string, string, Func<string, string?>)[] { ("PostgreSQL", supply.Server.Conninfo, supply.Server.Ask), ("pgrepl", relay.Conninfo, relay.Ask) })
            {
                discard.Add($"{name} to one discarding reader", ToReaders(supply, conninfo, ask, 1));
                many.Add($"{name} to {Many} discarding readers", ToReaders(supply, conninfo, ask, Many));
                tool.Add($"{name} to pg_receivewal", ToTool(supply, conninfo, ask));
                standby.Add($"{name} to a PostgreSQL standby", ToStandby(supply, conninfo, ask));
            }
        }
        foreach (Report report in new[] { discard, many, tool, standby })
            report.PrintMedians();
        discard.PrintRatio("send, sender's CPU, at most 0.6 wanted", "pgrepl to one discarding reader", "PostgreSQL to one discarding reader", 1);
        many.PrintRatio($"send to {Many}, MB/s in total, at least 1.5 wanted", $"pgrepl to {Many} discarding readers", $"PostgreSQL to {Many} discarding readers", 0);
        foreach ((Report report, string to) in new[] { (tool, "pg_receivewal"), (standby, "a PostgreSQL standby") })
        {
            report.PrintRatio($"send to {to}, sender's CPU, at most 0.9 wanted", $"pgrepl to {to}", $"PostgreSQL to {to}", 1);
            report.PrintRatio($"send to {to}, sender's and receiver's CPU, at most 1.0 wanted", $"pgrepl to {to}", $"PostgreSQL to {to}", 2);
        }
    }

    /// <summary>The first segment is in its folder already: with an empty one it would ask for what the server writes now.</summary>
    private static double[] ToTool(WalSupply supply, string conninfo, Func<string, string?> ask)
    {
        string[] files = [.. supply.SegmentFiles];
        DirectoryInfo folder = Directory.CreateTempSubdirectory("pgrepl-bench-");
        try
        {
            File.Copy(files[0], Path.Combine(folder.FullName, Path.GetFileName(files[0])));
            string last = Path.Combine(folder.FullName, Path.GetFileName(files[^1])); // before it is complete its name ends in .partial
            using RunningProgram receiver = new(PostgresTools.Find("pg_receivewal"), "-D", folder.FullName, "--no-loop", "-d", $"{conninfo} application_name=tool");
            double size = supply.Size * (files.Length - 1) / files.Length;
            return Follow(ask, "tool", size, () => receiver.Pid, () => !receiver.HasExited ? File.Exists(last) : throw new InvalidOperationException($"pg_receivewal ended: {receiver.Output}"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static double[] ToStandby(WalSupply supply, string conninfo, Func<string, string?> ask)
    {
        using PostgresServer standby = supply.Empty.Copy();
        standby.Configure($"primary_conninfo = '{conninfo} application_name=standby'");
        standby.BecomeStandby();
        standby.Start();
        return Follow(ask, "standby", supply.Size, () => int.Parse(standby.Ask("SELECT pid FROM pg_stat_wal_receiver")!),
            () => Lsn.Parse(standby.Ask("SELECT coalesce(max(flushed_lsn), '0/0') FROM pg_stat_wal_receiver")) >= supply.End);
    }

    /// <param name="size">Bytes that are sent.</param>
    /// <param name="done">The receiver has them all.</param>
    private static double[] Follow(Func<string, string?> ask, string name, double size, Func<int> receiver, Func<bool> done)
    {
        string? sender = null;
        _ = Timing.Until(() => (sender = ask($"SELECT pid FROM pg_stat_replication WHERE application_name = '{name}'")) is not null);
        double before = Timing.Processor(int.Parse(sender!));
        double seconds = Timing.Until(done, lookEvery: 50);
        double sent = Timing.Processor(int.Parse(sender!)) - before, received = Timing.Processor(receiver());
        return [size / 1e6 / seconds, sent / (size / 1e9), (sent + received) / (size / 1e9)];
    }

    private static double[] ToReaders(WalSupply supply, string conninfo, Func<string, string?> ask, int readers)
    {
        Reader[] all = [.. Enumerable.Range(0, readers).Select(i => new Reader($"{conninfo} application_name=d{i}"))];
        int[] senders = [.. all.Select(reader => reader.ServerPid)];
        double before = Timing.Processor(senders), total = supply.Size * readers;
        long start = Stopwatch.GetTimestamp();
        Thread[] threads = [.. all.Select(reader => new Thread(() => reader.ReadTo(supply.Start, supply.End)))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds, used = Timing.Processor(senders) - before;
        foreach (Reader reader in all)
            reader.Dispose();
        _ = Timing.Until(() => ask("SELECT count(*) FROM pg_stat_replication WHERE application_name LIKE 'd%'") == "0");
        return [total / 1e6 / seconds, used / (total / 1e9)];
    }

    /// <summary>A physical stream whose bytes are thrown away.</summary>
    private sealed class Reader(string conninfo) : IDisposable
    {
        private readonly PgClient _client = PgClient.Connect($"{conninfo} replication=true", TimeSpan.FromSeconds(10));

        public int ServerPid => _client.BackendPid;

        public void ReadTo(Lsn start, Lsn end)
        {
            using (PgResult begin = _client.Query($"START_REPLICATION {start} TIMELINE 1"))
                if (begin.Status != PgResultStatus.CopyBoth)
                    throw begin.ToException();
            ulong received = 0, wanted = (ulong)end.BytesSince(start);
            while (received < wanted)
            {
                CopyReadStatus status = _client.TryGetCopyData(out ReadOnlySpan<byte> message);
                if (status == CopyReadStatus.Data)
                    received += message[0] == (byte)'w' ? (ulong)message.Length - 25 : 0;
                else if (status != CopyReadStatus.WouldBlock || !_client.WaitForInput(TimeSpan.FromSeconds(30)) || !_client.ConsumeInput())
                    throw new InvalidOperationException($"the stream ended after {received} bytes: {_client.ErrorMessage}");
            }
        }

        public void Dispose() => _client.Dispose();
    }
}
