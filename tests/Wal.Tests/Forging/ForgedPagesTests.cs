using System.Buffers.Binary;

namespace Pgrepl.Wal.Tests;

/// <summary>A forged page header on every page of a log: both readers end at the same record, with the same words.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class ForgedPagesTests
{
    private static readonly string[] Kinds =
    [
        "WAL file is from different database system: incorrect XLOG_BLCKSZ in page header", "WAL file is from different database system: incorrect segment size in page header",
        "contrecord is requested by", "could not find a valid record after", "invalid contrecord length  (expected ) at", "invalid info bits  in log segment , offset",
        "invalid magic number  in log segment , offset", "out-of-sequence timeline ID  (after ) in log segment , offset", "there is no contrecord flag at",
        "unexpected pageaddr  in log segment , offset",
    ];

    private static readonly Dictionary<string, Action<ForgedLog, Lsn>> Forgeries = new()
    {
        ["xlp_magic 0"] = (log, page) => Put16(log, page, 0, 0),
        ["xlp_magic of PostgreSQL 14"] = (log, page) => Put16(log, page, 0, 0xD10D),
        ["xlp_magic of PostgreSQL 16"] = (log, page) => Put16(log, page, 0, 0xD113),
        ["xlp_info, a bit too high"] = (log, page) => log.At(page, 3)[2] ^= 0x10,
        ["xlp_info, the highest bit"] = (log, page) => log.At(page, 4)[3] ^= 0x80,
        ["XLP_FIRST_IS_CONTRECORD missing or spurious"] = (log, page) => log.At(page, 3)[2] ^= 0x01,
        ["XLP_LONG_HEADER missing or spurious"] = (log, page) => log.At(page, 3)[2] ^= 0x02,
        ["XLP_BKP_REMOVABLE"] = (log, page) => log.At(page, 3)[2] ^= 0x04,
        ["XLP_FIRST_IS_OVERWRITE_CONTRECORD"] = (log, page) => log.At(page, 3)[2] ^= 0x08,
        ["XLP_FIRST_IS_OVERWRITE_CONTRECORD instead of CONTRECORD"] = (log, page) => Put16(log, page, 2, (ushort)(log.At(page, 3)[2] & 0x02 | 0x08)),
        ["a whole long header"] = (log, page) => new WalLongPageHeader(WalPageHeader.Read(log.At(page, 24))!.Value, 1, (uint)log.SegmentSize, WalFormat.PageSize).Write(log.At(page, 40)),
        ["a whole long header, flagged"] = (log, page) => LongHeader(log, page),
        ["xlp_tli 0"] = (log, page) => Put32(log, page, 4, 0),
        ["xlp_tli 7"] = (log, page) => Put32(log, page, 4, 7),
        ["xlp_pageaddr 0"] = (log, page) => Put64(log, page, 8, 0),
        ["xlp_pageaddr, a page less"] = (log, page) => Put64(log, page, 8, page.Value - WalFormat.PageSize),
        ["xlp_pageaddr, a page more"] = (log, page) => Put64(log, page, 8, page.Value + WalFormat.PageSize),
        ["xlp_pageaddr, 4 GB more"] = (log, page) => Put64(log, page, 8, page.Value + (1ul << 32)),
        ["xlp_rem_len 0"] = (log, page) => Put32(log, page, 16, 0),
        ["xlp_rem_len 1"] = (log, page) => Put32(log, page, 16, 1),
        ["xlp_rem_len one less"] = (log, page) => Put32(log, page, 16, unchecked(Remaining(log, page) - 1)),
        ["xlp_rem_len one more"] = (log, page) => Put32(log, page, 16, Remaining(log, page) + 1),
        ["xlp_rem_len a page"] = (log, page) => Put32(log, page, 16, 8168),
        ["xlp_rem_len huge"] = (log, page) => Put32(log, page, 16, uint.MaxValue),
        ["a record of 8168 bytes goes on here"] = (log, page) => { log.At(page, 3)[2] |= 0x01; Put32(log, page, 16, 8168); },
        ["a record of 4 GB goes on here"] = (log, page) => { log.At(page, 3)[2] |= 0x01; Put32(log, page, 16, uint.MaxValue); },
        ["padding"] = (log, page) => Put32(log, page, 20, 1),
        ["xlp_sysid"] = (log, page) => Put64(log, page, 24, 1),
        ["xlp_seg_size"] = (log, page) => Put32(log, page, 32, 16 << 20),
        ["xlp_xlog_blcksz"] = (log, page) => Put32(log, page, 36, 4096),
        ["a page of zeros"] = (log, page) => log.At(page, WalFormat.PageSize).Clear(),
        ["a page that was recycled"] = (log, page) => log.At(page, WalFormat.PageSize).CopyTo(log.At(page + WalFormat.PageSize, WalFormat.PageSize)),
        ["half a page was written"] = (log, page) => log.At(page + 4096, 4096).Clear(),
        ["the header is zero"] = (log, page) => log.At(page, 24).Clear(),
    };

    /// <summary>The pages that end the first segment, and of the others the first ones and one that carries a record on.</summary>
    private static Lsn[] Pages()
    {
        var log = ForgedLog.New();
        return [.. ForgedLog.Pages.Where(page => page < log.Base + (ulong)log.SegmentSize || page.Value % (ulong)log.SegmentSize is 0 or (1 << 20) - 8192)];
    }

    [Test]
    public void A_forged_page_header_ends_reading_where_postgres_ends_it()
    {
        Dictionary<string, ReadEnd> ends = ForgedSegments.CompareAll(
            from page in Pages()
            from forgery in Forgeries
            select ($"{forgery.Key} of the page {page}", (Func<ForgedLog>)(() => Forge(page, forgery.Value))));
        string[] kinds = [.. ends.Values.Select(end => ForgedRecordsTests.Kind(end.Error)).Distinct().Order()];
        TestContext.Out.WriteLine(string.Join('\n', kinds));
        Assert.That(kinds, Is.SupersetOf(Kinds));
    }

    [Test]
    public void The_first_page_of_a_segment_is_judged_before_those_that_are_read()
    {
        int[] fields = [0, 2, 4, 8, 16, 24, 36];
        Dictionary<string, ReadEnd> ends = ForgedSegments.CompareAll(fields.Select(field => ($"{field}", (Func<ForgedLog>)(() => Forge(ForgedLog.New().Base, (log, page) => log.At(page, 40)[field] ^= 0x40)))));
        foreach (int field in fields)
            Assert.That(ends[$"{field}"].Error.Contains("could not find a valid record", StringComparison.Ordinal), Is.EqualTo(field is not (16 or 24)), $"offset {field}: all but what is carried over, and a system id that nobody told");
    }

    [Test]
    public void A_timeline_that_goes_back_ends_reading_where_postgres_ends_it()
    {
        Lsn[] pages = Pages();
        Dictionary<string, ReadEnd> ends = ForgedSegments.CompareAll(Enumerable.Range(1, pages.Length - 1).Select(back => ($"{pages[back]}", (Func<ForgedLog>)(() => Back(pages, back)))));
        foreach (ReadEnd end in ends.Values)
            Assert.That(end.Error, Does.Contain("out-of-sequence timeline ID 1 (after 3) in log segment").Or.Contain("could not find a valid record after"));
    }

    private static ForgedLog Back(Lsn[] pages, int back)
    {
        var log = ForgedLog.New();
        foreach (Lsn page in pages[..back])
            Put32(log, page, 4, 3);
        return log;
    }

    private static ForgedLog Forge(Lsn page, Action<ForgedLog, Lsn> forge)
    {
        var log = ForgedLog.New();
        forge(log, page);
        return log;
    }

    private static uint Remaining(ForgedLog log, Lsn page) => WalPageHeader.Read(log.At(page, 24))!.Value.RemainingBytes;

    private static void LongHeader(ForgedLog log, Lsn page)
    {
        WalPageHeader header = WalPageHeader.Read(log.At(page, 24))!.Value;
        new WalLongPageHeader(header with { Flags = header.Flags | WalPageFlags.LongHeader }, 1, (uint)log.SegmentSize, WalFormat.PageSize).Write(log.At(page, 40));
    }

    private static void Put16(ForgedLog log, Lsn page, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(log.At(page, 40)[at..], value);

    private static void Put32(ForgedLog log, Lsn page, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(log.At(page, 40)[at..], value);

    private static void Put64(ForgedLog log, Lsn page, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(log.At(page, 40)[at..], value);
}
