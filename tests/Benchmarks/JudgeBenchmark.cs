using Pgrepl.Wal;
using Pgrepl.WalReceiver;

namespace Pgrepl.Benchmarks;

/// <summary>What the judging of received WAL costs a record, in this process and from memory: no disk, no network, so and processor time is counted, so what else the machine does matters little.</summary>
internal static class JudgeBenchmark
{
    /// <summary>Bytes of WAL in a message: as many as PostgreSQL's walsender sends.</summary>
    private const int MessageSize = 128 * 1024;

    private static readonly TimelineId Timeline = new(1);

    public static void Run(double gigabytes, int rounds)
    {
        using WalSupply supply = new(gigabytes);
        Memory memory = new(supply.Start, [.. supply.SegmentFiles.Select(File.ReadAllBytes)]);
        ulong systemId = ulong.Parse(supply.Server.Ask("SELECT system_identifier FROM pg_control_system()")!);
        int records = Count(memory, systemId);
        Console.WriteLine($"{records} records, {supply.Size / records:0} bytes each");

        Report report = new("ns a record", "s/GB");
        for (int round = 0; round < rounds; round++)
        {
            double seconds = Judge(memory, systemId);
            report.Add("judge", seconds * 1e9 / records, seconds / (supply.Size / 1e9));
        }
        report.PrintMedians();
    }

    private static int Count(Memory memory, ulong systemId)
    {
        WalReader reader = new(memory, PostgresMajor.LogCluster, WalFormat.DefaultSegmentSize, systemId);
        _ = reader.FindNextRecord(memory.Start);
        int records = 0;
        while (reader.Read() == WalReadStatus.Record)
            records++;
        return records;
    }

    /// <summary>As ReceivedWal does it, without the disk.</summary>
    private static double Judge(Memory memory, ulong systemId)
    {
        ReceivedPages pages = new(memory, Timeline);
        pages.Begin(memory.Start);
        WalJudge judge = new(pages, PostgresMajor.LogCluster, WalFormat.DefaultSegmentSize, systemId, Timeline, memory.Start, Lsn.Invalid, search: true);
        TimeSpan before = Environment.CpuUsage.TotalTime;
        foreach (byte[] segment in memory.Segments)
        {
            for (int offset = 0; offset < segment.Length; offset += MessageSize)
            {
                pages.Append(segment.AsSpan(offset, MessageSize));
                judge.Judge();
                pages.ForgetBefore(Lsn.Min(pages.Wanted, pages.End.PageStart));
            }
        }
        double seconds = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        return memory.End.BytesSince(judge.ValidEnd) < MessageSize ? seconds : throw new InvalidOperationException($"judged to {judge.ValidEnd} of {memory.End}");
    }

    /// <summary>WAL in memory; it ends behind the last segment.</summary>
    private sealed class Memory(Lsn start, byte[][] segments) : IWalPageSource
    {
        public Lsn Start => start;

        public byte[][] Segments => segments;

        public Lsn End => start + (ulong)((long)segments.Length * WalFormat.DefaultSegmentSize);

        public WalPageResult ReadPage(Lsn pageStart, int requiredBytes, Lsn recordStart, Span<byte> page)
        {
            (long segment, long offset) = Math.DivRem(pageStart.BytesSince(start), WalFormat.DefaultSegmentSize);
            if (segment >= segments.Length)
                return WalPageResult.NotYet;
            segments[segment].AsSpan((int)offset, WalFormat.PageSize).CopyTo(page);
            return WalPageResult.Available(WalFormat.PageSize, Timeline);
        }
    }
}
