using System.Globalization;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests.HardDays;

/// <summary>Rounds of kills, cuts and a slow reader under load; after each one everything acknowledged is there and all pg_wal agree.</summary>
/// <remarks>PGREPL_HARD_DAYS_ROUNDS makes a campaign of it. Each round draws from a generator of its own, out of seed and number; PGREPL_TEST_SEED repeats the seed.</remarks>
public sealed class HardDaysTests
{
    private const int Clients = 2;

    /// <summary>Rows that must get through once all is healed, before the round ends.</summary>
    private const int RowsAfterwards = 50;

    /// <summary>Memory that the sender of the slow reader may need beyond that of the standby, kB.</summary>
    private const int SlowReaderKilobytes = 16 * 1024;

    private static readonly int Rounds = Environment.GetEnvironmentVariable("PGREPL_HARD_DAYS_ROUNDS") is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : 1;

    private static readonly string[] Forbidden = ["PANIC:", "differs from our own", "invalid WAL", "already been removed"];

    [Test]
    public void Whatever_is_killed_cut_or_slow_every_acknowledged_row_is_kept_and_all_pg_wal_agree()
    {
        int seed = Seed.New().Next();
        string[] folders;
        using (HardDaysTree tree = new())
        {
            folders = tree.DataFolders;
            for (int round = 1; round <= Rounds; round++)
                Round(tree, round, new Random(unchecked(seed + round)));
            Lsn end = tree.CaughtUp();
            Assert.That(tree.Difference(new Lsn(HardDaysTree.SegmentSize), end, out int compared), Is.Null);
            TestContext.Progress.WriteLine($"hard days: {compared} files agree with the primary's up to {end}");
            tree.Spoil(end - 1000);
            Assert.That(tree.Difference(new Lsn(HardDaysTree.SegmentSize), end, out _), Does.Contain($"differs from the primary's at {end - 1000}"), "a difference would be seen");
        }
        Eventually.Holds(() => !folders.SelectMany(ProcessFacts.Of).Any()); // no processes are left behind
    }

    private static void Round(HardDaysTree tree, int round, Random random)
    {
        Lsn start = tree.Relay.Received();
        HardDaysFaults faults = new(tree, random);
        using SlowReader slow = new(tree.Relay, start);
        using Load load = new(tree.Primary.Connect, number => $"INSERT INTO numbers VALUES ({round}, {number}, repeat('x', 300))", Clients);
        string[] done = [.. faults.Day()];

        tree.Heal();
        int before = load.Acknowledged.Count;
        Eventually.Holds(() => load.Acknowledged.Count > before + RowsAfterwards, HardDaysTree.Patience);
        load.Dispose();
        tree.EndPgbench();
        Lsn end = tree.CaughtUp();

        string what = $"round {round}: {string.Join(", ", done)}";
        foreach (PostgresServer server in new[] { tree.Primary, tree.Standby })
        {
            HashSet<string> rows = [.. server.Ask($"SELECT string_agg(n::text, ' ') FROM numbers WHERE round = {round}")!.Split(' ')];
            Assert.That(load.Acknowledged.Where(number => !rows.Contains($"{number}")), Is.Empty, $"acknowledged and lost; {what}");
        }
        Assert.That(tree.Difference(start, end, out int compared), Is.Null, what);
        Assert.That(compared, Is.EqualTo(4 * ((end.Value - 1) / HardDaysTree.SegmentSize - start.Value / HardDaysTree.SegmentSize + 1)), "every segment of the round is in all four");
        SlowReaderCostsNothing(tree, slow, end.BytesSince(start));
        foreach ((string name, string log) in tree.Logs)
            foreach (string word in Forbidden)
                Assert.That(log, Does.Not.Contain(word), $"{name}; {what}");
        tree.HasNoStrays();
        TestContext.Progress.WriteLine($"hard days, {what}: {load.Acknowledged.Count} rows acknowledged, {compared} files agree up to {end}, slow reader {slow.Taken} bytes of {end.BytesSince(start)}, relay {tree.RelayKilobytes} kB");
    }

    private static void SlowReaderCostsNothing(HardDaysTree tree, SlowReader slow, long bytes)
    {
        Assert.That(slow.Taken, Is.GreaterThan(0).And.LessThan(bytes / 10), "bytes: ten times too slow, and all others are at the end");
        Assert.That(tree.SenderKilobytes(SlowReader.Name), Is.LessThan(tree.SenderKilobytes("s") + SlowReaderKilobytes), "kB of its walsender");
    }
}
