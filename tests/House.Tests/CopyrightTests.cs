using System.Text.RegularExpressions;

namespace Pgrepl.House.Tests;

/// <summary>packaging/debian/copyright tells of every library that is shipped.</summary>
public sealed partial class CopyrightTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Tree.Root, "packaging", "debian", "copyright"));

    private static IEnumerable<string> Shipped =>
        Directory.EnumerateFiles(Tree.Root, "*.csproj", SearchOption.AllDirectories)
            .Where(project => !Path.GetRelativePath(Tree.Root, project).StartsWith("tests", StringComparison.Ordinal))
            .SelectMany(project => Package().Matches(File.ReadAllText(project)).Select(package => package.Groups[1].Value)).Distinct();

    [TestCaseSource(nameof(Shipped))]
    public void It_names_the_library(string package) => Assert.That(Page, Does.Match($@"\b{Regex.Escape(package)}\b"));

    [GeneratedRegex("<PackageReference Include=\"([^\"]+)\"")]
    private static partial Regex Package();
}
