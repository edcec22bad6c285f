namespace Pgrepl.Wal.Tests;

/// <summary>Single bits of WAL are flipped: our reader stops at the record that holds the bit, or the bit is one that nobody looks at; pg_waldump stops there too, with the same words.</summary>
/// <remarks>Every bit is for our reader alone, in this process; the judge takes a process for each, so it gets a sample. PGREPL_DAMAGE_FLIPS=20000 asks for a larger one, and for every bit of the real cluster's WAL.</remarks>
[Parallelizable(ParallelScope.Self)]
public sealed class EveryBitTests
{
    private const string Campaign = "PGREPL_DAMAGE_FLIPS";

    private static readonly TestLog Log = DamageLog.Make();
    private static readonly DamageMap Map = new(Log);

    private static int? AskedFlips => int.TryParse(Environment.GetEnvironmentVariable(Campaign), out int flips) ? flips : null;

    [Test]
    public void Every_bit_is_found_or_provably_unchecked([Values] bool systemKnown)
    {
        var every = new EveryBit(Log, Map, systemKnown ? TestLog.SystemId : 0);
        every.Run((offset, _) => !systemKnown || Map.Place(offset) == BytePlace.PageHeader);
        TestContext.Out.WriteLine($"{every.Counts.Stopped} bits found, {every.Counts.Ignored} of the pages that are read are not checked");
        Assert.That(every.Counts.Stopped, Is.GreaterThan(systemKnown ? 64 * 3 : 8L * Log.Records.Sum(record => record.Bytes.Length)));
    }

    [Test]
    public void Bits_of_page_headers_and_of_whole_records_stop_reading_where_postgres_stops()
    {
        int[] pages = [.. Map.Pages.Select(page => (int)page.BytesSince(Log.Base))];
        // A segment that is only looked at; one that a record is carried over to; one behind a switch; a page that starts with a record; the last.
        int[] headers = [.. pages.Where((page, i) => page % Log.SegmentSize == 0 || i == 2 || i == pages.Length - 1)];
        IEnumerable<int> chosen = headers.SelectMany(page => Enumerable.Range(page, WalFormat.PageHeaderSize(Log.Base + (ulong)page, Log.SegmentSize)));
        foreach (LogRecord record in new[] { Log.Records[1], Log.Records.First(record => record.Bytes.Length == 121) })
            chosen = chosen.Concat(Enumerable.Range((int)record.Start.BytesSince(Log.Base), (int)record.End.BytesSince(record.Start)));
        var judged = new JudgedDamage(Log);
        judged.Flip(from offset in chosen from bit in Enumerable.Range(0, 8) select (offset, bit));
        Assert.That(judged.Ends.Select(end => ForgedRecordsTests.Kind(end.Error)).Distinct().Count(), Is.GreaterThan(8));
    }

    [Test]
    public void Random_bits_stop_reading_where_postgres_stops([Values("all forms", "a torn record", "initdb")] string which)
    {
        Random random = Seed.New();
        TestLog log = Choose(which);
        int[] pages = which == "a torn record" ? [.. Enumerable.Range(0, (int)(log.End.BytesSince(log.Base) / WalFormat.PageSize) + 1).Select(page => page * WalFormat.PageSize)]
            : [.. new DamageMap(log).Pages.Select(page => (int)page.BytesSince(log.Base))];
        (int, int)[] flips = [.. Enumerable.Range(0, AskedFlips ?? 60).Select(i =>
            (pages[random.Next(pages.Length)] + (random.Next(10) == 0 ? random.Next(WalFormat.LongPageHeaderSize) : random.Next(WalFormat.PageSize)), random.Next(8)))];
        var judged = new JudgedDamage(log);
        judged.Flip(flips);
        Assert.That(judged.Ends, Has.Count.EqualTo(flips.Length));
    }

    [Test]
    public void Bits_of_a_real_clusters_WAL_are_found_or_provably_unchecked()
    {
        int seed = Seed.Number();
        TestLog log = Choose("initdb");
        var every = new EveryBit(log, new DamageMap(log), systemId: 0);
        int part = AskedFlips is null ? 1000 : 1;
        every.Run((offset, bit) => part == 1 || (uint)HashCode.Combine(seed, offset, bit) % (uint)part == 0);
        TestContext.Out.WriteLine($"{log.Records.Count} records; one bit of {part}: {every.Counts.Stopped} found, {every.Counts.Ignored} are not checked");
        Assert.That(every.Counts.Stopped, Is.GreaterThan(5_000));
    }

    private static TestLog Choose(string which) => which switch
    {
        "all forms" => Log,
        "initdb" => RealLog.Value,
        _ => WalReaderDamageTests.TornAndOverwritten(new Random(15), out _),
    };

    private static readonly Lazy<TestLog> RealLog = new(() =>
    {
        using var folder = new TemporaryFolder();
        string data = Path.Combine(folder.Path, "data");
        ProgramOutput made = PostgresTools.RunAsOwner($"{PostgresTools.Find("initdb")} -D {data} -N -A trust --locale=C -E UTF8 --wal-segsize=16");
        Assert.That(made.ExitCode, Is.Zero, made.Errors);
        return TestLog.Of(File.ReadAllBytes(Path.Combine(data, "pg_wal", "000000010000000000000001")), 16 << 20);
    });
}
