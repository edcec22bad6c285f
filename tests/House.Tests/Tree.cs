using System.Text.RegularExpressions;

namespace Pgrepl.House.Tests;

/// <summary>The project's own files, read as text.</summary>
internal static partial class Tree
{
    public static string Root { get; } = FindRoot();

    /// <summary>Every C# file, by its path from the root, without what a build made.</summary>
    public static IReadOnlyList<string> Sources { get; } = Files("*.cs");

    /// <summary>Every project, by its path from the root.</summary>
    public static IReadOnlyList<string> Projects { get; } = Files("*.csproj");

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>A source without its comments and without what stands between quotes.</summary>
    public static string Code(string path) => NotCode().Replace(Read(path), "\"\"");

    private static List<string> Files(string pattern) =>
    [
        .. Directory.EnumerateFiles(Root, pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path))
            .Where(path => !path.Split('/').Any(part => part is "bin" or "obj" or "out" || part.StartsWith('.')))
            .Order(StringComparer.Ordinal),
    ];

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "pgrepl.sln")))
                return folder.FullName;
        throw new DirectoryNotFoundException($"no pgrepl.sln above {AppContext.BaseDirectory}");
    }

    [GeneratedRegex("""
        "{3}[\s\S]*?"{3} | @"(?:[^"]|"")*" | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])+' | //[^\n]* | /\*[\s\S]*?\*/
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex NotCode();
}
