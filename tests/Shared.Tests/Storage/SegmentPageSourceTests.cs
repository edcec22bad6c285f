using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Tests.Storage;

public sealed class SegmentPageSourceTests
{
    private const int Size = 1 << 20;
    private const int Page = WalFormat.PageSize;

    private static readonly TimelineId One = new(1), Two = new(2), Three = new(3);

    private TestDirectory _directory = null!;
    private readonly byte[] _page = new byte[Page];

    [SetUp]
    public void SetUp() => _directory = new TestDirectory();

    [TearDown]
    public void TearDown() => _directory.Dispose();

    [Test]
    public void A_page_comes_from_the_file_of_its_timeline()
    {
        // Timeline 1 up to segment 2 page 4, then timeline 2.
        Lsn fork = At(2, 4);
        foreach ((TimelineId timeline, ulong number) in ((TimelineId, ulong)[])[(One, 1), (One, 2), (One, 3), (Two, 2), (Two, 3)])
            MakeSegment(timeline, number, (byte)(timeline.Value * 16 + number));
        using SegmentPageSource source = Source(Two, $"1\t{fork}\tx\n");
        Assert.Multiple(() =>
        {
            Assert.That(FillOf(source, At(1, 0)), Is.EqualTo(0x11));
            Assert.That(FillOf(source, At(2, 0)), Is.EqualTo(0x22), "the switch segment is read from the next timeline's file");
            Assert.That(FillOf(source, At(3, 0)), Is.EqualTo(0x23), "the old timeline's later segments are not part of the history");
            Assert.That(source.ReadPage(At(2, 0), Page, At(2, 0), _page).FileTimeline, Is.EqualTo(Two));
        });
    }

    [Test]
    public void The_old_file_serves_up_to_the_switch_point_when_the_new_one_is_missing()
    {
        Lsn fork = At(2, 4) + 100;
        MakeSegment(One, 2, 0x12);
        using SegmentPageSource source = Source(Two, $"1\t{fork}\tx\n");
        WalPageResult last = source.ReadPage(At(2, 4), 24, At(2, 4), _page);
        WalPageResult beyond = source.ReadPage(At(2, 4), 101, At(2, 4), _page);
        Assert.Multiple(() =>
        {
            Assert.That((last.Status, last.ValidBytes), Is.EqualTo((WalPageStatus.Available, 100)));
            Assert.That(beyond, Is.EqualTo(WalPageResult.Failed("could not open file \"pg_wal/000000020000000000000002\": No such file or directory")));
            Assert.That(source.ReadPage(At(2, 5), 24, At(2, 5), _page).Status, Is.EqualTo(WalPageStatus.Failed));
        });
        MakeSegment(Two, 2, 0x22);
        Assert.That(FillOf(source, At(2, 4)), Is.EqualTo(0x22), "the new file is found when it appears");
    }

    [Test]
    public void Several_switches_in_one_segment_are_all_in_the_newest_file()
    {
        MakeSegment(One, 2, 0x12);
        MakeSegment(Three, 2, 0x32);
        using SegmentPageSource source = Source(Three, $"1\t{At(2, 1)}\tx\n2\t{At(2, 3)}\ty\n");
        Assert.That(FillOf(source, At(2, 0)), Is.EqualTo(0x32));
        File.Delete(WalSegmentFile.PathOf(_directory.Data, new WalSegment(Three, 2), Size));
        source.Close();
        Assert.That(FillOf(source, At(2, 0)), Is.EqualTo(0x12));
        Assert.That(source.ReadPage(At(2, 2), 24, At(2, 2), _page).Status, Is.EqualTo(WalPageStatus.Failed), "timeline 2's file is not there, timeline 1's had ended");
    }

    [Test]
    public void Bytes_at_the_limit_are_not_there_yet()
    {
        MakeSegment(One, 1, 0x11);
        using SegmentPageSource source = Source(One, "");
        source.Limit = At(1, 2) + 40;
        Assert.Multiple(() =>
        {
            Assert.That(source.ReadPage(At(1, 1), 24, At(1, 1), _page).ValidBytes, Is.EqualTo(Page));
            Assert.That(source.ReadPage(At(1, 2), 40, At(1, 2), _page).ValidBytes, Is.EqualTo(40));
            Assert.That(source.ReadPage(At(1, 2), 41, At(1, 2), _page), Is.EqualTo(WalPageResult.NotYet));
            Assert.That(source.ReadPage(At(9, 0), 24, At(9, 0), _page), Is.EqualTo(WalPageResult.NotYet), "a segment that is not there yet");
        });
    }

    [Test]
    public void A_short_file_is_told_as_PostgreSQL_does()
    {
        File.WriteAllBytes(WalSegmentFile.PathOf(_directory.Data, new WalSegment(One, 1), Size), new byte[Page + 10]);
        using SegmentPageSource source = Source(One, "");
        Assert.That(source.ReadPage(At(1, 1), 24, At(1, 1), _page).Error, Is.EqualTo("could not read from log segment 000000010000000000000001, offset 8192: read 10 of 8192"));
    }

    [Test]
    public void What_the_disk_keeps_back_is_not_the_end_of_WAL()
    {
        Directory.CreateDirectory(WalSegmentFile.PathOf(_directory.Data, new WalSegment(One, 1), Size)); // it can be opened, and every read fails
        using SegmentPageSource source = Source(One, "");
        Assert.That(() => source.ReadPage(At(1, 1), 24, At(1, 1), _page),
            Throws.TypeOf<PgException>().With.Message.EqualTo("could not read from log segment 000000010000000000000001, offset 8192: Is a directory"));
    }

    private static Lsn At(ulong segment, ulong page) => new(segment * Size + page * Page);

    private SegmentPageSource Source(TimelineId target, string history) =>
        new(_directory.Data, Size, TimelineHistory.Parse(target, System.Text.Encoding.UTF8.GetBytes(history)));

    private void MakeSegment(TimelineId timeline, ulong number, byte fill)
    {
        byte[] bytes = new byte[Size];
        Array.Fill(bytes, fill);
        File.WriteAllBytes(WalSegmentFile.PathOf(_directory.Data, new WalSegment(timeline, number), Size), bytes);
    }

    /// <summary>What the page is full of.</summary>
    private int FillOf(SegmentPageSource source, Lsn page)
    {
        WalPageResult result = source.ReadPage(page, 24, page, _page);
        Assert.That(result.Status, Is.EqualTo(WalPageStatus.Available), result.Error);
        return _page[0];
    }
}
