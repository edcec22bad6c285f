using Pgrepl.Shared.Libpq;

namespace Pgrepl.Shared.Tests.Libpq;

public sealed class ConninfoTests
{
    [Test]
    public void Libpq_is_there() => Assert.That(PgLibrary.LibpqMissing(), Is.Null);

    [Test]
    public void Parse_returns_what_the_string_sets_and_nothing_else()
    {
        IReadOnlyList<ConninfoItem> items = Conninfo.Parse("host=/tmp/x port=5433 password='a b\\'c' application_name=n1");
        Assert.That(items.Select(item => (item.Keyword, item.Value)), Is.EquivalentTo(new[]
        {
            ("host", "/tmp/x"), ("port", "5433"), ("password", "a b'c"), ("application_name", "n1"),
        }));
        Assert.That(items.Where(item => item.IsSecret).Select(item => item.Keyword), Is.EqualTo(new[] { "password" }));
    }

    [Test]
    public void Parse_reads_a_uri_with_two_hosts()
    {
        const string uri = "postgresql://rep:s%20ecret@h1:1,h2:2/db?sslmode=disable";
        Assert.That(Conninfo.ValueOf(uri, "host"), Is.EqualTo("h1,h2"));
        Assert.That(Conninfo.ValueOf(uri, "port"), Is.EqualTo("1,2"));
        Assert.That(Conninfo.ValueOf(uri, "password"), Is.EqualTo("s ecret"));
        Assert.That(Conninfo.ValueOf(uri, "application_name"), Is.Null);
    }

    [TestCase("bogus=1", "invalid connection string syntax: invalid connection option \"bogus\"")]
    [TestCase("host", "invalid connection string syntax: missing \"=\" after \"host\" in connection info string")]
    public void Parse_repeats_the_words_of_libpq(string conninfo, string message)
    {
        PgException? error = Assert.Throws<PgException>(() => Conninfo.Parse(conninfo));
        Assert.That(error!.Message, Is.EqualTo(message));
        Assert.That(error.SqlState, Is.EqualTo(SqlStates.InvalidParameterValue));
    }

    [Test]
    public void Mask_hides_passwords()
    {
        string shown = Conninfo.Mask("host=h user=u password=geheim sslpassword=auch");
        Assert.That(shown, Does.Contain("host=h").And.Contain("user=u").And.Contain("password=********").And.Contain("sslpassword=********"));
        Assert.That(shown, Does.Not.Contain("geheim").And.Not.Contain("auch"));
    }

    [TestCase("plain_1.x")]
    [TestCase("")]
    [TestCase("with blank")]
    [TestCase(@"it's \ both")]
    [TestCase("ümlaut/path=1")]
    public void Build_quotes_so_that_libpq_reads_the_same_value(string value)
    {
        string text = Conninfo.Build([new ConninfoItem("user", "u"), new ConninfoItem("options", value)]);
        Assert.That(Conninfo.ValueOf(text, "options"), Is.EqualTo(value));
    }

    [Test]
    public void With_replaces_adds_and_removes()
    {
        string changed = Conninfo.With("postgresql://u@h/db", "application_name", "node b");
        Assert.That(Conninfo.ValueOf(changed, "application_name"), Is.EqualTo("node b"));
        Assert.That(Conninfo.ValueOf(changed, "host"), Is.EqualTo("h"));
        changed = Conninfo.With(changed, "application_name", "c");
        Assert.That(Conninfo.ValueOf(changed, "application_name"), Is.EqualTo("c"));
        Assert.That(Conninfo.ValueOf(Conninfo.With(changed, "host", null), "host"), Is.Null);
    }
}
