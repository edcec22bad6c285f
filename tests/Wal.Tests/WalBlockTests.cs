namespace Pgrepl.Wal.Tests;

/// <summary>What the reader says of a record's block references.</summary>
public sealed class WalBlockTests
{
    [Test]
    public void Blocks_images_and_data_are_found_where_they_lie()
    {
        // Block 1: relation 1663/5/16384, vm, block 7, an uncompressed image of 8188 bytes with a hole of 4 at 16, applied, and data.
        // Block 3: the same relation, main, block 9, WILL_INIT, data alone. Block 2 is left out.
        byte[] image = new byte[8188];
        image.AsSpan().Fill(0x77);
        byte[] fragments =
        [
            1, 0x32, 2, 0, 0xFC, 0x1F, 16, 0, 0x03, 0x7F, 6, 0, 0, 5, 0, 0, 0, 0, 0x40, 0, 0, 7, 0, 0, 0,
            3, 0xE0, 3, 0, 9, 0, 0, 0,
            255, 1,
            .. image, 1, 2, 3, 4, 5, 0xAB,
        ];
        WalReader reader = ReadOne(fragments);
        Assert.That(reader.MaxBlockId, Is.EqualTo(3));
        Assert.That(new[] { -1, 0, 1, 2, 3, 4, 32, 33 }.Where(reader.HasBlock), Is.EqualTo(new[] { 1, 3 }));
        Assert.That(reader.TryGetBlock(1, out WalBlock block));
        Assert.That((block.Relation, block.Fork, block.Number, block.WillInit, block.HasImage), Is.EqualTo((new RelFileNode(1663, 5, 16384), 2, 7u, false, true)));
        Assert.That(block.Image, Is.EqualTo(new WalBlockImage(8188, 16, 4, 3, WalImageCompression.None, true)));
        Assert.That(reader.BlockImage(1).SequenceEqual(image));
        Assert.That(reader.BlockData(1).ToArray(), Is.EqualTo(new byte[] { 1, 2 }));
        Assert.That(reader.TryGetBlock(3, out block));
        Assert.That((block.Relation, block.Fork, block.Number, block.WillInit, block.HasImage), Is.EqualTo((new RelFileNode(1663, 5, 16384), 0, 9u, true, false)));
        Assert.That(reader.BlockData(3).ToArray(), Is.EqualTo(new byte[] { 3, 4, 5 }));
        Assert.That(reader.BlockImage(3).IsEmpty);
        Assert.That(reader.MainData.ToArray(), Is.EqualTo(new byte[] { 0xAB }));
        Assert.That(reader.TryGetBlock(2, out _), Is.False);
    }

    [TestCase(15, 0x07, WalImageCompression.Pglz, true)]
    [TestCase(15, 0x0B, WalImageCompression.Lz4, true)]
    [TestCase(18, 0x11, WalImageCompression.Zstd, false)]
    [TestCase(14, 0x07, WalImageCompression.Pglz, true)]
    [TestCase(10, 0x03, WalImageCompression.Pglz, false)]
    public void An_image_is_told_by_the_bits_of_its_major(int major, byte info, WalImageCompression compression, bool apply)
    {
        WalReader reader = ReadOne([0, 0x10, 0, 0, 4, 0, 16, 0, info, 0xF0, 0x1F, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 255, 0, 1, 2, 3, 4], PostgresMajor.Of(major));
        Assert.That(reader.Block(0).Image, Is.EqualTo(new WalBlockImage(4, 16, 0x1FF0, info, compression, apply)));
    }

    [Test]
    public void Blocks_of_one_record_are_not_the_next_ones()
    {
        var log = new TestLog();
        log.AppendRaw(RawRecord.Make([0, 0x20, 1, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 255, 0, 9], default));
        log.AppendMessage("x"u8);
        WalReader reader = log.Reader();
        reader.BeginRead(log.Records[0].Start);
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record));
        Assert.That(reader.HasBlock(0));
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record));
        Assert.That((reader.MaxBlockId, reader.HasBlock(0), reader.BlockData(0).Length), Is.EqualTo((-1, false, 0)));
        Assert.That(() => reader.Block(0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private static WalReader ReadOne(byte[] fragments, PostgresMajor? major = null)
    {
        var log = new TestLog();
        log.AppendRaw(RawRecord.Make(fragments, default));
        if (major is not null)
            BitConverter.TryWriteBytes(log.Bytes, major.PageMagic);
        var reader = new WalReader(new MemoryPages(log), major ?? PostgresMajor.LogCluster, log.SegmentSize, 0);
        reader.BeginRead(log.Records[0].Start);
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record), reader.Error);
        return reader;
    }
}
