namespace Pgrepl.Wal.Tests;

/// <summary>A small log with every form of a record, of a block reference and of a place in pages and segments, to be damaged bit by bit: three segments of 1 MB.</summary>
/// <remarks>It is read from the last pages of the first segment, over the second's boundary to a switch, and to an end among zeros in the third; pages between those are never read.</remarks>
internal static class DamageLog
{
    // A tablespace, a database, a relation; then a block number.
    private const string Relation = "7F060000" + "05000000" + "00400000", Block = "07000000";

    public static TestLog Make()
    {
        var random = new Random(15);
        var log = new TestLog(startOffset: (1 << 20) - 7 * WalFormat.PageSize);
        log.AppendOfSize(24, random);
        Forms(log, random);
        log.AppendMessage("some message"u8, xid: 7);
        log.Append(builder => TransactionCommit.Build(builder, 7, 1, applyFeedback: true, 5, 1663));
        FillPage(log, 0, random);       // a record that ends with its page
        log.AppendOfSize(50, random);   // and one that starts with it
        FillPage(log, 16, random);
        log.AppendOfSize(200, random);  // 16 bytes of its header, the rest behind a page header
        FillPage(log, 8, random);
        log.AppendOfSize(121, random);  // 8 bytes, its length alone
        log.AppendOfSize(14_003, random);
        while (log.InsertPosition.PageOffset < 8000)
            log.AppendOfSize(random.Next(30, 150), random);
        log.AppendOfSize(11_001, random);
        FillPage(log, 400, random);
        log.AppendOfSize(3_002, random); // over the segment's boundary
        Forms(log, random);
        log.Append(SwitchRecord.Build);
        Forms(log, random);
        log.AppendOfSize(17_001, random);
        for (int i = 0; i < 40; i++)
            log.AppendOfSize(random.Next(29, 260), random);
        return log;
    }

    /// <summary>Fills the page, but for some bytes.</summary>
    private static void FillPage(TestLog log, int left, Random random) => log.AppendOfSize(WalFormat.PageSize - log.InsertPosition.PageOffset - left, random);

    /// <summary>One record for each form of the headers of blocks and other fragments.</summary>
    private static void Forms(TestLog log, Random random)
    {
        Add("FF03", 3);                                                                                          // main data, short and long
        Add("FE2C010000", 300);
        Add("FD0300" + "FF04", 4);                                                                               // an origin; a top-level transaction; both
        Add("FC2A000000" + "FF04", 4);
        Add("FD0300" + "FC2A000000", 0);
        Add("00" + "00" + "0000" + Relation + Block + "FF02", 2);                                                // a block that has neither image nor data
        Add("00" + "20" + "0300" + Relation + Block, 3);                                                         // block data; a second block of the same relation; a gap of ids
        Add("00" + "20" + "0300" + Relation + Block + "05" + "A0" + "0100" + "08000000" + "FF02", 3 + 1 + 2);
        Add("00" + "60" + "0500" + Relation + Block + "01" + "C2" + "0000" + "09000000" + "20" + "41" + "0000" + Relation + Block + "FF01", 5 + 1); // WILL_INIT, other forks, the highest id
        Add("00" + "10" + "0000" + "0020" + "0000" + "02" + Relation + Block, 8192);                             // a whole image
        Add("00" + "10" + "0000" + "2003" + "1000" + "03" + Relation + Block + "FF01", 800 + 1);                 // with a hole
        Add("00" + "30" + "0200" + "2003" + "1000" + "01" + Relation + Block + "FF01", 800 + 2 + 1);             // not to be applied, beside data
        Add("00" + "10" + "0000" + "9001" + "0000" + "06" + Relation + Block, 400);                              // pglz, lz4, zstd, without a hole and with one
        Add("00" + "30" + "0200" + "9001" + "1000" + "07" + "0010" + Relation + Block + "FD0300" + "FF04", 400 + 2 + 4);
        Add("00" + "10" + "0000" + "9001" + "0000" + "0A" + Relation + Block, 400);
        Add("00" + "10" + "0000" + "9001" + "1000" + "0B" + "0010" + Relation + Block, 400);
        Add("00" + "10" + "0000" + "9001" + "0000" + "12" + Relation + Block, 400);
        Add("00" + "10" + "0000" + "9001" + "1000" + "13" + "0010" + Relation + Block + "01" + "90" + "0000" + "2003" + "1000" + "03" + Block, 400 + 800);

        void Add(string fragments, int data)
        {
            byte[] tail = new byte[data];
            random.NextBytes(tail);
            log.AppendRaw(RawRecord.Make([.. Convert.FromHexString(fragments), .. tail], log.Previous));
        }
    }
}
