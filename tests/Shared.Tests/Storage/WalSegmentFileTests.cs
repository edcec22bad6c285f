using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Tests.Storage;

public sealed class WalSegmentFileTests : WithTestDirectory
{
    private const int Size = 1 << 20;

    private static readonly WalSegment First = new(TimelineId.First, 1);

    [TestCase(SegmentFill.Zeros)]
    [TestCase(SegmentFill.Allocate)]
    public void A_new_segment_is_all_zeros_and_full_size(SegmentFill fill)
    {
        Assert.That(WalSegmentFile.Create(Data, First, Size, fill), Is.True);
        string path = Path.Combine(Data.Wal, "000000010000000000000001");
        Assert.Multiple(() =>
        {
            Assert.That(File.ReadAllBytes(path), Is.EqualTo(new byte[Size]));
            Assert.That(Directory.GetFiles(Data.Wal), Is.EqualTo(new[] { path }), "the temporary file is gone");
        });
    }

    [Test]
    public void Create_leaves_an_existing_segment_alone()
    {
        WalSegmentFile.Create(Data, First, Size);
        using (WalSegmentFile file = WalSegmentFile.OpenWrite(Data, First, Size))
            file.Write(8192, "hello"u8);
        Assert.That(WalSegmentFile.Create(Data, First, Size), Is.False);
        using WalSegmentFile again = WalSegmentFile.OpenOrCreate(Data, First, Size);
        byte[] buffer = new byte[5];
        Assert.That((again.Read(8192, buffer), Directory.GetFiles(Data.Wal).Length), Is.EqualTo((5, 1)));
        Assert.That(buffer, Is.EqualTo("hello"u8.ToArray()));
    }

    [Test]
    public void A_write_reads_back_and_syncs()
    {
        using WalSegmentFile file = WalSegmentFile.OpenOrCreate(Data, First, Size);
        byte[] written = new byte[100_000];
        new Random(3).NextBytes(written);
        file.Write(Size - written.Length, written);
        file.SyncData();
        byte[] read = new byte[written.Length + 10];
        using WalSegmentFile reader = WalSegmentFile.OpenRead(Data, First, Size);
        Assert.That(reader.Read(Size - written.Length, read), Is.EqualTo(written.Length), "short at the end of the file");
        Assert.That(read[..written.Length], Is.EqualTo(written));
    }

    [Test]
    public void A_write_beyond_the_segment_is_refused()
    {
        using WalSegmentFile file = WalSegmentFile.OpenOrCreate(Data, First, Size);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Write(Size - 1, new byte[2]));
    }

    [Test]
    public void A_segment_of_the_wrong_size_is_not_opened_for_writing()
    {
        File.WriteAllBytes(WalSegmentFile.PathOf(Data, First, Size), new byte[100]);
        Assert.That(Assert.Throws<PgException>(() => WalSegmentFile.OpenWrite(Data, First, Size))!.SqlState, Is.EqualTo(SqlStates.DataCorrupted));
    }

    [Test]
    public void A_removed_segment_is_58P01()
    {
        Assert.That(Assert.Throws<PgException>(() => WalSegmentFile.OpenRead(Data, First, Size))!.SqlState, Is.EqualTo(SqlStates.UndefinedFile));
        Assert.That(WalSegmentFile.TryOpenRead(Data, First, Size), Is.Null);
    }

    [Test]
    public void Recycle_renames_and_never_replaces()
    {
        var future = new WalSegment(TimelineId.First, 9);
        var taken = new WalSegment(TimelineId.First, 8);
        WalSegmentFile.Create(Data, First, Size);
        WalSegmentFile.Create(Data, taken, Size);
        Assert.Multiple(() =>
        {
            Assert.That(WalSegmentFile.Recycle(Data, First, taken, Size), Is.False);
            Assert.That(WalSegmentFile.Recycle(Data, First, future, Size), Is.True);
            Assert.That(WalDirectory.List(Data, Size), Is.EqualTo(new[] { taken, future }));
        });
    }

    [Test]
    public void The_list_is_in_order_and_holds_segments_only()
    {
        var two = new TimelineId(2);
        foreach (string name in (string[])["000000020000000000000003", "000000010000000000000003", "000000010000000000000002", "000000010000000000000001.partial",
            "00000003.history", "xlogtemp.17", "00000004.history.tmp.17", "00000001000000000000000G", "000000010000000000001000"])
            File.WriteAllBytes(Path.Combine(Data.Wal, name), []);
        Directory.CreateDirectory(Data.ArchiveStatus);
        Assert.That(WalDirectory.List(Data, Size), Is.EqualTo(new[]
        {
            new WalSegment(TimelineId.First, 2), new WalSegment(TimelineId.First, 3), new WalSegment(two, 3),
        }), "0x1000 is no low part of a 1 MiB segment");
        Assert.That(WalDirectory.NewestTimeline(Data), Is.EqualTo(new TimelineId(3)));
        WalDirectory.RemoveTemporaryFiles(Data);
        WalDirectory.Remove(Data, [new WalSegment(two, 3), new WalSegment(two, 4)], Size);
        Assert.Multiple(() =>
        {
            Assert.That(WalDirectory.List(Data, Size), Has.Count.EqualTo(2));
            Assert.That(WalDirectory.Exists(Data, new WalSegment(two, 3), Size), Is.False);
            Assert.That(File.Exists(Path.Combine(Data.Wal, "xlogtemp.17")), Is.False);
            Assert.That(Directory.GetFiles(Data.Wal, "*.tmp.*"), Is.Empty);
            Assert.That(File.Exists(Path.Combine(Data.Wal, "00000003.history")), Is.True);
        });
    }
}
