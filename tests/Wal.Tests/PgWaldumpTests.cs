using System.Globalization;
using System.Text.RegularExpressions;

namespace Pgrepl.Wal.Tests;

/// <summary>PostgreSQL's own reader against ours, on the same bytes.</summary>
public sealed partial class PgWaldumpTests
{
    private static readonly long Time = PgTime.FromUtc(new DateTime(2026, 11, 22, 7, 5, 0, DateTimeKind.Utc).AddMicroseconds(123_456));

    [Test]
    public void Our_records_are_printed_as_postgres_prints_its_own()
    {
        using var folder = new TemporaryFolder();
        var log = new TestLog(16 << 20);
        var checkpoint = new Checkpoint(log.InsertPosition, new TimelineId(1), new TimelineId(1), true, 740, 16384, 1, 0, 727, 1, 1, 1, 1_760_000_000, 0, 0, 0);
        var expected = new List<string>();
        Add("XLOG", 0, "CHECKPOINT_SHUTDOWN redo 0/1000028; tli 1; prev tli 1; fpw true; xid 0:740; oid 16384; multi 1; offset 0; "
            + "oldest xid 727 in DB 1; oldest multi 1 in DB 1; oldest/newest commit timestamp xid: 0/0; oldest running xid 0; shutdown", b => checkpoint.Build(b, true));
        Add("LogicalMessage", 740, "MESSAGE transactional, prefix \"drill\"; payload (2 bytes): 34 32", b => LogicalMessage.Build(b, 740, 5, true, "drill"u8, "42"u8));
        Add("Transaction", 740, "COMMIT 2026-11-22 07:05:00.123456 UTC", b => TransactionCommit.Build(b, 740, Time, false));
        Add("LogicalMessage", 0, "MESSAGE non-transactional, prefix \"x\"; payload (0 bytes): ", b => LogicalMessage.Build(b, 0, 5, false, "x"u8, default));
        Add("Transaction", 741, "COMMIT 2026-11-22 07:05:00.123456 UTC; apply_feedback", b => TransactionCommit.Build(b, 741, Time, true, 5, 1663));
        Add("Transaction", 742, "ABORT 2026-11-22 07:05:00.123456 UTC", b => TransactionAbort.Build(b, 742, Time));
        Add("XLOG", 0, "CHECKPOINT_ONLINE redo 0/1000028; tli 1; prev tli 1; fpw true; xid 0:740; oid 16384; multi 1; offset 0; "
            + "oldest xid 727 in DB 1; oldest multi 1 in DB 1; oldest/newest commit timestamp xid: 0/0; oldest running xid 0; online", b => checkpoint.Build(b, false));
        Add("XLOG", 0, "RESTORE_POINT before the upgrade", b => RestorePointRecord.Build(b, Time, "before the upgrade"));
        Add("XLOG", 0, "END_OF_RECOVERY tli 2; prev tli 1; time 2026-11-22 07:05:00.123456 UTC", b => EndOfRecoveryRecord.Build(b, Time, new TimelineId(2), new TimelineId(1)));
        Add("XLOG", 0, "OVERWRITE_CONTRECORD lsn 0/12345678; time 2026-11-22 07:05:00.123456 UTC", b => OverwriteContrecordRecord.Build(b, new Lsn(0x12345678), Time));
        Add("XLOG", 0, "SWITCH ", SwitchRecord.Build);
        Add("LogicalMessage", 0, "MESSAGE non-transactional, prefix \"x\"; payload (1 bytes): 61", b => LogicalMessage.Build(b, 0, 5, false, "x"u8, "a"u8));
        log.Save(folder.Path);

        ProgramOutput dump = PostgresTools.Run(PostgresTools.Find("pg_waldump"), "-p", folder.Path, "000000010000000000000001", "000000010000000000000002");
        Assert.That(dump.Lines, Is.EqualTo(expected));
        CheckEnd(log, dump);

        void Add(string rmgr, uint xid, string description, Action<WalRecordBuilder> build)
        {
            Lsn previous = log.Previous;
            LogRecord record = log.Append(build);
            expected.Add(string.Create(CultureInfo.InvariantCulture,
                $"rmgr: {rmgr,-11} len (rec/tot): {record.Bytes.Length,6}/{record.Bytes.Length,6}, tx: {xid,10}, lsn: {Long(record.Start)}, prev {Long(previous)}, desc: {description}"));
        }
    }

    [Test]
    public void A_torn_and_overwritten_record_reads_alike()
    {
        using var folder = new TemporaryFolder();
        TestLog log = WalReaderDamageTests.TornAndOverwritten(Seed.New(), out LogRecord torn);
        log.Save(folder.Path);
        ProgramOutput dump = PostgresTools.Run(PostgresTools.Find("pg_waldump"), "-p", folder.Path, "000000010000000000000001");
        Assert.That(dump.Lines, Has.Length.EqualTo(4));
        Assert.That(dump.Lines[2], Does.Contain($"desc: OVERWRITE_CONTRECORD lsn {torn.Start}; "));
        CheckEnd(log, dump);
    }

