using System.Text.RegularExpressions;

namespace Pgrepl.Drills.Tests;

public sealed class SystemdUnitTests
{
    private static string Unit => File.ReadAllText(Path.Combine(Build.Root, "packaging", "systemd", "pgrepl@.service"));

    private string _folder = "";

    /// <summary>The unit as an instance, its program that of this build: verify wants it to be there.</summary>
    [OneTimeSetUp]
    public void WriteInstance()
    {
        _folder = Directory.CreateTempSubdirectory("pgrepl-unit-").FullName;
        string text = Unit.Replace("/usr/lib/pgrepl/", Build.Folder + "/");
        Assert.That(text, Does.Contain($"ExecStart={Build.Folder}/pgrepl-postmaster --config /etc/pgrepl/%i.toml"));
        File.WriteAllText(Instance, text);
    }

    [OneTimeTearDown]
    public void RemoveInstance() => Directory.Delete(_folder, recursive: true);

    private string Instance => Path.Combine(_folder, "pgrepl@main.service");

    [Test]
    public void Systemd_finds_nothing_wrong_with_the_unit()
    {
        (int code, string output, string errors) = Build.Run("systemd-analyze", ["verify", "--man=no", Instance]);
        Assert.That((code, output, errors), Is.EqualTo((0, "", "")), "it exits 0 on unknown keys, and says so on standard error");
    }

    [Test]
    public void The_guide_gives_the_units_exposure_as_systemd_counts_it()
    {
        (int code, string output, string errors) = Build.Run("systemd-analyze", ["security", "--offline=true", "--no-pager", Instance]);
        Assert.That(code, Is.Zero, errors);
        string counted = Regex.Match(output, @"Overall exposure level for pgrepl@main\.service: (\d+\.\d+)").Groups[1].Value;
        string guide = File.ReadAllText(Path.Combine(Build.Root, "docs", "guides", "systemd.md"));
        Assert.That(Regex.Match(guide, @"exposure level (\d+\.\d+)").Groups[1].Value, Is.EqualTo(counted), output);
    }
}
