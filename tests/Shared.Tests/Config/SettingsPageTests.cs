using System.Text.RegularExpressions;
using Pgrepl.Shared.Config;

namespace Pgrepl.Shared.Tests.Config;

/// <summary>The reference page is the table's, and tells the truth about what a setting does.</summary>
public sealed class SettingsPageTests
{
    private const string Command = "PGREPL_WRITE_SETTINGS_PAGE=1 dotnet test tests/Shared.Tests --filter SettingsPage";

    [Test]
    public void The_page_is_what_the_table_gives()
    {
        string path = SourceTree.Path("docs/reference/settings.md"), page = SettingsPage.Markdown();
        if (Environment.GetEnvironmentVariable("PGREPL_WRITE_SETTINGS_PAGE") is { Length: > 0 })
            File.WriteAllText(path, page);
        Assert.That(File.Exists(path) ? File.ReadAllText(path) : "", Is.EqualTo(page), $"make it anew: {Command}");
        Assert.That(page, Does.Contain(Command));
    }

    private static string Code => string.Concat(((string[])["Postmaster", "Startup", "WalReceiver", "WalSender", "WalWriter", "Shared"])
            .SelectMany(folder => Directory.EnumerateFiles(SourceTree.Path(folder), "*.cs", SearchOption.AllDirectories))
            .Where(path => !path.Contains("/Shared/Config/Setting", StringComparison.Ordinal) && !path.Contains("/obj/", StringComparison.Ordinal))
            .Select(File.ReadAllText));

    [Test]
    public void A_setting_that_has_an_effect_is_read_by_somebody()
    {
        string code = Code;
        Assert.Multiple(() =>
        {
            foreach (SettingDefinition definition in SettingsTable.All.Where(d => d.Context != SettingContext.Internal))
                if (SettingEffects.WhyNone(definition) is null)
                    Assert.That(Regex.IsMatch(code, $"\"{Regex.Escape(definition.Name)}\""), $"{definition.Name} has no effect: say why in SettingEffects");
        });
    }

    [Test]
    public void A_setting_without_effect_is_asked_for_by_nobody()
    {
        string code = Code;
        Assert.Multiple(() =>
        {
            foreach (string name in SettingEffects.Names)
                Assert.That(Regex.Match(code, $@"\b(Int|Bool|Duration|Bytes|Text|List|Show|ShowSetting)\([^()]*""{Regex.Escape(name)}""").Value, Is.Empty, $"{name} acts: it does not belong in SettingEffects");
        });
    }

    [Test]
    public void What_has_no_effect_or_differs_is_in_the_table() => Assert.Multiple(() =>
    {
        foreach (string name in SettingEffects.Names.Concat(SettingDeviations.All.Select(d => d.Name)))
            Assert.That(SettingsTable.Find(name), Is.Not.Null, name);
    });
}
