using Pgrepl.Shared.Config;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.WalWriter.Tests;

public sealed class RelayKeeperTests
{
    private const int SegmentSize = 1 << 20;
    private const long Plenty = 1L << 40;

    private readonly ServerLog _log = new();
    private DataDirectory _data = null!;
    private long _free = Plenty;

    [SetUp]
    public void MakeFolder()
    {
        _data = new DataDirectory(Directory.CreateTempSubdirectory("pgrepl-keep-").FullName);
        Directory.CreateDirectory(_data.Wal);
        for (ulong number = 10; number <= 30; number++)
            File.WriteAllText(WalSegmentFile.PathOf(_data, new WalSegment(TimelineId.First, number), SegmentSize), "");
        _free = Plenty;
    }

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_data.Path, recursive: true);

    [OneTimeTearDown]
    public void CloseLog() => _log.Dispose();

    [TestCase("0", ulong.MaxValue)]
    [TestCase("4MB", 26UL)]
    [TestCase("100MB", 1UL)]
    [TestCase("1h", 1UL, Description = "nothing is known to be older")]
    [TestCase("1s, 4MB", 1UL, Description = "what is within either stays")]
    public void The_first_segment_that_is_kept(string setting, ulong first) => Assert.That(Keeper().FirstToKeep(End, Keep(setting)), Is.EqualTo(first));

    [Test]
    public void A_disk_that_is_nearly_full_takes_the_oldest_segments()
    {
        RelayKeeper keeper = Keeper();
        _free = RelayKeeper.SegmentsLeftFree * (long)SegmentSize;
        Assert.That(keeper.FirstToKeep(End, Keep("100MB")), Is.EqualTo(1UL), "there is room");
        _free = 2 * SegmentSize - 1;
        Assert.That(keeper.FirstToKeep(End, Keep("100MB")), Is.EqualTo(13UL), "three are missing, and 10 is the oldest");
        Assert.That(keeper.FirstToKeep(End, Keep("7d")), Is.EqualTo(13UL), "by age alike");
        Assert.That(keeper.FirstToKeep(End, Keep("2MB")), Is.EqualTo(28UL), "that much is not there to be given away");
        _free = Plenty;
        Assert.That(keeper.FirstToKeep(End, Keep("100MB")), Is.EqualTo(13UL), "what has gone has gone");
        for (ulong number = 10; number < 29; number++)
            File.Delete(WalSegmentFile.PathOf(_data, new WalSegment(TimelineId.First, number), SegmentSize));
        _free = 0;
        Assert.That(keeper.FirstToKeep(End, Keep("100MB")), Is.EqualTo(30UL), "never the one that is being received");
    }

    [Test]
    public void Ages_survive_the_process_and_a_damaged_file_makes_nothing_older()
    {
        RelayKeeper first = Keeper();
        first.FirstToKeep(End, Keep("1h"));
        first.Store();
        ReceivedTimes stored = ReceivedTimes.TryParse(File.ReadAllBytes(_data.ReceivedTimes))!;
        stored.Clock += (long)TimeSpan.FromHours(1).TotalMilliseconds;
        File.WriteAllBytes(_data.ReceivedTimes, stored.ToBytes());
        Assert.That(Keeper().FirstToKeep(End + 5 * SegmentSize, Keep("1h")), Is.EqualTo(30UL), "an hour of running later");
        File.WriteAllText(_data.ReceivedTimes, "what is this");
        Assert.That(Keeper().FirstToKeep(End + 5 * SegmentSize, Keep("1h")), Is.EqualTo(1UL));
    }

    private static Lsn End => new(30UL * SegmentSize + 100);

    private static RelayKeep Keep(string setting) => RelayKeep.Of(SettingValues.Defaults.With("pgrepl.relay_keep", setting, SettingSource.CommandLine));

    private RelayKeeper Keeper() => new(_data, SegmentSize, _log, () => _free);
}
