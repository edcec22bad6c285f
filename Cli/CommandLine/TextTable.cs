namespace Pgrepl.Cli.CommandLine;

/// <summary>Columns as wide as their widest cell, two blanks between them.</summary>
internal static class TextTable
{
    /// <returns>Nothing at all without rows.</returns>
    internal static IEnumerable<string> Lines(string[] heads, IEnumerable<string[]> rows, string indent = "")
    {
        string[][] all = [heads, .. rows];
        if (all.Length == 1)
            yield break;
        int[] widths = [.. heads.Select((_, column) => all.Max(row => row[column].Length))];
        foreach (string[] row in all)
            yield return indent + string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd();
    }
}
