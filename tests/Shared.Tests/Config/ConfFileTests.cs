using System.Text;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Tests.Storage;

namespace Pgrepl.Shared.Tests.Config;

/// <summary>What <see cref="PostgresJudgeTests"/> cannot ask a server about.</summary>
public sealed class ConfFileTests
{
    private TestDirectory _directory = null!;

    private string Main => _directory.File("main.conf");

    [SetUp]
    public void SetUp() => _directory = new TestDirectory();

    [TearDown]
    public void TearDown() => _directory.Dispose();

    [TestCase("# one\na = ", 2, 5, "syntax error in file \"f\" line 2, near end of line")]
    [TestCase("\n\n  é = 'b' 'ü' x", 3, 11, "syntax error in file \"f\" line 3, near token \"'ü'\"")]
    public void A_syntax_error_has_PostgreSQLs_words_and_a_place(string text, int line, int column, string message)
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => ConfFile.Parse("f", Encoding.UTF8.GetBytes(text)))!;
        Assert.That((e.Line, e.Column, e.Message, e.Detail), Is.EqualTo((line, column, message, (string?)null)));
    }

    [Test]
    public void After_a_hundred_errors_the_file_is_given_up()
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => ConfFile.Parse("f", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("=\n", 150)))))!;
        string[] others = e.Detail!.Split('\n');
        Assert.That((e.Line, others.Length, others[^2], others[^1]), Is.EqualTo((1, 100, "syntax error in file \"f\" line 100, near token \"=\"", "too many syntax errors found, abandoning file \"f\"")));
    }

    [Test]
    public void A_zero_byte_is_no_part_of_a_value() =>
        Assert.That(Assert.Throws<ConfigurationException>(() => ConfFile.Parse("f", "a = 'b\0c'\n"u8))!.Problem, Is.EqualTo("syntax error, near token \"'\""));

    [Test]
    public void A_line_of_quotes_takes_no_longer_than_its_length()
    {
        byte[] text = [.. "a = "u8, .. Enumerable.Repeat((byte)'\'', 1_000_001), .. "b\n"u8];
        Assert.Throws<ConfigurationException>(() => ConfFile.Parse("f", text));
    }

    [TestCase("include = ' '", "empty configuration file name: \" \"")]
    [TestCase("include_dir ''", "empty configuration directory name: \"\"")]
    [TestCase("INCLUDE 'none.conf'", "could not open configuration file \"{0}/none.conf\": No such file or directory")]
    [TestCase("include_dir 'none'", "could not open configuration directory \"{0}/none\": No such file or directory")]
    [TestCase("include 'main.conf'", "configuration file recursion in \"{0}/main.conf\"")]
    [TestCase("include 'other.conf'", "could not open configuration file \"other.conf\": maximum nesting depth exceeded")]
    public void An_include_that_cannot_be_followed_is_told(string text, string message)
    {
        File.WriteAllText(_directory.File("other.conf"), "include 'main.conf'\n");
        File.WriteAllText(Main, "# one\n" + text);
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => ConfFile.Parse(Main, File.ReadAllBytes(Main)))!;
        Assert.That(e.Message, Is.EqualTo(string.Format(message, Path.GetDirectoryName(Main))));
        Assert.That(e.Line, Is.Positive);
    }
}
