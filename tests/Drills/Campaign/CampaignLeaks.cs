using System.Text.RegularExpressions;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Drills.Tests.Campaign;

/// <summary>Looks after each round for what was left behind: processes, files, descriptors, memory.</summary>
internal sealed partial class CampaignLeaks(CampaignPair pair)
{
    /// <summary>Descriptors between a child that idles and one at work: its client, what it listens to, a segment, assemblies that it needs for that.</summary>
    private const int DescriptorsSlack = 40;

    /// <summary>wal_keep_size, max_wal_size, and what a standby has received since its last restartpoint; each counts once, on however many timelines it is.</summary>
    private const int MostSegments = 160 + 8 + 16;

    /// <summary>Rounds after which a trend would show.</summary>
    private const int RoundsForTrend = 40;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>What a healthy pair has no business to log.</summary>
    private static readonly string[] Forbidden =
        ["PANIC:", "differs from our own", "invalid WAL", "already been removed", "Unhandled exception", "without replay progress", "still running according to shared memory", "pre-existing shared memory"];

    private readonly Dictionary<string, long> _logRead = [];
    private readonly Dictionary<string, (int Least, int Most)> _descriptors = [];
    private readonly List<int> _memory = [];

    /// <returns>Figures for the round's line.</returns>
    public string Look()
    {
        foreach (TestNode node in pair.Nodes)
        {
            GoesAway(() => Strays(node).Select(pid => $"{pid} {ProcessFacts.TryRead($"/proc/{pid}/cmdline").Split('\0')[0]}"), $"processes of {node.Name} that are nobody's children");
            GoesAway(() => Unexpected(node.Data.Path, DataFile()), $"files of {node.Name}");
            GoesAway(() => DeletedButOpen(node), $"removed files that {node.Name} has open");
            ReadLog(node);
            foreach (string aside in Directory.GetDirectories(node.Data.Wal, "diverged-*"))
                Directory.Delete(aside, recursive: true); // as an operator does who has seen what was put aside
            SegmentsGo(node);
        }
        Assert.That(Unexpected(pair.Folder, NodeFile()).Where(name => !name.StartsWith("a/", StringComparison.Ordinal) && !name.StartsWith("b/", StringComparison.Ordinal)), Is.Empty, "files beside the nodes");
        int[] processes = [.. pair.Nodes.SelectMany(node => ProcessFacts.Of(node.Data.Path))];
        int kilobytes = processes.Sum(ProcessFacts.ProportionalKilobytes), descriptors = pair.Nodes.Sum(CountDescriptors);
        _memory.Add(kilobytes / Math.Max(1, processes.Length));
        return $"{processes.Length} processes, {kilobytes / 1024} MB Pss, {descriptors} descriptors, {pair.Nodes.Sum(node => Directory.GetFiles(node.Data.Path, "*", SearchOption.AllDirectories).Length)} files";
    }

    /// <summary>Over the whole campaign: nothing grew.</summary>
    /// <returns>The figures, in words.</returns>
    public string Trend()
    {
        foreach ((string kind, (int least, int most)) in _descriptors)
            Assert.That(most - least, Is.LessThanOrEqualTo(DescriptorsSlack), $"descriptors of {kind}: {least} to {most}");
        int quarter = Math.Max(1, _memory.Count / 4);
        int first = Median(_memory.Take(quarter)), last = Median(_memory.TakeLast(quarter));
        if (_memory.Count >= RoundsForTrend)
            Assert.That(last, Is.LessThan(first * 5 / 4), "kB Pss a process, the last quarter of the rounds against the first");
        return $"Pss a process {first} kB in the first quarter, {last} kB in the last; descriptors {string.Join(", ", _descriptors.OrderBy(d => d.Key).Select(d => $"{d.Key} {d.Value.Least} to {d.Value.Most}"))}";
    }

