namespace Pgrepl.Wal.Tests;

/// <summary>What RestoreBlockImage says, and pglz by hand.</summary>
public sealed class RestoreTests
{
    private const string Relation = "7F060000" + "05000000" + "00400000", Block = "07000000";

    [TestCase("", "", Description = "nothing")]
    [TestCase("00" + "6162", "6162", Description = "literals")]
    [TestCase("04" + "6162" + "0202", "61626162616261", Description = "a copy of 5 that reaches into itself")]
    [TestCase("02" + "61" + "0F01" + "02", "61" + "6161616161616161616161616161616161616161", Description = "18 and 2 more")]
    [TestCase("02" + "61" + "0F01" + "FF", "61616161", Description = "a copy that is longer than the page needs")]
    [TestCase("02" + "61" + "0F01", null, Description = "a third byte is missing")]
    [TestCase("02" + "61" + "02", null, Description = "a second byte is missing")]
    [TestCase("02" + "61" + "0000", null, Description = "an offset of 0")]
    [TestCase("02" + "61" + "0002", null, Description = "an offset before the start")]
    [TestCase("01" + "0001", null, Description = "nothing to copy yet")]
    [TestCase("00" + "61", null, Description = "too short")]
    [TestCase("00" + "616263646566", null, Description = "too long")]
    public void Pglz_is_decompressed_or_refused(string compressed, string? expected)
    {
        byte[] target = new byte[expected is null ? 4 : expected.Length / 2];
        Assert.That(Pglz.TryDecompress(Convert.FromHexString(compressed), target), Is.EqualTo(expected is not null));
        if (expected is not null)
            Assert.That(Convert.ToHexString(target), Is.EqualTo(expected));
    }

    [TestCase("00" + "20" + "0100" + Relation + Block, 1, 0, "could not restore image at 0/100028 with invalid state, block 0")]
    [TestCase("00" + "20" + "0100" + Relation + Block, 1, 1, "could not restore image at 0/100028 with invalid block 1 specified")]
    [TestCase("FF01", 1, 0, "could not restore image at 0/100028 with invalid block 0 specified")]
    [TestCase("02" + "10" + "0000" + "0400" + "0000" + "06" + Relation + Block, 4, 2, "could not decompress image at 0/100028, block 2")]
    [TestCase("00" + "10" + "0000" + "0400" + "0000" + "0A" + Relation + Block, 4, 0, "could not decompress image at 0/100028, block 0")]
    [TestCase("00" + "10" + "0000" + "0400" + "0000" + "12" + Relation + Block, 4, 0, "could not decompress image at 0/100028, block 0")]
    [TestCase("00" + "10" + "0000" + "0020" + "0000" + "02" + Relation + Block, 8192, 0, null, Description = "a whole page")]
    [TestCase("00" + "10" + "0000" + "2003" + "1000" + "03" + Relation + Block, 800, 0, null, Description = "with a hole")]
    [TestCase("00" + "10" + "0000" + "2003" + "2003" + "03" + Relation + Block, 800, 0, null, Description = "the hole is the page's end")]
    [TestCase("00" + "10" + "0000" + "2003" + "2103" + "03" + Relation + Block, 800, 0, "could not restore image at 0/100028 with invalid state, block 0", Description = "the hole leaves the page")]
    [TestCase("00" + "10" + "0000" + "0400" + "1000" + "07" + "F11F" + Relation + Block, 4, 0, "could not restore image at 0/100028 with invalid state, block 0", Description = "so does this")]
    [TestCase("00" + "10" + "0000" + "0400" + "0100" + "07" + "FFFF" + Relation + Block, 4, 0, "could not restore image at 0/100028 with invalid state, block 0", Description = "a hole larger than a page")]
    public void An_image_is_restored_or_refused_in_postgres_words(string fragments, int data, int block, string? message)
    {
        byte[] tail = new byte[data];
        Array.Fill(tail, (byte)0xAA);
        var log = new TestLog();
        log.AppendRaw(RawRecord.Make([.. Convert.FromHexString(fragments), .. tail], log.Previous));
        WalReader reader = log.Reader();
        reader.BeginRead(log.Base);
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record), reader.Error);

        using var restorer = new WalImageRestorer();
        byte[] page = new byte[WalFormat.BlockSize];
        Array.Fill(page, (byte)0xEE);
        Assert.That(restorer.Restore(reader, block, page), Is.EqualTo(message));
        if (message is null)
        {
            WalBlockImage image = reader.Block(block).Image;
            byte[] expected = new byte[WalFormat.BlockSize];
            Array.Fill(expected, (byte)0xAA);
            expected.AsSpan(image.HoleOffset, image.HoleLength).Clear();
            Assert.That(page, Is.EqualTo(expected));
        }
    }
}
