using System.Text.RegularExpressions;

namespace Pgrepl.Drills.Tests;

/// <summary>The units of packaging/systemd as systemd-analyze reads them; packaging/test/systemd-host.sh runs them.</summary>
public sealed class SystemdUnitTests
{
    private string _folder = "";

    /// <summary>The units, the template as an instance, their programs those of this build: verify wants them to be there.</summary>
    [OneTimeSetUp]
    public void WriteUnits()
    {
        _folder = Directory.CreateTempSubdirectory("pgrepl-unit-").FullName;
        string[] units = Directory.GetFiles(Path.Combine(Build.Root, "packaging", "systemd"));
        Assert.That(units.Select(Path.GetFileName), Is.EquivalentTo(new[] { "pgrepl@.service", "pgrepl-drill.service", "pgrepl-drill.timer" }));
        foreach (string unit in units)
            File.WriteAllText(Written(Path.GetFileName(unit).Replace("@.", "@main.")), File.ReadAllText(unit).Replace("/usr/lib/pgrepl/", Build.Folder + "/"));
        Assert.That(File.ReadAllText(Written("pgrepl@main.service")), Does.Contain($"ExecStart={Build.Folder}/pgrepl-postmaster --config /etc/pgrepl/%i.toml"));
        Assert.That(File.ReadAllText(Written("pgrepl-drill.service")), Does.Contain($"ExecStart={Build.Folder}/pgrepl drill "));
    }

    [OneTimeTearDown]
    public void RemoveUnits() => Directory.Delete(_folder, recursive: true);

    private string Written(string unit) => Path.Combine(_folder, unit);

    [TestCase("pgrepl@main.service")]
    [TestCase("pgrepl-drill.service")]
    [TestCase("pgrepl-drill.timer")]
    public void Systemd_finds_nothing_wrong_with_the_unit(string unit)
    {
        (int code, string output, string errors) = Build.Run("systemd-analyze", ["verify", "--man=no", Written(unit)]);
        Assert.That((code, output, errors), Is.EqualTo((0, "", "")), "it exits 0 on unknown keys, and says so on standard error");
    }

    [TestCase("pgrepl@main.service", "systemd.md")]
    [TestCase("pgrepl-drill.service", "monthly-drill.md")]
    public void The_guide_gives_the_units_exposure_as_systemd_counts_it(string unit, string guide)
    {
        (int code, string output, string errors) = Build.Run("systemd-analyze", ["security", "--offline=true", "--no-pager", Written(unit)]);
        Assert.That(code, Is.Zero, errors);
        string counted = Regex.Match(output, $@"Overall exposure level for {Regex.Escape(unit)}: (\d+\.\d+)").Groups[1].Value;
        string text = File.ReadAllText(Path.Combine(Build.Root, "docs", "guides", guide));
        Assert.That(Regex.Match(text, @"exposure level (\d+\.\d+)").Groups[1].Value, Is.EqualTo(counted), output);
    }

    [Test]
    public void The_timer_is_monthly_and_makes_up_for_a_missed_drill()
    {
        string timer = File.ReadAllText(Written("pgrepl-drill.timer"));
        string calendar = Regex.Match(timer, "^OnCalendar=(.+)$", RegexOptions.Multiline).Groups[1].Value;
        (int code, string output, string errors) = Build.Run("systemd-analyze", ["calendar", "--iterations=2", "--base-time=2026-11-22", calendar]);
        Assert.That(code, Is.Zero, errors);
        Assert.That(output, Does.Contain("2026-12-01 00:00:00").And.Contain("2027-01-01 00:00:00"));
        Assert.That(timer, Does.Contain("\nPersistent=yes\n").And.Match("\nRandomizedDelaySec="));
    }
}
