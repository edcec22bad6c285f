namespace Pgrepl.Wal.Tests;

/// <summary>Records with a good CRC and odd fragments: the texts are compared with pg_waldump's.</summary>
public sealed class RecordFragmentsTests
{
    private const string Relation = "7F060000" + "05000000" + "00400000"; // 1663/5/16384
    private const string Block = "07000000";

    [TestCase("", null)]
    [TestCase("FF00", null, Description = "no main data")]
    [TestCase("FF02ABCD", null)]
    [TestCase("FE02000000ABCD", null)]
    [TestCase("FD0300FC2A000000FF01AB", null, Description = "origin and top-level xid")]
    [TestCase("00" + "20" + "0300" + Relation + Block + "FF01" + "112233" + "AB", null, Description = "a block with data")]
    [TestCase("00" + "20" + "0100" + Relation + Block + "05" + "A0" + "0100" + Block + "FF01" + "11" + "22" + "AB", null, Description = "the same relation again")]
    [TestCase("00" + "10" + "0000" + "0400" + "1000" + "07" + "F01F" + Relation + Block + "FF01" + "11223344" + "AB", null, Description = "a compressed image with a hole")]
    [TestCase("20" + "23" + "0300" + Relation + Block + "FF01" + "112233" + "AB", null, Description = "the last block id, an unknown fork")]
    [TestCase("00" + "60" + "0300" + Relation + Block + "FF01" + "112233" + "AB", null, Description = "WILL_INIT")]
    [TestCase("00" + "10" + "0000" + "0400" + "1000" + "01" + Relation + Block + "FF01" + "11223344" + "AB", null, Description = "a hole that leaves 4 bytes")]
    [TestCase("00" + "10" + "0000" + "0400" + "FFFF" + "01" + Relation + Block + "FF01" + "11223344" + "AB", null, Description = "a hole behind the block's end")]
    [TestCase("00" + "10" + "0000" + "0400" + "0000" + "08" + Relation + Block + "FF01" + "11223344" + "AB", null, Description = "LZ4")]
    [TestCase("00" + "10" + "0000" + "0400" + "0000" + "10" + Relation + Block + "FF01" + "11223344" + "AB", null, Description = "zstd")]
    [TestCase("00" + "10" + "0000" + "0400" + "0000" + "1C" + Relation + Block + "FF01" + "11223344" + "AB", null, Description = "compressed three times")]
    [TestCase("00" + "10" + "0000" + "0400" + "0000" + "E4" + Relation + Block + "FF01" + "11223344" + "AB", null, Description = "image bits that mean nothing")]
    [TestCase("00" + "20" + "0300" + Relation + Block + "112233", null, Description = "block data and no main data")]
    [TestCase("FD0300", null, Description = "an origin alone")]
    [TestCase("FE00000000", null, Description = "long main data of no length")]
    [TestCase("FF00AB", "record with invalid length at")]
    [TestCase("FF", "record with invalid length at")]
    [TestCase("FE", "record with invalid length at")]
    [TestCase("FD03", "record with invalid length at")]
    [TestCase("FC2A0000", "record with invalid length at")]
    [TestCase("00", "record with invalid length at")]
    [TestCase("0020", "record with invalid length at")]
    [TestCase("00" + "10" + "0000" + "0400" + "0000", "record with invalid length at")]
    [TestCase("00" + "10" + "0000" + "0400" + "0000" + "05" + "10", "record with invalid length at")]
    [TestCase("00" + "20" + "0300" + "7F060000" + "05000000" + "004000", "record with invalid length at")]
    [TestCase("00" + "20" + "FFFF" + Relation + Block + "FF01AB", "record with invalid length at", Description = "block data that is not there")]
    [TestCase("00" + "20" + "0300" + Relation + Block + "FF02" + "112233" + "AB", "record with invalid length at")]
    [TestCase("05" + "20" + "0100" + Relation + Block + "04" + "A0" + "0100" + Block + "FF01" + "1122AB", "out-of-order block_id 4 at")]
    [TestCase("00" + "10" + "0000" + "0400" + "0000" + "01" + Relation + Block + "FF01AB", "BKPIMAGE_HAS_HOLE set, but hole offset 0 length 8188 block image length 4 at")]
    [TestCase("00" + "10" + "0000" + "0400" + "1000" + "05" + "0000" + Relation + Block + "FF01AB", "BKPIMAGE_HAS_HOLE set, but hole offset 16 length 0 block image length 4 at")]
    [TestCase("00" + "10" + "0000" + "0020" + "1000" + "05" + "1000" + Relation + Block + "FF01AB", "BKPIMAGE_HAS_HOLE set, but hole offset 16 length 16 block image length 8192 at")]
    [TestCase("00" + "10" + "0000" + "0120" + "1000" + "00" + Relation + Block + "FF01AB", "BKPIMAGE_HAS_HOLE not set, but hole offset 16 length 65535 at")]
    [TestCase("00" + "10" + "0000" + "0400" + "0000" + "00" + Relation + Block + "FF01AB", "BKPIMAGE_HAS_HOLE not set, but hole offset 0 length 8188 at")]
    [TestCase("00" + "10" + "0000" + "0400" + "1000" + "04" + Relation + Block + "FF01AB", "BKPIMAGE_HAS_HOLE not set, but hole offset 16 length 0 at")]
    [TestCase("00" + "10" + "0000" + "0020" + "0000" + "10" + Relation + Block + "FF01AB", "BKPIMAGE_COMPRESSED set, but block image length 8192 at")]
    [TestCase("FF03ABCD", "record with invalid length at")]
    [TestCase("FF01ABCD", "record with invalid length at")]
    [TestCase("FE0200", "record with invalid length at")]
    [TestCase("FEFFFFFFFFAB", "record with invalid length at")]
    [TestCase("21", "invalid block_id 33 at")]
    [TestCase("FB", "invalid block_id 251 at")]
    [TestCase("00" + "20" + "0100" + Relation + Block + "00" + "A0" + "0100" + Block + "FF01" + "1122AB", "out-of-order block_id 0 at")]
    [TestCase("00" + "20" + "0000" + Relation + Block + "FF01AB", "BKPBLOCK_HAS_DATA set, but no data included at")]
    [TestCase("00" + "00" + "0300" + Relation + Block + "FF01AB", "BKPBLOCK_HAS_DATA not set, but data length is 3 at")]
    [TestCase("00" + "10" + "0000" + "0020" + "0000" + "01" + Relation + Block + "FF01AB", "BKPIMAGE_HAS_HOLE set, but hole offset 0 length 0 block image length 8192 at")]
    [TestCase("00" + "10" + "0000" + "0400" + "1000" + "00" + Relation + Block + "FF01AB", "BKPIMAGE_HAS_HOLE not set, but hole offset 16 length 8188 at")]
    [TestCase("00" + "10" + "0000" + "0020" + "0000" + "04" + Relation + Block + "FF01AB", "BKPIMAGE_COMPRESSED set, but block image length 8192 at")]
    [TestCase("00" + "A0" + "0100" + Block + "FF01" + "11AB", "BKPBLOCK_SAME_REL set but no previous rel at")]
    [TestCase("00" + "20" + "0100" + Relation + "0700", "record with invalid length at")]
    public void Fragments_are_judged_as_postgres_does(string fragments, string? error)
    {
        using var folder = new TemporaryFolder();
        var log = new TestLog();
        Random random = Seed.New();
        LogRecord before = log.AppendOfSize(50, random);
        LogRecord record = log.AppendRaw(RawRecord.Make(Convert.FromHexString(fragments), before.Start));
        LogRecord after = log.AppendOfSize(50, random);
        log.Save(folder.Path);
        ProgramOutput dump = PostgresTools.Run(PostgresTools.Find("pg_waldump"), "-p", folder.Path, "000000010000000000000001");

        WalReader reader = log.Reader();
        reader.BeginRead(before.Start);
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record), reader.Error);
        WalReadStatus status = reader.Read();
        if (error is null)
        {
            Assert.That(status, Is.EqualTo(WalReadStatus.Record), reader.Error);
            Assert.That(reader.MainData.ToArray(), Is.SupersetOf(fragments.EndsWith("AB", StringComparison.Ordinal) ? new byte[] { 0xAB } : []));
            Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record), reader.Error);
            Assert.That(dump.Lines, Has.Length.EqualTo(3), dump.Errors);
            return;
        }
        Assert.That(status, Is.EqualTo(WalReadStatus.Invalid));
        Assert.That(reader.Error, Is.EqualTo($"{error} {before.Start}"));
        Assert.That((reader.ErrorPosition, reader.NextRecordPosition), Is.EqualTo((record.Start, record.Start)));
        Assert.That(dump.Errors, Is.EqualTo($"pg_waldump: error: error in WAL record at {before.Start}: {error} {before.Start}"));
        Assert.That(after.Start, Is.GreaterThan(record.Start));
    }

    [Test]
    public void Origin_top_level_xid_and_blocks_are_told()
    {
        var log = new TestLog();
        log.AppendRaw(RawRecord.Make(Convert.FromHexString("03" + "20" + "0100" + Relation + Block + "FD0300" + "FC2A000000" + "FF02" + "11" + "ABCD"), Lsn.Invalid));
        WalReader reader = log.Reader();
        reader.BeginRead(log.Base);
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record), reader.Error);
        Assert.That((reader.Origin, reader.TopLevelXid, reader.MaxBlockId), Is.EqualTo(((ushort)3, 42u, 3)));
        Assert.That(reader.MainData.ToArray(), Is.EqualTo(new byte[] { 0xAB, 0xCD }));
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Invalid));
        Assert.That((reader.Origin, reader.TopLevelXid, reader.MaxBlockId, reader.MainData.Length), Is.EqualTo(((ushort)0, 0u, -1, 0)));
    }

    [Test]
    public void An_uncompressed_image_is_a_whole_block_or_has_a_hole()
    {
        byte[] head = Convert.FromHexString("00" + "10" + "0000" + "0020" + "0000" + "02" + Relation + Block + "FF01");
        byte[] image = new byte[8192];
        var log = new TestLog();
        LogRecord record = log.AppendRaw(RawRecord.Make([.. head, .. image, 0xAB], Lsn.Invalid));
        WalReader reader = log.Reader();
        reader.BeginRead(record.Start);
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record), reader.Error);
        Assert.That(reader.MainData.ToArray(), Is.EqualTo(new byte[] { 0xAB }));
    }
}
