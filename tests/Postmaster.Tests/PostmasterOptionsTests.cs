namespace Pgrepl.Postmaster.Tests;

public sealed class PostmasterOptionsTests
{
    private string? _pgdata;

    [SetUp]
    public void ForgetPgdata()
    {
        _pgdata = Environment.GetEnvironmentVariable("PGDATA");
        Environment.SetEnvironmentVariable("PGDATA", null);
    }

    [TearDown]
    public void RestorePgdata() => Environment.SetEnvironmentVariable("PGDATA", _pgdata);

    [Test]
    public void Every_option_is_taken()
    {
        PostmasterOptions options = Parse(out string said, "-D", "/data/a/", "--config", "/etc/x.toml", "-c", "port=5433", "-c", "cluster_name=a b")!;
        Assert.That(options.Data.Path, Is.EqualTo("/data/a"));
        Assert.That(options.ConfigFile, Is.EqualTo("/etc/x.toml"));
        Assert.That(options.Settings, Is.EqualTo(["port=5433", "cluster_name=a b"]));
        Assert.That(said, Is.Empty);
    }

    [Test]
    public void The_directory_defaults_to_PGDATA_and_becomes_absolute()
    {
        Environment.SetEnvironmentVariable("PGDATA", "nodes/a");
        Assert.That(Parse(out _)!.Data.Path, Is.EqualTo(Path.GetFullPath("nodes/a")));
        Assert.That(Parse(out _, "-D", "/b")!.Data.Path, Is.EqualTo("/b"), "-D is stronger");
    }

    [Test]
    public void The_directory_may_stand_in_the_configuration_file()
    {
        Environment.SetEnvironmentVariable("PGDATA", "/elsewhere");
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "data_directory = '/data/a/'\nport = 5433\n");
            Assert.That(Parse(out _, "--config", file)!.Data.Path, Is.EqualTo("/data/a"));
            Assert.That(Parse(out _, "--config", file, "-D", "/b")!.Data.Path, Is.EqualTo("/b"), "-D is stronger");
            File.WriteAllText(file, "port = 5433\n");
            Assert.That(Parse(out _, "--config", file)!.Data.Path, Is.EqualTo("/elsewhere"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [TestCase("pgrepl-postmaster: no data directory specified and environment variable PGDATA unset\n")]
    [TestCase("pgrepl-postmaster: invalid argument: \"-X\"\n", "-D", "/a", "-X")]
    [TestCase("pgrepl-postmaster: invalid argument: \"-c\"\n", "-D", "/a", "-c")]
    [TestCase("pgrepl-postmaster: invalid argument: \"\"\n", "")]
    public void A_usage_error_is_said(string expected, params string[] arguments)
    {
        Assert.That(Parse(out string said, arguments), Is.Null);
        Assert.That(said, Is.EqualTo(expected));
    }

    private static PostmasterOptions? Parse(out string said, params string[] arguments)
    {
        using StringWriter errors = new();
        PostmasterOptions? options = PostmasterOptions.Parse(arguments, errors);
        said = errors.ToString();
        return options;
    }
}
