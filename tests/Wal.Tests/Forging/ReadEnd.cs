using System.Globalization;
using System.Text.RegularExpressions;

namespace Pgrepl.Wal.Tests;

/// <summary>How far a reader of a folder came, and why it stopped there.</summary>
/// <param name="First">Start of the first record; null: none was found, or the program gave up before it told.</param>
/// <param name="End">End of the last good record.</param>
/// <param name="Count">Records.</param>
/// <param name="Error">pg_waldump's words, with the last good record's start; empty: what was asked for was read.</param>
internal sealed partial record ReadEnd(string? First, string? End, int Count, string Error)
{
    /// <summary>Runs pg_waldump. Its statistics, not its lines: what forged records mean could crash the code that describes them.</summary>
    internal static ReadEnd OfPostgres(ForgedFolder folder)
    {
        ProgramOutput dump = PostgresTools.Run(PostgresTools.Find("pg_waldump"), "--stats", "-p", folder.Path, "-s", folder.Start.ToString(), "-e", folder.End.ToString(),
            folder.FirstFile, folder.LastFile);
        string error = dump.Errors.StartsWith("pg_waldump: error: ", StringComparison.Ordinal) ? dump.Errors[19..] : dump.Errors;
        Assert.That(dump.ExitCode, Is.EqualTo(error.Length == 0 ? 0 : 1), dump.Errors);
        Match span = Span().Match(string.Join('\n', dump.Lines));
        Match total = Total().Match(string.Join('\n', dump.Lines));
        return span.Success
            ? new(span.Groups["first"].Value, span.Groups["end"].Value, int.Parse(total.Groups["count"].Value, CultureInfo.InvariantCulture), error)
            : new(null, null, 0, error);
    }

    /// <summary>Drives our reader the way pg_waldump drives its own.</summary>
    internal static ReadEnd OfOurs(ForgedFolder folder)
    {
        if (WrongSegmentSize(folder) is { } wrong)
            return new(null, null, 0, wrong);
        using var pages = new DumpPages(folder);
        var reader = new WalReader(pages, PostgresMajor.LogCluster, folder.SegmentSize, systemId: 0);
        Lsn first = reader.FindNextRecord(folder.Start);
        if (!first.IsValid)
            return new(null, null, 0, pages.Fatal ?? $"could not find a valid record after {folder.Start}");
        int count = 0;
        Lsn end = first;
        while (reader.Read() == WalReadStatus.Record)
        {
            count++;
            end = reader.RecordEnd;
        }
        if (pages.Fatal is not null)
            return new(null, null, 0, pages.Fatal);
        string error = reader.Error is null ? "" : $"error in WAL record at {reader.RecordStart}: {reader.Error}";
        return count == 0 ? new(null, null, 0, error) : new(first.ToString(), end.ToString(), count, error);
    }

    /// <summary>What pg_waldump's search_directory says of the first file before it reads; null: nothing.</summary>
    private static string? WrongSegmentSize(ForgedFolder folder)
    {
        using FileStream file = File.OpenRead(Path.Combine(folder.Path, folder.FirstFile));
        byte[] header = new byte[WalLongPageHeader.Size];
        file.ReadExactly(header);
        uint size = WalLongPageHeader.Read(header)!.Value.SegmentSize;
        return WalFormat.IsValidSegmentSize(size) ? null
            : $"WAL segment size must be a power of two between 1 MB and 1 GB, but the WAL file \"{folder.FirstFile}\" header specifies {(int)size} byte{(size == 1 ? "" : "s")}";
    }

    [GeneratedRegex("^WAL statistics between (?<first>[0-9A-F/]+) and (?<end>[0-9A-F/]+):$", RegexOptions.Multiline)]
    private static partial Regex Span();

    [GeneratedRegex("^Total +(?<count>[0-9]+) ", RegexOptions.Multiline)]
    private static partial Regex Total();
}
