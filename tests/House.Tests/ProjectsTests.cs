using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Pgrepl.House.Tests;

/// <summary>One solution, one place for versions, one list of banned calls.</summary>
public sealed class ProjectsTests
{
    private static IReadOnlyList<string> Projects => Tree.Projects;

    [TestCaseSource(nameof(Projects))]
    public void Every_project_is_in_the_solution(string project) =>
        Assert.That(Tree.Read("pgrepl.sln"), Does.Contain($"\"{project.Replace('/', '\\')}\""));

    [TestCaseSource(nameof(Projects))]
    public void No_project_names_a_version_of_its_own(string project)
    {
        XDocument file = XDocument.Parse(Tree.Read(project));
        foreach (XElement package in file.Descendants("PackageReference"))
            Assert.That(package.Attributes().Select(attribute => attribute.Name.LocalName), Is.SubsetOf(new[] { "Include", "PrivateAssets" }), package.ToString());
        Assert.That(file.Descendants("TargetFramework"), Is.Empty, "Directory.Build.props says it");
        Assert.That(file.Descendants("NoWarn"), Is.Empty, "a rule is turned off in .editorconfig, with its reason");
    }

    [Test]
    public void Every_package_version_is_exact()
    {
        List<string> versions = [.. XDocument.Parse(Tree.Read("Directory.Packages.props")).Descendants("PackageVersion").Select(package => package.Attribute("Version")!.Value)];
        Assert.That(versions, Is.Not.Empty);
        Assert.That(versions, Has.All.Matches(@"^\[\d+\.\d+\.\d+(\.\d+)?\]$"));
    }

    [Test]
    public void Nobody_else_switches_the_banned_calls_back_on() => Assert.That(
        Tree.Sources.Where(path => !path.StartsWith("Shared/Libpq/", StringComparison.Ordinal) && path != "tests/House.Tests/ProjectsTests.cs"
            && Tree.Read(path).Contains("RS0030", StringComparison.Ordinal)),
        Is.Empty);

    [Test]
    public void What_is_banned_has_a_reason()
    {
        foreach (string line in File.ReadLines(Path.Combine(Tree.Root, "BannedSymbols.txt")))
        {
            Assert.That(line, Does.Match("^[TM]:[^;]+;.+"));
            foreach (Match page in Regex.Matches(line, "docs/decisions/([0-9]{4})"))
                Assert.That(Directory.GetFiles(Path.Combine(Tree.Root, "docs/decisions"), page.Groups[1].Value + "-*.md"), Has.Length.EqualTo(1), line);
        }
    }
}
