namespace Pgrepl.Wal.Tests;

/// <summary>Segments that are cut short: reading stops at the first record that is not all there, as PostgreSQL stops.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class EveryLengthTests
{
    private static readonly TestLog Log = DamageLog.Make();

    /// <summary>A source that gives what there is, as a stream does: a record is read when its last byte is there, and not before, whatever is behind it.</summary>
    [Test]
    public void Every_length_gives_the_records_that_are_whole()
    {
        var pages = new MemoryPages(Log);
        var reader = new WalReader(pages, PostgresMajor.LogCluster, Log.SegmentSize, systemId: 0);
        for (int i = 1; i < Log.Records.Count; i++)
        {
            LogRecord record = Log.Records[i];
            Lsn last = LastByte(record);
            for (pages.Limit = Log.Records[i - 1].End; pages.Limit <= record.End && pages.Limit.BytesSince(Log.Base) < Log.Bytes.Length; pages.Limit += Step(pages.Limit, record))
            {
                reader.Invalidate();
                reader.BeginRead(record.Start, Log.Records[i - 1].Start);
                WalReadStatus status = reader.Read();
                if (status != (pages.Limit > last ? WalReadStatus.Record : WalReadStatus.NotYet))
                    Assert.Fail($"the record from {record.Start} to {last}, WAL ends at {pages.Limit}: {status} {reader.Error}");
                if (status == WalReadStatus.Record && (reader.RecordEnd != record.End || !reader.Record.SequenceEqual(record.Bytes)))
                    Assert.Fail($"another record at {record.Start}");
            }
        }
    }

    [Test]
    public void A_file_of_any_length_stops_reading_where_postgres_stops()
    {
        Random random = Seed.New();
        int end = (int)Log.End.BytesSince(Log.Base), last = 2 * Log.SegmentSize;
        // The last pages byte by byte around every page's ends and at random between, the same of the segment before, and any length at all.
        IEnumerable<int> ends = Enumerable.Range(1, 6).SelectMany(page => new[] { -1, 0, 1, 24, 40 }.Select(more => page * WalFormat.PageSize + more));
        IEnumerable<int> any = Enumerable.Range(0, 60).Select(_ => random.Next(end - last + WalFormat.PageSize));
        var judged = new JudgedDamage(Log);
        judged.Truncate([.. from length in ends.Concat(any).Concat([0, 1, 23, 24, 39, 40]) from segment in new[] { Log.SegmentSize, last } select (segment, length)]);
        Assert.That(judged.Ends.Count(end => end.Error.StartsWith("could not read from file", StringComparison.Ordinal)), Is.GreaterThan(12));
    }

    /// <summary>Every byte, but of what a switch leaves empty.</summary>
    private static ulong Step(Lsn limit, LogRecord record) => limit > record.Start + 64 && WalRecordHeader.Read(record.Bytes)!.Value.IsSwitch ? 8191ul : 1ul;

    private static Lsn LastByte(LogRecord record)
    {
        var positions = new WalPositions(Log.SegmentSize);
        return positions.StartFromUsableBytes(positions.ToUsableBytes(record.Start) + (ulong)record.Bytes.Length - 1);
    }
}
