using System.Buffers.Binary;
using System.Runtime.Versioning;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Tests.Storage;

[SupportedOSPlatform("linux")]
public sealed class RelayFileTests
{
    private static readonly RelayFileData Sample = new(0x0102030405060708, 150014, "15.14 (é)", 16 << 20, new TimelineId(3), new Lsn(0x1_0300_0000), new Lsn(0x1_0400_0028), new Lsn(0x1_03FF_FF00));

    [Test]
    public void What_is_written_reads_back()
    {
        using var directory = new TestDirectory();
        Assert.That(RelayFile.Exists(directory.Data), Is.False);
        RelayFile.Write(directory.Data, Sample);
        Assert.That(RelayFile.Exists(directory.Data));
        Assert.That(RelayFile.Read(directory.Data), Is.EqualTo(Sample));
        RelayFileData empty = Sample with { Validated = Lsn.Invalid, LastRecord = Lsn.Invalid };
        RelayFile.Write(directory.Data, empty);
        Assert.That(RelayFile.Read(directory.Data), Is.EqualTo(empty));
        Assert.That(Directory.GetFiles(directory.Data.Path), Has.Length.EqualTo(1), "nothing temporary is left");
    }

    [Test]
    public void Its_layout_is_the_one_that_is_documented()
    {
        byte[] bytes = Sample.ToBytes();
        Assert.That(bytes, Has.Length.EqualTo(128));
        Assert.That(bytes.AsSpan(0, 4).ToArray(), Is.EqualTo("PRLY"u8.ToArray()));
        Assert.That(Convert.ToHexString(bytes, 8, 58), Is.EqualTo("01000000FE49020008070605040302010000000103000000000000030100000028000004010000000" + "0FFFF0301000000" + "31352E31342028C3A929"));
        Assert.That(BinaryPrimitives.ReadInt64LittleEndian((Sample with { LastCommitTime = 0x0102_0304_0506_0708 }).ToBytes().AsSpan(120)), Is.EqualTo(0x0102_0304_0506_0708));
        Assert.That(BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4)), Is.EqualTo(Crc32C.Compute(bytes.AsSpan(8))));
    }

    [Test]
    public void Every_damaged_byte_is_noticed()
    {
        byte[] good = Sample.ToBytes();
        for (int i = 0; i < good.Length; i++)
        {
            byte[] bytes = [.. good];
            bytes[i] ^= 0x10;
            Assert.That(() => RelayFileData.Parse(bytes), Throws.TypeOf<PgException>().With.Message.EqualTo("file \"pgrepl.relay\" is damaged").And.Property("SqlState").EqualTo(SqlStates.DataCorrupted));
        }
        Assert.That(() => RelayFileData.Parse(good.AsSpan(0, 127).ToArray()), Throws.TypeOf<PgException>());
        Assert.That(() => RelayFileData.Parse([]), Throws.TypeOf<PgException>());
    }

    [Test]
    public void Another_version_and_what_cannot_be_are_refused()
    {
        Assert.That(() => RelayFileData.Parse(With(8, 2)), Throws.TypeOf<PgException>().With.Property("SqlState").EqualTo(SqlStates.FeatureNotSupported));
        foreach ((int offset, uint value) in new[] { (24, 12345u), (28, 0u), (32, 8u), (40, 0x200u), (48, 0x0400_0028u) })
            Assert.That(() => RelayFileData.Parse(With(offset, value)), Throws.TypeOf<PgException>().With.Property("SqlState").EqualTo(SqlStates.DataCorrupted), $"{value} at {offset}");
    }

    /// <summary>The sample with one field's low half changed, and a checksum that fits.</summary>
    private static byte[] With(int offset, uint value)
    {
        byte[] bytes = Sample.ToBytes();
        if (offset >= 32)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(offset), offset == 48 ? 0x1_0000_0000UL | value : value);
        else
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(offset), value);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), Crc32C.Compute(bytes.AsSpan(8)));
        return bytes;
    }
}
