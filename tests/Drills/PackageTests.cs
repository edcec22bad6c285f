using System.Text.RegularExpressions;

namespace Pgrepl.Drills.Tests;

/// <summary>The Debian package, made of this build.</summary>
public sealed class PackageTests
{
    private string _folder = "";
    private string _package = "";

    [OneTimeSetUp]
    public void Make()
    {
        _folder = Directory.CreateTempSubdirectory("pgrepl-deb-").FullName;
        Build.Expect(Build.Run(Path.Combine(Build.Root, "packaging", "debian", "build.sh"), [Build.Folder, "1.2.3", _folder], 180_000, new Dictionary<string, string> { ["DPKG_DEB_COMPRESSOR_LEVEL"] = "0" }));
        _package = Path.Combine(_folder, "pgrepl_1.2.3_amd64.deb");
    }

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Its_control_file_says_what_it_needs()
    {
        string info = Deb("--info");
        Assert.That(info, Does.Contain("Package: pgrepl\n").And.Contain("Version: 1.2.3\n").And.Contain("libpq5"));
        Assert.That(info, Does.Not.Contain("@"), "every place of the template is filled in");
        foreach (string script in (string[])["postinst", "prerm", "postrm"])
            Assert.That(info, Does.Match($@"\* +{script} +#!/bin/sh"));
    }

    [Test]
    public void Its_files_belong_to_root_and_are_where_they_are_looked_for()
    {
        string[] contents = Deb("--contents").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(contents, Has.All.Match(" root/root "));
        foreach (string file in (string[])["lib/systemd/system/pgrepl@.service", "lib/systemd/system/pgrepl-drill.service", "lib/systemd/system/pgrepl-drill.timer", "usr/share/man/man1/pgrepl.1.gz", "usr/share/bash-completion/completions/pgrepl", "usr/share/doc/pgrepl/copyright", "etc/pgrepl/"])
            Assert.That(contents, Has.Some.EndsWith(" ./" + file));
        foreach (string program in (string[])["pgrepl", "pgrepl-postmaster", "pgrepl-startup", "pgrepl-walreceiver", "pgrepl-walsender", "pgrepl-walwriter"])
            Assert.That(contents, Has.Some.Match($@"^-rwxr-xr-x .* \./usr/lib/pgrepl/{program}$"));
        Assert.That(contents, Has.Some.EndsWith(" ./usr/bin/pgrepl -> ../lib/pgrepl/pgrepl"));
    }

    [Test]
    public void Its_man_page_describes_every_verb_as_help_does()
    {
        (_, string page, _) = Build.Run("sh", ["-c", $"dpkg-deb --fsys-tarfile {_package} | tar -xO ./usr/share/man/man1/pgrepl.1.gz | gzip -d"]);
        (_, string help, _) = Build.Pgrepl("--help");
        string[] verbs = [.. Regex.Matches(help[help.IndexOf("Commands:", StringComparison.Ordinal)..], @"^  ([a-z]+) ", RegexOptions.Multiline).Select(m => m.Groups[1].Value).Where(v => v != "pgrepl")];
        Assert.That(verbs, Does.Contain("init").And.Contain("drill"));
        foreach (string verb in verbs)
            Assert.That(page, Does.Contain($".SH \"PGREPL {verb.ToUpperInvariant()}\"\n"));
        Assert.That(page, Does.Contain(".SH \"PGREPL ROLE ADD\"\n").And.Contain(@"\-\-wal\-segsize <MB>"));
    }

    private string Deb(string what)
    {
        (int code, string output, string errors) = Build.Run("dpkg-deb", [what, _package]);
        Assert.That(code, Is.Zero, errors);
        return output;
    }
}
