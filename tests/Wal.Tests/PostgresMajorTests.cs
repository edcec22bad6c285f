using System.Buffers.Binary;

namespace Pgrepl.Wal.Tests;

/// <summary>What one major's WAL may have and another's may not. Real WAL of every major is in tests/Interop/MajorTests.cs.</summary>
public sealed class PostgresMajorTests
{
    private const string Relation = "7F060000" + "05000000" + "00400000"; // 1663/5/16384
    private const string Block = "07000000";
    private const string ImageOf4 = "00" + "10" + "0000" + "0400" + "0000";
    private const string Rest = Relation + Block + "FF01" + "11223344" + "AB";

    private static IEnumerable<PostgresMajor> Majors => PostgresMajor.All;

    [TestCaseSource(nameof(Majors))]
    public void A_page_is_of_one_major(PostgresMajor major)
    {
        TestLog log = Of(major, RawRecord.Make(Convert.FromHexString("FF01AB"), Lsn.Invalid));
        foreach (PostgresMajor reader in PostgresMajor.All)
            Assert.That(Error(log, reader), reader == major ? Is.Null : Is.EqualTo($"invalid magic number {major.PageMagic:X4} in log segment 000000010000000000000001, offset 0"), $"read as {reader}");
    }

    [TestCase("FC2A000000FF01AB", 13, "invalid block_id 252 at 0/0")]
    [TestCase("FC2A000000FF01AB", 14, null)]
    [TestCase(ImageOf4 + "02" + Rest, 14, null, Description = "compressed")]
    [TestCase(ImageOf4 + "02" + Rest, 15, "BKPIMAGE_HAS_HOLE not set, but hole offset 0 length 8188 at 0/0", Description = "to be applied")]
    [TestCase(ImageOf4 + "04" + Rest, 14, "BKPIMAGE_HAS_HOLE not set, but hole offset 0 length 8188 at 0/0", Description = "to be applied")]
    [TestCase(ImageOf4 + "04" + Rest, 15, null, Description = "compressed")]
    public void Fragments_are_judged_as_the_major_does(string fragments, int major, string? error) =>
        Assert.That(Error(Of(PostgresMajor.Of(major), RawRecord.Make(Convert.FromHexString(fragments), Lsn.Invalid)), PostgresMajor.Of(major)), Is.EqualTo(error));

    [TestCase(14, "invalid resource manager ID 128 at 0/100028")]
    [TestCase(15, null)]
    public void Extensions_have_resource_managers_from_15_on(int major, string? error)
    {
        byte[] record = RawRecord.Make(Convert.FromHexString("FF01AB"), Lsn.Invalid);
        record[17] = ResourceManagers.FirstCustom;
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(WalRecordHeader.CrcOffset), WalRecordHeader.ComputeCrc(record));
        Assert.That(Error(Of(PostgresMajor.Of(major), record), PostgresMajor.Of(major)), Is.EqualTo(error));
    }

    [Test]
    public void A_major_that_we_do_not_know_is_none()
    {
        Assert.That((PostgresMajor.TryOf(9), PostgresMajor.TryOf(19)), Is.EqualTo(((PostgresMajor?)null, (PostgresMajor?)null)));
        Assert.That(() => PostgresMajor.Of(9), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    /// <summary>One record, in pages of that major.</summary>
    private static TestLog Of(PostgresMajor major, byte[] record)
    {
        TestLog log = new();
        log.AppendRaw(record);
        BinaryPrimitives.WriteUInt16LittleEndian(log.Bytes, major.PageMagic);
        return log;
    }

    /// <returns>Null: the record is valid.</returns>
    private static string? Error(TestLog log, PostgresMajor major)
    {
        WalReader reader = new(new MemoryPages(log), major, log.SegmentSize, TestLog.SystemId);
        reader.BeginRead(log.Base);
        return reader.Read() == WalReadStatus.Record ? null : reader.Error ?? "the source ended";
    }
}
