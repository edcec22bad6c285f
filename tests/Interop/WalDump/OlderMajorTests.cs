using System.Text.RegularExpressions;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests.WalDump;

/// <summary>WAL of 13 and 14: pgrepl waldump -b against pg_waldump 15 on the same WAL in the form of 15 (<see cref="TranslatedWal"/>, <see cref="WordsOf13"/>); they have no pg_walinspect, and their pg_waldump is not here.</summary>
public sealed partial class OlderMajorTests
{
    /// <summary>13 when PGREPL_TEST_MAJORS names it: in every test run its codes are forged (DescriptionsOf13Tests), and pgbench's WAL is compared (MajorTests).</summary>
    private static readonly int[] Compared = [.. Majors.OfScenarios.Where(major => major == 13), 14];

    [TestCaseSource(nameof(Compared))]
    public void Every_record_is_told_as_15_tells_it_but_for_what_differs(int major)
    {
        using EveryRecord workload = EveryRecord.Run(major);
        var untold = new List<string>();
        var reached = new HashSet<string>();
        foreach (int timeline in new[] { 1, 2 })
        {
            (string first, string last) = workload.Segments(timeline);
            string[] segments = [.. Directory.GetFiles(workload.Wal).Select(path => Path.GetFileName(path)).Where(name => string.CompareOrdinal(name, first) >= 0 && string.CompareOrdinal(name, last) <= 0 && name.Length == 24)];
            using var translated = new TranslatedWal(workload.Wal, PostgresMajor.Of(major), EveryRecord.SegmentSize, segments, IsReadOtherwise);
            reached.UnionWith(WalComparison.Compare(workload.Wal, first, last, translated, line => untold.Add(Number().Replace(line[(line.IndexOf("desc: ", StringComparison.Ordinal) + 6)..], "N"))));
        }
        Assert.That(reached, Is.EquivalentTo(EveryRecordTests.TypesOf(major)));
        using var statistics = new StringWriter();
        CommandTree.Run(["waldump", "--stats", "-p", workload.Wal, workload.Segments(2).First], new Terminal(statistics, TextWriter.Null, CancellationToken.None));
        Assert.That(statistics.ToString(), Does.StartWith("Type ").And.Not.Contain("WAL statistics between"));
        AreTold([.. untold.Where(text => text.StartsWith("PREPARE ", StringComparison.Ordinal))]);
        Assert.That(untold.Where(text => !text.StartsWith("PREPARE ", StringComparison.Ordinal)).Distinct(),
            Is.EquivalentTo(major == 13 ? ["CREATE copy dir N/N to N/N", "DROP dir N/N", .. WordsOf13.Untold] : new[] { "CREATE copy dir N/N to N/N", "DROP dir N/N" }));
    }

    private static void AreTold(string[] prepared)
    {
        Assert.That(prepared, Has.Length.GreaterThan(8));
        Assert.That(prepared, Has.All.Matches(@"^PREPARE gid [^:]+: N-N-N N:N:N\.N [A-Z+-]+N?(; rels\((commit|abort)\):( base/N/N)+)*(; subxacts:( N)+)?(; inval msgs:( (catcache|relcache|snapshot) N)+)?$"));
        Assert.That(prepared, Has.Some.StartsWith("PREPARE gid to be committed: N-N-N N:N:N.N ").And.Some.Contains("; rels(abort): base/N/N base/N/N base/N/N base/N/N; subxacts: N; inval msgs: catcache N "));
    }

    /// <summary>15 has other numbers for databases, and statistics in the body of a prepared transaction.</summary>
    internal static bool IsReadOtherwise(WalReader record) => record.Header.Rmgr == ResourceManagerId.Database
        || (record.Header.Rmgr == ResourceManagerId.Transaction && (record.Header.Info & XactInfo.OperationMask) == XactInfo.Prepare)
        || (record.Major.Number < 14 && WordsOf13.IsReadOtherwise(record));

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Number();
}