    [TestCase(16, 1_000)]
    [TestCase(1, 5, Description = "segments that initdb's own checkpoints recycled; only the last are left")]
    public void A_new_postgres_cluster_is_read_to_the_same_end(int megabytes, int atLeast)
    {
        int segmentSize = megabytes << 20;
        using var folder = new TemporaryFolder();
        string data = Path.Combine(folder.Path, "data");
        ProgramOutput made = PostgresTools.RunAsOwner($"{PostgresTools.Find("initdb")} -D {data} -N -A trust --locale=C -E UTF8 --wal-segsize={megabytes}");
        Assert.That(made.ExitCode, Is.Zero, made.Errors);
        string[] files = [.. Directory.GetFiles(Path.Combine(data, "pg_wal")).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        ProgramOutput dump = PostgresTools.Run(PostgresTools.Find("pg_waldump"), "-p", Path.Combine(data, "pg_wal"), files[0], files[^1]);
        Assert.That(dump.Lines, Has.Length.GreaterThan(atLeast), dump.Errors);

        var pages = new FilePages(Path.Combine(data, "pg_wal"), segmentSize);
        Assert.That(WalSegment.TryParse(files[0], segmentSize, out WalSegment first));
        byte[] head = File.ReadAllBytes(Path.Combine(data, "pg_wal", files[0]));
        WalLongPageHeader header = WalLongPageHeader.Read(head)!.Value;
        byte[] written = new byte[WalLongPageHeader.Size];
        header.Write(written);
        Assert.That(written, Is.EqualTo(head.AsSpan(0, WalLongPageHeader.Size).ToArray()));
        var reader = new WalReader(pages, PostgresMajor.LogCluster, segmentSize, header.SystemId);
        Assert.That(reader.FindNextRecord(first.Start(segmentSize)).IsValid, reader.Error);
        int count = 0;
        var rebuilt = new WalRecordBuilder();
        while (reader.Read() == WalReadStatus.Record)
        {
            Match line = DumpLine().Match(dump.Lines[count]);
            WalRecordHeader record = reader.Header;
            Assert.That((line.Groups["len"].Value, line.Groups["tx"].Value, line.Groups["lsn"].Value, line.Groups["prev"].Value), Is.EqualTo((
                record.TotalLength.ToString(CultureInfo.InvariantCulture), record.Xid.ToString(CultureInfo.InvariantCulture), Long(reader.RecordStart), Long(record.Previous))), $"line {count}");
            if (reader is { MaxBlockId: -1, Origin: 0, TopLevelXid: 0 })
            {
                rebuilt.Begin(record.Rmgr, record.Info, record.Xid);
                rebuilt.Append(reader.MainData);
                rebuilt.Seal();
                Assert.That(rebuilt.Finish(record.Previous).SequenceEqual(reader.Record), "our builder makes the same bytes of it");
            }
            count++;
        }
        Assert.That(count, Is.EqualTo(dump.Lines.Length));
        Assert.That(dump.Errors, Is.EqualTo($"pg_waldump: error: error in WAL record at {reader.RecordStart}: {reader.Error}"));
        TestContext.Out.WriteLine($"{count} records in {files.Length} segments, end: {reader.Error}");
    }

    /// <summary>Reads the log as pg_waldump does, and compares count, message and positions. Returns the message.</summary>
    private static string CheckEnd(TestLog log, ProgramOutput dump, string? context = null)
    {
        WalReader reader = log.Reader(systemId: 0);
        string message;
        int count = 0;
        if (!reader.FindNextRecord(log.Base).IsValid)
            message = $"could not find a valid record after {log.Base}";
        else
        {
            while (reader.Read() == WalReadStatus.Record)
                Assert.That(dump.Lines[count++], Does.Contain($"lsn: {Long(reader.RecordStart)}, "), context);
            message = reader.Error is null ? "" : $"error in WAL record at {reader.RecordStart}: {reader.Error}";
        }
        Assert.That(dump.Errors, Is.EqualTo(message.Length == 0 ? "" : $"pg_waldump: error: {message}"), context);
        Assert.That(dump.Lines, Has.Length.EqualTo(count), context);
        return reader.Error ?? message;
    }

    /// <summary>An LSN as pg_waldump pads it.</summary>
    private static string Long(Lsn lsn) => string.Create(CultureInfo.InvariantCulture, $"{lsn.Value >> 32:X}/{lsn.Value & 0xFFFFFFFF:X8}");

    [GeneratedRegex("len \\(rec/tot\\): +\\d+/ *(?<len>\\d+), tx: +(?<tx>\\d+), lsn: (?<lsn>[0-9A-F/]+), prev (?<prev>[0-9A-F/]+),")]
    private static partial Regex DumpLine();
}
