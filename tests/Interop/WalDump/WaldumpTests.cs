using Pgrepl.Cli.CommandLine;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests.WalDump;

/// <summary>pgrepl waldump against pg_waldump 15 on the same files: output, errors and exit code, all of it.</summary>
/// <remarks>The verb runs in this process, so that a hundred comparisons take seconds; the programs themselves are compared once.</remarks>
public sealed class WaldumpTests
{
    private static readonly Dictionary<string, string> InEnglish = new() { ["LC_ALL"] = "C" }; // the zone is this process's

    private static string Wal => SharedWorkload.EveryRecord.Wal;

    [Test]
    public void Every_record_is_shown_as_postgres_shows_it([Values(1, 2)] int timeline, [Values("", "-b", "--stats", "--stats=record")] string option)
    {
        (string first, string last) = SharedWorkload.EveryRecord.Segments(timeline);
        string shown = Compare([.. option.Split(' ', StringSplitOptions.RemoveEmptyEntries), "-p", Wal, first, last]);
        Assert.That(shown, Does.Contain(timeline == 1 ? "OVERWRITE_CONTRECORD" : "END_OF_RECOVERY").Or.Contain("WAL statistics between"));
    }

    [TestCase("-n 5")]
    [TestCase("-n5 -q")]
    [TestCase("-n 0 -q")]
    [TestCase("--limit=3 --bkp-details")]
    [TestCase("-r Heap -r btree -n 20")]
    [TestCase("-r nbtree")]
    [TestCase("-r custom128 -r xlog")]
    [TestCase("-r custom127")]
    [TestCase("-r custom999")]
    [TestCase("-r list")]
    [TestCase("--rmgr=LIST")]
    [TestCase("-w -n 10")]
    [TestCase("-x 3 -n 10")]
    [TestCase("-x -1")]
    [TestCase("-x abc")]
    [TestCase("-F init")]
    [TestCase("-F vm -n 10")]
    [TestCase("-F MAIN")]
    [TestCase("-R 1663/5/1259 -n 10")]
    [TestCase("-R 1663/5/1259 -B 0 -F main -n 10")]
    [TestCase("-R 1663/5")]
    [TestCase("-R 0/5/1259")]
    [TestCase("-R 1663/5/1259x")]
    [TestCase("-B 3")]
    [TestCase("-B 4294967295 -R 1663/5/1259")]
    [TestCase("-B x")]
    [TestCase("-e 0/0")]
    [TestCase("-e nowhere")]
    [TestCase("-e 0/")]
    [TestCase("-s G/0")]
    [TestCase("-s 0/1")]
    [TestCase("-e 7/0")]
    [TestCase("-t one")]
    [TestCase("-t 2")]
    [TestCase("-n many")]
    [TestCase("-z -n 100")]
    [TestCase("--stats=rmgr -r Transaction")]
    [TestCase("-z -x 4294967295")]
    [TestCase("-q -z")]
    [TestCase("-b -n 0x5 -r Gin")]
    [TestCase("--nothing")]
    [TestCase("-q --nothing=5")]
    [TestCase("-b -Y")]
    public void Options_mean_what_they_mean_to_postgres(string options)
    {
        (string first, string last) = SharedWorkload.EveryRecord.Segments(1);
        Compare([.. options.Split(' '), "-p", Wal, first, last]);
        Compare([.. options.Split(' '), $"{Wal}/{first}"]);
    }

    [Test]
    public void Positions_may_lie_anywhere()
    {
        (string first, string last) = SharedWorkload.EveryRecord.Segments(1);
        var start = new Lsn(StartOf(first).Value + (1 << 20)); // a segment's start is no news, anything else is
        foreach (ulong skip in new ulong[] { 0, 1, 24, 40, 8191, 8192, 8193, 20_000, 99_999 })
            Compare(["-s", $"{start + skip}", "-n", "2", "-p", Wal]);
        foreach (ulong end in new ulong[] { 0, 1, 40, 8192, 12_345, 16_384, 30_001 })
            Compare(["-s", $"{start}", "-e", $"{start + end}", "-p", Path.GetDirectoryName(Wal)!]);
        Compare(["-s", $"{StartOf(last) + (1 << 20)}", "-e", $"{StartOf(last) + (4 << 20)}", "-n", "1", "-p", Wal]);
        Compare(["-s", $"{start + 5}", first, "-p", Wal]);
        Compare(["-e", $"{start + 5}", first, "-p", Wal]);
    }

