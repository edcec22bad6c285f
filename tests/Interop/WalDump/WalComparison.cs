using System.Text.RegularExpressions;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests.WalDump;

/// <summary>pgrepl waldump -b of WAL of any major beside pg_waldump 15 -b of the same WAL in the form of 15.</summary>
internal static partial class WalComparison
{
    private static readonly Dictionary<string, string> InEnglish = new() { ["LC_ALL"] = "C" }; // the zone is this process's

    /// <param name="untold">Gets each of our lines of a record that pg_waldump was not let read.</param>
    /// <returns>What we call the records, for instance Heap/INSERT+INIT.</returns>
    public static IEnumerable<string> Compare(string wal, string first, string last, TranslatedWal translated, Action<string> untold)
    {
        (int code, string output, string errors) = Build.Run(PostgresTools.Find("pg_waldump"), ["-b", "-p", translated.Folder, first, last], environment: InEnglish);
        using var ours = new StringWriter();
        using var ourErrors = new StringWriter();
        int ourCode = CommandTree.Run(["waldump", "-b", "-p", wal, first, last], new Terminal(ours, ourErrors, CancellationToken.None));
        Assert.That((ourCode, ourErrors.ToString().Replace("pgrepl: ", "pg_waldump: ", StringComparison.Ordinal)), Is.EqualTo((code, errors)));

        string tablespaces = $"/PG_{translated.Major.Number}_{translated.Major.CatalogVersion}/";
        string[] shown = ours.ToString().Split('\n'), theirs = output.Split('\n');
        for (int i = 0; i < Math.Max(shown.Length, theirs.Length); i++)
        {
            string line = shown.ElementAtOrDefault(i) ?? "nothing", expected = OnlyIn15().Replace(theirs.ElementAtOrDefault(i) ?? "nothing", "").Replace("/PG_15_202209061/", tablespaces, StringComparison.Ordinal);
            if (translated.Major.Number == 13)
                (line, expected) = (WordsOf13.Judged(line), WordsOf13.Of(expected));
            if (line.StartsWith("rmgr: ", StringComparison.Ordinal) && translated.Untold.Contains(Lsn.Parse(Position().Match(line).Groups[1].Value)))
            {
                untold(line);
                line = $"rmgr: XLOG       {line[line.IndexOf(" len (rec/tot)", StringComparison.Ordinal)..line.IndexOf("desc: ", StringComparison.Ordinal)]}desc: NOOP ";
            }
            if (line != expected)
                Assert.Fail($"line {i + 1}\nours:   {shown.ElementAtOrDefault(i)}\ntheirs: {theirs.ElementAtOrDefault(i)}");
        }
        IEnumerable<Match> types = shown.Select(line => Type().Match(line)).Where(match => match.Success);
        Assert.That(shown.Count(line => line.StartsWith("rmgr: ", StringComparison.Ordinal)), Is.EqualTo(translated.Count).And.GreaterThan(0));
        return types.Select(match => $"{match.Groups[1]}/{match.Groups[2]}").Distinct();
    }

    /// <summary>What pg_waldump of 10 to 14 does not say.</summary>
    [GeneratedRegex(", method: pglz$|; apply_feedback")]
    private static partial Regex OnlyIn15();

    [GeneratedRegex(@"^rmgr: (\w+) .* desc: (\S+) ")]
    private static partial Regex Type();

    [GeneratedRegex(", lsn: ([0-9A-F/]+), ")]
    private static partial Regex Position();
}
