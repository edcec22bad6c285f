using System.Globalization;
using System.Text.RegularExpressions;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests.WalDump;

/// <summary>WAL of 16 and later: what pgrepl waldump -b shows is, record by record, what the server itself says of it (pg_walinspect, pg_get_wal_records_info).</summary>
/// <remarks>There is no pg_waldump of these majors here. Its lines are put together from the server's columns: the same functions of PostgreSQL make the texts in both.</remarks>
public sealed partial class WalinspectTests
{
    private const string SecondFormat = "yyyy-MM-dd HH:mm:ss";
    private const string Columns = "start_lsn, end_lsn, prev_lsn, xid, resource_manager, record_type, record_length, main_data_length, fpi_length, coalesce(description, ''), coalesce(block_ref, '')";

    /// <summary>17 when PGREPL_TEST_MAJORS names it: what it has is in 16 or 18 too, but for INPLACE and dropped statistics, which it has as 16.</summary>
    private static readonly int[] Compared = [16, .. Majors.OfScenarios.Where(major => major == 17), 18];

    [TestCaseSource(nameof(Compared))]
    public void Every_record_is_told_as_the_server_tells_it(int major)
    {
        using EveryRecord workload = EveryRecord.Run(major);
        string[] rows = Ask(workload);
        Dictionary<Lsn, string> shown = Shown(workload);
        Lsn[] expected = [.. rows.Select(row => Lsn.Parse(row.AsSpan(0, row.IndexOf('\t'))))];
        var reached = new SortedSet<string>(StringComparer.Ordinal);
        WalReader reader = new(new Pages(workload.Wal), PostgresMajor.Of(major), EveryRecord.SegmentSize, systemId: 0);
        reader.BeginRead(expected[0]);
        for (int i = 0; i < rows.Length; i++)
        {
            string[] row = rows[i].Split('\t');
            reached.Add($"{row[4]}/{row[5]}");
            Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record), $"{row[0]}: {reader.Error}");
            string fields = $"{reader.RecordStart}\t{reader.RecordEnd}\t{reader.Header.Previous}\t{reader.Header.Xid}\t{row[4]}\t{row[5]}\t{reader.Header.TotalLength}\t{reader.MainData.Length}\t{reader.ImageLength}";
            string wanted = LineOf(row), line = shown.GetValueOrDefault(expected[i], "nothing");
            if (!rows[i].StartsWith(fields + "\t", StringComparison.Ordinal) || line != wanted)
                Assert.Fail($"{row[0]}\nours:   {line}theirs: {wanted}{fields}\n{rows[i]}");
        }
        Assert.That(shown.Keys.Where(lsn => lsn <= expected[^1]).Except(expected), Is.Empty, "records that the server does not know");
        Assert.That(reached, Is.EquivalentTo(EveryRecordTests.TypesOf(major)));
        NewsOfASkipGoesWhereTheMajorSendsIt(workload, major, expected[0]);
    }

    private static void NewsOfASkipGoesWhereTheMajorSendsIt(EveryRecord workload, int major, Lsn record)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        CommandTree.Run(["waldump", "-q", "-n", "1", "-s", $"{record + 1}", "-p", workload.Wal], new Terminal(output, errors, CancellationToken.None));
        Assert.That((major >= 17 ? errors : output).ToString(), Does.StartWith($"{(major >= 17 ? "pgrepl: " : "")}first record is after {record + 1}, at "));
        Assert.That((major >= 17 ? output : errors).ToString(), Is.Empty);
    }

    /// <summary>All WAL that the server has, its own view of it.</summary>
    private static string[] Ask(EveryRecord workload)
    {
        PostgresServer server = workload.Server;
        server.Start();
        server.Ask("CREATE EXTENSION pg_walinspect");
        string from = WalSegment.TryParse(workload.Segments(1).First, EveryRecord.SegmentSize, out WalSegment first) ? $"{first.Start(EveryRecord.SegmentSize) + WalFormat.LongPageHeaderSize}" : "";
        (int code, string output, string errors) = PostgresTools.Run("psql", "-X", "-q", "-d", server.Conninfo, "-c", $"COPY (SELECT {Columns} FROM pg_get_wal_records_info('{from}', pg_current_wal_flush_lsn())) TO STDOUT");
        Assert.That(code, Is.Zero, errors);
        server.Stop("immediate"); // it writes no more
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>What waldump -b shows of each record, with the times as the server prints them; of both timelines.</summary>
    private static Dictionary<Lsn, string> Shown(EveryRecord workload)
    {
        var shown = new Dictionary<Lsn, string>();
        foreach (int timeline in new[] { 1, 2 })
        {
            (string first, string last) = workload.Segments(timeline);
            using var output = new StringWriter();
            using var errors = new StringWriter();
            CommandTree.Run(["waldump", "-b", "-p", workload.Wal, first, last], new Terminal(output, errors, CancellationToken.None));
            Assert.That(errors.ToString(), Does.Contain(": error in WAL record at "), "the end of its WAL");
            string text = Time().Replace(output.ToString(), time => $"{Utc(time.Groups["second"].Value)}{time.Groups["fraction"].Value.TrimEnd('0').TrimEnd('.')}+00");
            foreach (string record in Record().Split(text).Where(record => record.Length > 0))
                shown[Lsn.Parse(Position().Match(record).Groups[1].Value)] = record;
        }
        return shown;
    }

    /// <summary>waldump shows the local time of this process, the server UTC.</summary>
    private static string Utc(string local) =>
        DateTime.ParseExact(local, SecondFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal | DateTimeStyles.AdjustToUniversal).ToString(SecondFormat, CultureInfo.InvariantCulture);

    /// <summary>XLogDumpDisplayRecord of pg_waldump, from the columns.</summary>
    private static string LineOf(string[] row)
    {
        uint length = uint.Parse(row[6], CultureInfo.InvariantCulture), image = uint.Parse(row[8], CultureInfo.InvariantCulture);
        return $"rmgr: {row[4],-11} len (rec/tot): {length - image,6}/{length,6}, tx: {row[3],10}, lsn: {Long(row[0])}, prev {Long(row[2])}, desc: {row[5]} {row[9]}"
            + BlockReference().Replace(row[10], "\n\tblkref #") + "\n";
    }

    private static string Long(string lsn) => Lsn.Parse(lsn) is var position ? $"{position.Value >> 32:X}/{position.Value & 0xFFFFFFFF:X8}" : "";

    [GeneratedRegex(@"(?<second>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?<fraction>\.\d{6}) [A-Z0-9+-]+")]
    private static partial Regex Time();

    [GeneratedRegex(@"(?<=\n)(?=rmgr: )")]
    private static partial Regex Record();

    [GeneratedRegex(", lsn: ([0-9A-F/]+), ")]
    private static partial Regex Position();

    [GeneratedRegex(" ?blkref #")]
    private static partial Regex BlockReference();

    /// <summary>Of each segment the file of the newest timeline.</summary>
    private sealed class Pages(string folder) : IWalPageSource
    {
        private (ulong Number, byte[] Bytes) _segment = (ulong.MaxValue, []);

        public WalPageResult ReadPage(Lsn pageStart, int requiredBytes, Lsn recordStart, Span<byte> page)
        {
            WalSegment segment = WalSegment.Containing(pageStart, new TimelineId(2), EveryRecord.SegmentSize);
            if (segment.Number != _segment.Number)
            {
                string path = Path.Combine(folder, segment.FileName(EveryRecord.SegmentSize));
                _segment = (segment.Number, File.ReadAllBytes(File.Exists(path) ? path : Path.Combine(folder, (segment with { Timeline = TimelineId.First }).FileName(EveryRecord.SegmentSize))));
            }
            _segment.Bytes.AsSpan((int)pageStart.BytesSince(segment.Start(EveryRecord.SegmentSize)), WalFormat.PageSize).CopyTo(page);
            return WalPageResult.Available(WalFormat.PageSize, segment.Timeline);
        }
    }
}