    [Test]
    public void Files_and_folders_are_looked_for_as_postgres_does()
    {
        (string first, string last) = SharedWorkload.EveryRecord.Segments(1);
        using var folder = new EmptyFolder();
        string data = Path.GetDirectoryName(Wal)!;
        Compare([]);
        Compare(["-p", folder.Path]);
        Compare(["-p", $"{folder.Path}/none", first]);
        Compare(["-p", "/etc/passwd", first]);
        Compare([$"{folder.Path}/{first}"]);
        Compare([$"{folder.Path}/none/{first}"]);
        Compare(["-p", data, first, "-n", "1"]);
        Compare(["-p", data]);
        Compare(["-p", Wal, last, first]);
        Compare(["-p", Wal, first, "000000010000000000000FFF"]);
        Compare(["-p", Wal, first, last, "third", "fourth"]);
        Compare(["-p", Wal, first, "-n"]);
        Compare(["-p", Wal, first, "--limit"]);
        Compare(["-p", Wal, "--", "-Y"]);
        File.WriteAllBytes($"{folder.Path}/{first}", new byte[8192]);
        Compare(["-p", folder.Path, first]);
        File.WriteAllBytes($"{folder.Path}/{first}", new byte[100]);
        Compare([$"{folder.Path}/{first}"]);
        File.WriteAllBytes($"{folder.Path}/{first}", File.ReadAllBytes($"{Wal}/{first}")[..(3 * 8192 + 100)]);
        Compare([$"{folder.Path}/{first}"]); // ends in the middle of a page
    }

    [Test]
    public void The_program_itself_says_the_same_in_any_zone()
    {
        (string first, _) = SharedWorkload.EveryRecord.Segments(2);
        var abroad = new Dictionary<string, string> { ["LC_ALL"] = "C", ["TZ"] = "America/New_York", ["PGDATA"] = Path.GetDirectoryName(Wal)! };
        string[] arguments = ["-r", "XLOG", first];
        (int code, string output, string errors) = Build.Run(PostgresTools.Find("pg_waldump"), arguments, environment: abroad);
        (int ourCode, string ours, string ourErrors) = Build.Run(Path.Combine(Build.Folder, "pgrepl"), ["waldump", .. arguments], environment: abroad);
        Assert.That((ourCode, ours, Named(ourErrors)), Is.EqualTo((code, output, errors)));
        Assert.That(ours, Does.Match("END_OF_RECOVERY .* E[SD]T\n"));
    }

    [Test]
    public void A_reader_that_has_seen_enough_ends_it()
    {
        (string first, string last) = SharedWorkload.EveryRecord.Segments(1);
        (int code, string output, string errors) = Build.Run("/bin/sh", ["-c", $"{{ '{Build.Folder}/pgrepl' waldump -p '{Wal}' {first} {last}; echo $? >&2; }} | head -n 1"]);
        Assert.That((code, output.Count(c => c == '\n'), errors), Is.EqualTo((0, 1, "141\n")));
    }

    private static Lsn StartOf(string name)
    {
        Assert.That(WalSegment.TryParse(name, 1 << 20, out WalSegment segment));
        return segment.Start(1 << 20);
    }

    /// <returns>What both printed.</returns>
    private static string Compare(string[] arguments)
    {
        (int code, string output, string errors) = Build.Run(PostgresTools.Find("pg_waldump"), arguments, environment: InEnglish);
        using var ours = new StringWriter();
        using var ourErrors = new StringWriter();
        int ourCode = CommandTree.Run(["waldump", .. arguments], new Terminal(ours, ourErrors, CancellationToken.None));
        string line = string.Join(' ', arguments);
        Assert.That(Named(ourErrors.ToString()), Is.EqualTo(errors.Replace(PostgresTools.Find("pg_waldump"), "pg_waldump", StringComparison.Ordinal)), line); // getopt gives the path
        Assert.That(FirstDifference(ours.ToString(), output), Is.Null, line);
        Assert.That(ourCode, Is.EqualTo(code), line);
        return output;
    }

    /// <summary>Our messages with the name that pg_waldump has.</summary>
    private static string Named(string errors) => errors.Replace("pgrepl waldump", "pg_waldump", StringComparison.Ordinal).Replace("pgrepl: ", "pg_waldump: ", StringComparison.Ordinal);

    /// <summary>NUnit would print megabytes.</summary>
    private static string? FirstDifference(string ours, string theirs)
    {
        if (ours == theirs)
            return null;
        string[] left = ours.Split('\n'), right = theirs.Split('\n');
        int line = Enumerable.Range(0, Math.Min(left.Length, right.Length)).FirstOrDefault(i => left[i] != right[i], Math.Min(left.Length, right.Length));
        return $"line {line + 1}\nours:   {left.ElementAtOrDefault(line)}\ntheirs: {right.ElementAtOrDefault(line)}";
    }

    private sealed class EmptyFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("pgrepl-dump-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