    private static void SegmentsGo(TestNode node)
    {
        IReadOnlyList<WalSegment> segments = WalDirectory.List(node.Data, CampaignPair.SegmentSize);
        int numbers = segments.Select(segment => segment.Number).Distinct().Count();
        Assert.That(numbers, Is.LessThan(MostSegments), $"segments of {node.Name}");
        Assert.That(segments.Count - numbers, Is.LessThan(segments.Select(segment => segment.Timeline).Distinct().Count()), $"segments of {node.Name} that a promotion has split: one for each");
    }

    private static void GoesAway(Func<IEnumerable<string>> what, string name)
    {
        string[] left = [];
        using ManualResetEvent never = new(false);
        for (long deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds; Environment.TickCount64 < deadline && (left = [.. what()]).Length > 0;)
            never.WaitOne(100);
        Assert.That(left, Is.Empty, name);
    }

    private static int Median(IEnumerable<int> values) => values.Order().ToArray() is { Length: > 0 } sorted ? sorted[sorted.Length / 2] : 0;

    /// <summary>Processes that work on a node and are neither its postmaster nor a child of it.</summary>
    private static IEnumerable<int> Strays(TestNode node) =>
        node.PostmasterPid is { } postmaster ? ProcessFacts.Of(node.Data.Path).Except([postmaster, .. ProcessFacts.ChildrenOf(postmaster)]) : ProcessFacts.Of(node.Data.Path);

    private static IEnumerable<string> Unexpected(string folder, Regex expected) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path)).Where(name => !expected.IsMatch(name));

    /// <summary>Files that are removed take their space as long as somebody has them open.</summary>
    private static IEnumerable<string> DeletedButOpen(TestNode node) =>
        ProcessFacts.Of(node.Data.Path).SelectMany(ProcessFacts.Descriptors).Where(path => path.EndsWith(" (deleted)", StringComparison.Ordinal) && !path.StartsWith("/memfd:", StringComparison.Ordinal) && !path.StartsWith("/dev/shm/", StringComparison.Ordinal));

    private int CountDescriptors(TestNode node)
    {
        int postmaster = node.PostmasterPid!.Value, sum = 0;
        int[] children = ProcessFacts.ChildrenOf(postmaster);
        foreach (int pid in children.Append(postmaster))
        {
            int count = ProcessFacts.Descriptors(pid).Length;
            if (count == 0)
                continue; // gone
            sum += count;
            string kind = pid == postmaster ? "postmaster" : ProcessFacts.TryRead($"/proc/{pid}/cmdline").Split('\0')[0];
            int own = pid == postmaster ? count - 2 * children.Length : count; // a pidfd and a socket for each child
            (int least, int most) = _descriptors.GetValueOrDefault(kind, (own, own));
            _descriptors[kind] = (Math.Min(least, own), Math.Max(most, own));
        }
        return sum;
    }

    private void ReadLog(TestNode node)
    {
        using FileStream file = File.Open(node.LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Position = _logRead.GetValueOrDefault(node.Name);
        string log = new StreamReader(file).ReadToEnd();
        _logRead[node.Name] = file.Position;
        foreach (string word in Forbidden)
            Assert.That(log, Does.Not.Contain(word), $"the log of {node.Name}");
    }

    [GeneratedRegex(@"^(PG_VERSION|global/pg_control|pg_hba\.conf|pg_ident\.conf|pgrepl\.(toml|roles)|postgresql\.auto\.conf|postmaster\.pid|postmaster\.lock|standby\.signal|pg_wal/([0-9A-F]{24}|[0-9A-F]{8}\.history|diverged-[0-9A-Fa-f-]+/[0-9A-F]{24}(\.\d+)?|diverged-[0-9A-Fa-f-]+/[0-9A-F]{8}\.history(\.\d+)?))$")]
    private static partial Regex DataFile();

    [GeneratedRegex(@"^(\.s\.PGSQL\.\d+(\.lock)?|[ab]\.log)$")]
    private static partial Regex NodeFile();
}
