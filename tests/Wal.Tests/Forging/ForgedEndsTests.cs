namespace Pgrepl.Wal.Tests;

/// <summary>WAL that is cut off: by the end of what is asked for, of a file, or of all files.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class ForgedEndsTests
{
    [Test]
    public void An_end_anywhere_in_a_record_ends_reading_where_postgres_ends_it([ValueSource(typeof(ForgedLog), nameof(ForgedLog.Places))] string place)
    {
        using var segments = new ForgedSegments();
        var log = ForgedLog.New();
        ForgedFolder all = segments.Save(log);
        LogRecord record = log[place];
        Lsn page = record.Start.PageStart + WalFormat.PageSize;
        Lsn[] ends = [record.Start, record.Start + 4, record.Start + 8, record.Start + 24, record.Start + 40, page, page + 8, page + 24, page + 64,
            record.End - 24, record.End - 16, record.End - 8, record.End - 1, record.End, record.End + 8];
        Assert.Multiple(() =>
        {
            foreach (Lsn end in ends.Where(end => end > log.Start && end < all.End && !IsOverread(log, end)).Distinct())
                (all with { End = end }).Compare($"end {end}");
        });
    }

    /// <summary>Two places where PostgreSQL 15 looks at bytes behind the end, whatever they are, and we do not: a record header right behind a page header,
    /// and the last bytes of a record behind a long page header.</summary>
    private static bool IsOverread(ForgedLog log, Lsn end)
    {
        int header = WalFormat.PageHeaderSize(end.PageStart, log.SegmentSize);
        bool carried = log.Records.Any(record => record.Start < end.PageStart && record.End > end.PageStart);
        bool last = header == WalFormat.LongPageHeaderSize && log.Records.Any(record => record.Start < end.PageStart && record.End > end && record.End < end + 24);
        return last || !carried && end.PageOffset > WalFormat.ShortPageHeaderSize && end.PageOffset < header + WalRecordHeader.Size;
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(24)]
    [TestCase(40)]
    [TestCase(8191)]
    [TestCase(8192)]
    [TestCase(8193)]
    [TestCase((1 << 20) - 1)]
    [TestCase((1 << 20) + 8192)]
    public void A_file_of_a_wrong_size_ends_reading_where_postgres_ends_it(int bytes)
    {
        using var segments = new ForgedSegments();
        var log = ForgedLog.New();
        ForgedFolder all = segments.Save(log);
        foreach (int segment in new[] { 1, 2, 3 })
        {
            string path = Path.Combine(all.Path, all.File(log.Base + (ulong)(segment * log.SegmentSize)));
            byte[] whole = File.ReadAllBytes(path);
            byte[] other = whole;
            Array.Resize(ref other, bytes);
            File.WriteAllBytes(path, other);
            ReadEnd end = all.Compare($"segment {segment}");
            Assert.That(end.Error.StartsWith("could not read from file", StringComparison.Ordinal), Is.EqualTo(segment switch
            {
                1 => bytes < WalFormat.PageSize, // the switch record ends its use
                2 => bytes < log.SegmentSize,
                _ => bytes < WalFormat.PageSize,
            }), end.Error);
            File.WriteAllBytes(path, whole);
        }
    }

    [Test]
    public void A_record_that_goes_on_in_a_segment_that_is_not_asked_for_ends_without_an_error()
    {
        using var segments = new ForgedSegments();
        var log = ForgedLog.New();
        ForgedFolder all = segments.Save(log);
        ReadEnd end = (all with { End = log.Base + (ulong)log.SegmentSize }).Compare("one segment");
        Assert.That((end.Error, end.End), Is.EqualTo(("", log["across a segment"].Start.ToString())));
    }

    [Test]
    public void A_segment_that_is_missing_ends_reading_where_postgres_ends_it()
    {
        using var segments = new ForgedSegments();
        var log = ForgedLog.New();
        ForgedFolder all = segments.Save(log);
        File.Delete(Path.Combine(all.Path, all.File(log.Base + 2 * (ulong)log.SegmentSize)));
        ReadEnd end = all.Compare("the third segment"); // pg_waldump waits 5 s for it
        Assert.That(end.Error, Is.EqualTo("could not find file \"000000010000000000000003\": No such file or directory"));
    }
}
