using System.Text.RegularExpressions;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests.WalDump;

/// <summary>tests/Wal.Tests/Records/samples.txt: of every type that the workload reaches a few short records, and what pg_waldump says of them. So the unit tests need no server.</summary>
public sealed partial class RecordSamples
{
    private const string WriteVariable = "PGREPL_WRITE_RECORD_SAMPLES";
    private const int LongestRecord = 1400, ShapesOfAType = 6;

    private static string SamplesPath => Path.Combine(Build.Root, "tests", "Wal.Tests", "Records", "samples.txt");

    /// <summary>Types whose shortest record is longer than a sample may be.</summary>
    private static readonly string[] TooLong = ["Btree/INSERT_META", "Btree/SPLIT_L", "Gin/CREATE_PTREE", "Gin/SPLIT", "Gin/VACUUM_PAGE", "Gist/PAGE_SPLIT", "Hash/SPLIT_PAGE"];

    /// <summary>With PGREPL_WRITE_RECORD_SAMPLES=1 they are taken anew.</summary>
    [Test]
    public void Samples_have_a_record_of_every_type_that_is_short_enough()
    {
        if (Environment.GetEnvironmentVariable(WriteVariable) == "1")
            File.WriteAllLines(SamplesPath, Collect(SharedWorkload.EveryRecord).Values.Select(sample => sample.ToString()));
        Assert.That(File.ReadLines(SamplesPath).Select(line => line.Split('|')[1]).Distinct(), Is.EquivalentTo(EveryRecordTests.Types.Except(TooLong)), $"run this test with {WriteVariable}=1");
    }

    /// <summary>The shortest of each shape of description, sorted by type and shape.</summary>
    private static SortedDictionary<string, Sample> Collect(EveryRecord workload)
    {
        var found = new SortedDictionary<string, Sample>(StringComparer.Ordinal);
        foreach (int timeline in new[] { 1, 2 })
        {
            (string first, string last) = workload.Segments(timeline);
            string[] lines = PostgresTools.Run("pg_waldump", "-p", workload.Wal, first, last).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            var reader = new WalReader(new Pages(workload.Wal, timeline), PostgresMajor.LogCluster, EveryRecord.SegmentSize, 0);
            foreach (string line in lines)
                Add(found, line, reader);
        }
        foreach (IGrouping<string, string> type in found.Keys.GroupBy(key => key[..key.IndexOf(' ')]).ToArray())
            foreach (string surplus in type.Skip(ShapesOfAType))
                found.Remove(surplus);
        return found;
    }

    private static void Add(SortedDictionary<string, Sample> found, string line, WalReader reader)
    {
        Match parts = Line().Match(line);
        Assert.That(parts.Success, line);
        int length = int.Parse(parts.Groups["length"].Value);
        string type = $"{parts.Groups["rmgr"].Value}/{parts.Groups["type"].Value}", text = parts.Groups["text"].Value;
        string shape = $"{type} {Number().Replace(text.Length > 60 ? text[..60] : text, "N")}";
        if (length > LongestRecord || (found.TryGetValue(shape, out Sample? shorter) && shorter.Record.Length <= length))
            return;
        reader.BeginRead(Lsn.Parse(parts.Groups["lsn"].Value));
        Assert.That(reader.Read(), Is.EqualTo(WalReadStatus.Record), line);
        Assert.That(reader.Record.Length, Is.EqualTo(length), line);
        found[shape] = new Sample(type, reader.Record.ToArray(), text);
    }

    [GeneratedRegex(@"^rmgr: (?<rmgr>\w+) +len \(rec/tot\): +\d+/ *(?<length>\d+), .* lsn: (?<lsn>[0-9A-F/]+), .* desc: (?<type>\S+) (?<text>.*?)(, blkref #.*)?$")]
    private static partial Regex Line();

    [GeneratedRegex("[0-9A-F]*[0-9]+[0-9A-F]*")]
    private static partial Regex Number();

    private sealed record Sample(string Type, byte[] Record, string Text)
    {
        public override string ToString() => $"{Convert.ToHexString(Record)}|{Type}|{Text}";
    }

    private sealed class Pages(string folder, int timeline) : IWalPageSource
    {
        public WalPageResult ReadPage(Lsn pageStart, int requiredBytes, Lsn recordStart, Span<byte> page)
        {
            WalSegment segment = WalSegment.Containing(pageStart, new TimelineId((uint)timeline), EveryRecord.SegmentSize);
            using FileStream file = File.OpenRead(Path.Combine(folder, segment.FileName(EveryRecord.SegmentSize)));
            file.Position = (long)pageStart.BytesSince(segment.Start(EveryRecord.SegmentSize));
            file.ReadExactly(page);
            return WalPageResult.Available(WalFormat.PageSize, segment.Timeline);
        }
    }
}
