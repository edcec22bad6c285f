using Pgrepl.Cli.Rejoin;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Tests.Rejoin;

public sealed class RewindPagesTests
{
    private const int Size = 1 << 20;

    private static readonly TimelineId One = new(1), Two = new(2);

    private TestFolder _folder = null!;
    private DataDirectory _data = null!;
    private readonly byte[] _page = new byte[WalFormat.PageSize];

    [SetUp]
    public void SetUp()
    {
        _folder = new TestFolder();
        _data = _folder.Directory("node");
        Directory.CreateDirectory(_data.Wal);
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void Each_segment_comes_from_one_file_forward_and_back()
    {
        // Timeline 1 up to the middle of segment 2, then timeline 2.
        foreach ((TimelineId timeline, ulong number) in ((TimelineId, ulong)[])[(One, 1), (One, 2), (One, 3), (Two, 2), (Two, 3)])
            Make(timeline, number, Size);
        using RewindPages source = Source();
        Assert.That(new ulong[] { 1, 2, 3, 2, 1 }.Select(number => FillOf(source, number)), Is.EqualTo(new[] { 0x11, 0x22, 0x23, 0x22, 0x11 }));
    }

    [Test]
    public void An_older_timelines_file_does_not_stand_in()
    {
        Make(One, 2, Size);
        Make(One, 3, Size);
        using RewindPages source = Source();
        using SegmentPageSource recovery = new(_data, Size, History());
        string missing = WalSegmentFile.PathOf(_data, new WalSegment(Two, 2), Size);
        Assert.That(source.ReadPage(At(2), 24, At(2), _page), Is.EqualTo(WalPageResult.Failed($"could not open file \"{missing}\": No such file or directory")));
        Assert.That(recovery.ReadPage(At(2), 24, At(2), _page).Status, Is.EqualTo(WalPageStatus.Available), "in recovery it does");
    }

    [Test]
    public void A_short_file_is_said_to_be_one()
    {
        Make(Two, 2, WalFormat.PageSize + 100);
        using RewindPages source = Source();
        Assert.That(source.ReadPage(At(2), 24, At(2), _page).Status, Is.EqualTo(WalPageStatus.Available));
        Lsn second = At(2) + WalFormat.PageSize;
        string path = WalSegmentFile.PathOf(_data, new WalSegment(Two, 2), Size);
        Assert.That(source.ReadPage(second, 24, second, _page), Is.EqualTo(WalPageResult.Failed($"could not read file \"{path}\": read 100 of 8192")));
    }

    private static Lsn At(ulong number) => new(number * Size);

    private static TimelineHistory History() => TimelineHistory.Parse(Two, System.Text.Encoding.UTF8.GetBytes($"1\t{At(2) + Size / 2}\tx\n"));

    private RewindPages Source() => new(_data, Size, History());

    private void Make(TimelineId timeline, ulong number, int length)
    {
        byte[] bytes = new byte[length];
        bytes.AsSpan().Fill((byte)(timeline.Value * 16 + number));
        File.WriteAllBytes(WalSegmentFile.PathOf(_data, new WalSegment(timeline, number), Size), bytes);
    }

    private int FillOf(RewindPages source, ulong number)
    {
        WalPageResult result = source.ReadPage(At(number), WalFormat.PageSize, At(number), _page);
        Assert.That(result.Status, Is.EqualTo(WalPageStatus.Available), result.Error);
        return _page[^1];
    }
}
