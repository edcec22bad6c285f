namespace Pgrepl.Wal.Tests;

public sealed class WalPositionsTests
{
    [TestCase(1 << 20)]
    [TestCase(16 << 20)]
    [TestCase(1 << 30)]
    public void Positions_round_trip_and_differ_only_at_page_boundaries(int segmentSize)
    {
        var positions = new WalPositions(segmentSize);
        Random random = Seed.New();
        for (int round = 0; round < 20_000; round++)
        {
            ulong usable = round < 10_000 ? (ulong)round * 8 : (ulong)random.NextInt64(1L << 50);
            Lsn start = positions.StartFromUsableBytes(usable);
            Lsn end = positions.EndFromUsableBytes(usable);
            Assert.That(positions.ToUsableBytes(start), Is.EqualTo(usable));
            Assert.That(positions.ToUsableBytes(end), Is.EqualTo(usable));
            Assert.That(start.PageOffset, Is.GreaterThanOrEqualTo(WalFormat.PageHeaderSize(start.PageStart, segmentSize)));
            if (start != end)
            {
                Assert.That(end.PageOffset, Is.Zero);
                Assert.That(start.BytesSince(end), Is.EqualTo(WalFormat.PageHeaderSize(end, segmentSize)));
            }
        }
    }

    [Test]
    public void Known_positions()
    {
        var positions = new WalPositions(16 << 20);
        Assert.That(positions.StartFromUsableBytes(0), Is.EqualTo(new Lsn(40)));
        Assert.That(positions.EndFromUsableBytes(0), Is.EqualTo(new Lsn(0)));
        Assert.That(positions.StartFromUsableBytes(8152), Is.EqualTo(new Lsn(8192 + 24)));
        Assert.That(positions.EndFromUsableBytes(8152), Is.EqualTo(new Lsn(8192)));
        Assert.That(positions.ToUsableBytes(new Lsn(16 << 20)), Is.EqualTo(2048ul * 8168 - 16));
        Assert.That(() => positions.ToUsableBytes(new Lsn(8192 + 23)), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => positions.ToUsableBytes(new Lsn((16 << 20) + 39)), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Laying_a_record_ends_where_the_arithmetic_says()
    {
        Random random = Seed.New();
        var log = new TestLog();
        var positions = new WalPositions(log.SegmentSize);
        for (int round = 0; round < 500; round++)
        {
            Lsn start = log.InsertPosition;
            LogRecord record = log.AppendOfSize(24 + random.Next(random.Next(2) == 0 ? 200 : 20_000) / 3 * 3 + 3, random);
            ulong end = positions.ToUsableBytes(start) + WalFormat.Align((ulong)record.Bytes.Length);
            Assert.That(record.End, Is.EqualTo(positions.EndFromUsableBytes(end)));
        }
    }
}
