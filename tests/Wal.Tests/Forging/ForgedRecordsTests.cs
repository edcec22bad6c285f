using System.Text.RegularExpressions;

namespace Pgrepl.Wal.Tests;

/// <summary>A forged record header in every kind of place: both readers end at the same record, with the same words.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class ForgedRecordsTests
{
    private static readonly string[] Kinds =
    [
        "contrecord is requested by", "incorrect resource manager data checksum in record at", "invalid contrecord length  (expected ) at", "invalid magic number  in log segment , offset",
        "invalid record length at : wanted , got", "invalid resource manager ID  at", "record with incorrect prev-link  at", "record with invalid length at", "there is no contrecord flag at",
    ];

    private static readonly Dictionary<string, Action<ForgedLog, LogRecord>> Forgeries = new()
    {
        ["xl_tot_len 0"] = (log, record) => log.Put32(record, 0, 0),
        ["xl_tot_len 1"] = (log, record) => log.Put32(record, 0, 1),
        ["xl_tot_len 23"] = (log, record) => log.Put32(record, 0, 23),
        ["xl_tot_len 24"] = (log, record) => log.Put32(record, 0, 24),
        ["xl_tot_len 24, sealed"] = (log, record) => { log.Put32(record, 0, 24); log.Seal(record); },
        ["xl_tot_len 25, sealed"] = (log, record) => { log.Put32(record, 0, 25); log.Seal(record); },
        ["xl_tot_len one less"] = (log, record) => log.Put32(record, 0, (uint)record.Bytes.Length - 1),
        ["xl_tot_len one more"] = (log, record) => log.Put32(record, 0, (uint)record.Bytes.Length + 1),
        ["xl_tot_len one less, sealed"] = (log, record) => { log.Put32(record, 0, (uint)record.Bytes.Length - 1); log.Seal(record); },
        ["xl_tot_len one more, sealed"] = (log, record) => { log.Put32(record, 0, (uint)record.Bytes.Length + 1); log.Seal(record); },
        ["xl_tot_len eight more, sealed"] = (log, record) => { log.Put32(record, 0, (uint)record.Bytes.Length + 8); log.Seal(record); },
        ["xl_tot_len to the page end"] = (log, record) => log.Put32(record, 0, (uint)(WalFormat.PageSize - record.Start.PageOffset)),
        ["xl_tot_len over the page end"] = (log, record) => log.Put32(record, 0, (uint)(WalFormat.PageSize - record.Start.PageOffset + 1)),
        ["xl_tot_len two pages more"] = (log, record) => log.Put32(record, 0, (uint)record.Bytes.Length + 2 * WalFormat.PageSize),
        ["xl_tot_len 1020 MB"] = (log, record) => log.Put32(record, 0, WalRecordBuilder.MaxRecordSize),
        ["xl_tot_len over 1020 MB"] = (log, record) => log.Put32(record, 0, WalRecordBuilder.MaxRecordSize + 1u),
        ["xl_tot_len over 1020 MB, goes on"] = (log, record) => GoesOn(log, record, WalRecordBuilder.MaxRecordSize + 1u),
        ["xl_tot_len 1.9 GB, goes on"] = (log, record) => GoesOn(log, record, 0x7000_0000),
        ["xl_tot_len 2 GB"] = (log, record) => log.Put32(record, 0, 0x8000_0000),
        ["xl_tot_len 4 GB"] = (log, record) => log.Put32(record, 0, uint.MaxValue),
        ["xl_prev zero"] = (log, record) => log.Put64(record, 8, 0),
        ["xl_prev zero, sealed"] = (log, record) => { log.Put64(record, 8, 0); log.Seal(record); },
        ["xl_prev itself"] = (log, record) => log.Put64(record, 8, record.Start.Value),
        ["xl_prev forward"] = (log, record) => log.Put64(record, 8, record.End.Value),
        ["xl_prev huge"] = (log, record) => log.Put64(record, 8, ulong.MaxValue),
        ["xl_prev backward, sealed"] = (log, record) => { log.Put64(record, 8, record.Start.Value - 8); log.Seal(record); },
        ["xl_rmid 22"] = (log, record) => log.Put(record, 17, 22),
        ["xl_rmid 127, sealed"] = (log, record) => { log.Put(record, 17, 127); log.Seal(record); },
        ["xl_rmid 128"] = (log, record) => log.Put(record, 17, 128),
        ["xl_rmid 128, sealed"] = (log, record) => { log.Put(record, 17, 128); log.Seal(record); },
        ["xl_rmid 255, sealed"] = (log, record) => { log.Put(record, 17, 255); log.Seal(record); },
        ["xl_info"] = (log, record) => log.Flip(record, 16, 0x10),
        ["xl_info, sealed"] = (log, record) => { log.Flip(record, 16, 0x80); log.Seal(record); },
        ["turned into a switch"] = (log, record) => { log.Put(record, 16, XlogInfo.Switch, (byte)ResourceManagerId.Xlog); log.Seal(record); },
        ["xl_xid"] = (log, record) => log.Flip(record, 4, 1),
        ["xl_xid, sealed"] = (log, record) => { log.Flip(record, 4, 1); log.Seal(record); },
        ["padding"] = (log, record) => log.Flip(record, 18, 1),
        ["xl_crc"] = (log, record) => log.Flip(record, 20, 1),
        ["xl_crc, last byte"] = (log, record) => log.Flip(record, 23, 0x80),
        ["first byte behind the header, sealed"] = (log, record) => { log.Put(record, 24, 0x21); log.Seal(record); },
        ["last byte"] = (log, record) => log.Flip(record, record.Bytes.Length - 1, 0x80),
        ["all zero"] = (log, record) => log.Put(record, 0, new byte[Math.Min(record.Bytes.Length, 20_000)]),
        ["the header zero"] = (log, record) => log.Put(record, 0, new byte[24]),
        ["the record before again"] = (log, record) => log.Put(record, 0, log.Records[log.Records.ToList().IndexOf(record) - 1].Bytes.AsSpan(0, 24)),
    };

    [Test]
    public void The_log_that_is_forged_is_good()
    {
        var log = ForgedLog.New();
        ReadEnd end = ForgedSegments.CompareAll([("nothing", () => log)])["nothing"];
        Assert.That((end.Count, end.Error), Is.EqualTo((log.Records.Count,
            $"error in WAL record at {log.Records[^1].Start}: invalid record length at {log.End}: wanted 24, got 0")));
    }

    [Test]
    public void A_forged_record_header_ends_reading_where_postgres_ends_it()
    {
        Dictionary<string, ReadEnd> ends = ForgedSegments.CompareAll(
            from place in ForgedLog.Places
            where place is not ("blocks" or "holed image" or "compressed image") // as mid-page; forged at random
            from forgery in Forgeries
            where place != "first" || forgery.Key != "the record before again"
            select ($"{forgery.Key} of the record {place}", (Func<ForgedLog>)(() => Forge(place, forgery.Value))));
        string[] kinds = [.. ends.Values.Select(end => Kind(end.Error)).Distinct().Order()];
        TestContext.Out.WriteLine(string.Join('\n', kinds));
        Assert.That(kinds, Is.SupersetOf(Kinds));
    }

    private static ForgedLog Forge(string place, Action<ForgedLog, LogRecord> forge)
    {
        var log = ForgedLog.New();
        forge(log, log[place]);
        return log;
    }

    /// <summary>A message without its numbers.</summary>
    internal static string Kind(string error) => Regex.Replace(error, "^error in WAL record at [0-9A-F/]+: |[0-9A-F]+/[0-9A-F]+|\\b[0-9A-F]*[0-9][0-9A-F]*\\b", "").Trim();

    /// <summary>A huge length that the next pages seem to confirm.</summary>
    private static void GoesOn(ForgedLog log, LogRecord record, uint length)
    {
        log.Put32(record, 0, length);
        uint left = length;
        Lsn at = record.Start;
        for (int pages = 0; pages < 3 && at.PageStart + WalFormat.PageSize < log.Base + (ulong)log.Bytes.Length; pages++)
        {
            left -= (uint)(WalFormat.PageSize - at.PageOffset);
            Lsn page = at.PageStart + WalFormat.PageSize;
            WalPages.WriteHeader(log.At(page, WalFormat.LongPageHeaderSize), page, log.SegmentSize, TimelineId.First, TestLog.SystemId, WalPageFlags.FirstIsContrecord, left);
            at = page + (ulong)WalFormat.PageHeaderSize(page, log.SegmentSize);
        }
    }
}
