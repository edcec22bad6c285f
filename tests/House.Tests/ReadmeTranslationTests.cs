using System.Text.RegularExpressions;

namespace Pgrepl.House.Tests;

/// <summary>README.zh-CN.md says in Chinese what README.md says: its commands, drawings and versions are the same.</summary>
public sealed partial class ReadmeTranslationTests
{
    [Test]
    public void Both_readmes_have_the_same_commands() => Assert.That(Blocks("README.zh-CN.md"), Is.EqualTo(Blocks("README.md")));

    [Test]
    public void Both_readmes_have_the_same_versions() => Assert.That(Versions("README.zh-CN.md"), Is.EqualTo(Versions("README.md")));

    private static string[] Blocks(string readme)
    {
        string[] blocks = [.. Block().Matches(Tree.Read(readme)).Select(block => block.Value)];
        Assert.That(blocks, Has.Length.GreaterThan(4), readme);
        return blocks;
    }

    private static string[] Versions(string readme)
    {
        string[] rows = [.. Version().Matches(Tree.Read(readme)).Select(row => row.Value)];
        Assert.That(rows, Has.Length.EqualTo(9), readme);
        return rows;
    }

    [GeneratedRegex("^```.*?^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^\| \d\d \| [\d.]+ \|", RegexOptions.Multiline)]
    private static partial Regex Version();
}
