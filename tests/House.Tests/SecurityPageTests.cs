using System.Text.RegularExpressions;

namespace Pgrepl.House.Tests;

/// <summary>docs/security.md names tests; they exist.</summary>
public sealed partial class SecurityPageTests
{
    private const string Document = "docs/security.md";

    [Test]
    public void Every_test_it_names_is_there()
    {
        string[] declared = [.. Tree.Sources.Where(path => path.StartsWith("tests/", StringComparison.Ordinal)).SelectMany(path => Declaration().Matches(Tree.Read(path))).Select(found => found.Groups[1].Value)];
        string[] named = [.. TestName().Matches(Tree.Read(Document)).Select(found => found.Groups[1].Value)];
        Assert.That(named, Has.Length.GreaterThan(15), "what the test reads");
        Assert.That(named.Where(name => !declared.Any(d => d.Contains(name, StringComparison.Ordinal))), Is.Empty);
    }

    /// <summary>In backticks, beginning with a capital: settings, functions and files do not.</summary>
    [GeneratedRegex("`([A-Z][A-Za-z_]+)`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"(?:public void|class|namespace) ([\w.]+)")]
    private static partial Regex Declaration();
}
