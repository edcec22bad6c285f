namespace Pgrepl.Wal.Tests;

public sealed class LayoutTests
{
    // As in a new cluster's 000000010000000000000001, but for the system id. Real files: PgWaldumpTests.
    private static readonly byte[] LongHeader = Convert.FromHexString("10D10200010000000000000100000000" + "0000000000000000" + "8877665544332211" + "00000001" + "00200000");

    [Test]
    public void Page_header_reads_and_writes_its_bytes()
    {
        byte[] bytes = Convert.FromHexString("10D1050003000000F0DEBC9A7856341200E1F50500000000");
        WalPageHeader header = WalPageHeader.Read(bytes)!.Value;
        Assert.That(header, Is.EqualTo(new WalPageHeader(WalFormat.PageMagic, WalPageFlags.FirstIsContrecord | WalPageFlags.BackupRemovable,
            new TimelineId(3), new Lsn(0x123456789ABCDEF0), 100_000_000)));
        Assert.That(header.HeaderSize, Is.EqualTo(24));
        Assert.That(Written(WalPageHeader.Size, header.Write), Is.EqualTo(bytes));
        Assert.That(WalPageHeader.Read(bytes.AsSpan(1)), Is.Null);
    }

    [Test]
    public void Long_page_header_reads_and_writes_its_bytes()
    {
        WalLongPageHeader header = WalLongPageHeader.Read(LongHeader)!.Value;
        Assert.That(header, Is.EqualTo(new WalLongPageHeader(
            new WalPageHeader(WalFormat.PageMagic, WalPageFlags.LongHeader, TimelineId.First, new Lsn(0x1000000), 0), 0x1122334455667788, 16 << 20, 8192)));
        Assert.That(header.Short.HeaderSize, Is.EqualTo(40));
        Assert.That(Written(WalLongPageHeader.Size, header.Write), Is.EqualTo(LongHeader));
        Assert.That(WalLongPageHeader.Read(LongHeader.AsSpan(1)), Is.Null);
    }

    [Test]
    public void Record_header_reads_and_writes_its_bytes()
    {
        byte[] bytes = Convert.FromHexString("72000000" + "2A000000" + "2800000100000000" + "D1" + "15" + "0000" + "EFBEADDE");
        WalRecordHeader header = WalRecordHeader.Read(bytes)!.Value;
        Assert.That(header, Is.EqualTo(new WalRecordHeader(114, 42, new Lsn(0x1000028), 0xD1, ResourceManagerId.LogicalMessage, 0xDEADBEEF)));
        Assert.That(header.Operation, Is.EqualTo(0xD0));
        Assert.That(Written(WalRecordHeader.Size, header.Write), Is.EqualTo(bytes));
        Assert.That(WalRecordHeader.Read(bytes.AsSpan(1)), Is.Null);
    }

    [Test]
    public void Checkpoint_reads_and_writes_its_bytes()
    {
        byte[] bytes = Convert.FromHexString("2800000100000000" + "02000000" + "01000000" + "0100000000000000" + "E302000001000000" + "1E400000" + "01000000" + "02000000"
            + "D7020000" + "01000000" + "03000000" + "04000000" + "00000000" + "0011223344000000" + "05000000" + "06000000" + "07000000" + "00000000");
        Assert.That(bytes, Has.Length.EqualTo(Checkpoint.Size));
        Checkpoint checkpoint = Checkpoint.Read(bytes)!.Value;
        Assert.That(checkpoint, Is.EqualTo(new Checkpoint(new Lsn(0x1000028), new TimelineId(2), new TimelineId(1), true, 0x1000002E3, 16414, 1, 2,
            727, 1, 3, 4, 0x4433221100, 5, 6, 7)));
        Assert.That(Written(Checkpoint.Size, checkpoint.Write), Is.EqualTo(bytes));
        Assert.That(Checkpoint.Read(bytes.AsSpan(1)), Is.Null);
    }

    [Test]
    public void Writing_leaves_no_old_byte_and_touches_none_behind()
    {
        byte[] bytes = new byte[128];
        foreach ((int size, Action<byte[]> write) in new (int, Action<byte[]>)[]
        {
            (WalPageHeader.Size, b => default(WalPageHeader).Write(b)),
            (WalLongPageHeader.Size, b => default(WalLongPageHeader).Write(b)),
            (WalRecordHeader.Size, b => default(WalRecordHeader).Write(b)),
            (Checkpoint.Size, b => default(Checkpoint).Write(b)),
        })
        {
            Array.Fill(bytes, (byte)0xAA);
            write(bytes);
            Assert.That(bytes.AsSpan(0, size).ContainsAnyExcept((byte)0), Is.False);
            Assert.That(bytes.AsSpan(size).ContainsAnyExcept((byte)0xAA), Is.False);
        }
    }

    private delegate void Writer(Span<byte> target);

    private static byte[] Written(int size, Writer write)
    {
        byte[] bytes = new byte[size];
        Array.Fill(bytes, (byte)0xAA);
        write(bytes);
        return bytes;
    }
}
