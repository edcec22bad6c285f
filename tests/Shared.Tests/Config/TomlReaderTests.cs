using System.Diagnostics;
using System.Text;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Config.Toml;

namespace Pgrepl.Shared.Tests.Config;

/// <summary>Places, messages and limits; the grammar itself is tested by <see cref="TomlTestCases"/>.</summary>
public sealed class TomlReaderTests
{
    private static TomlTable Read(string text) => TomlReader.Read("f", Encoding.UTF8.GetBytes(text));

    [Test]
    public void Every_key_and_value_knows_its_place_in_characters()
    {
        TomlTable root = Read("# é𝄞\na = '𝄞é' # x\r\n'𝄞'.b = [ 1,\n  {c = 2}]\n[t]\n\"é\" = '''\n\n''' ");
        (TomlKey key, TomlValue value) = root.Members["a"];
        Assert.That((key.At, value.At), Is.EqualTo((new TomlPosition(2, 1), new TomlPosition(2, 5))));
        (key, value) = ((TomlTable)root.Find("𝄞")!).Members["b"];
        Assert.That((key.At, value.At), Is.EqualTo((new TomlPosition(3, 5), new TomlPosition(3, 9))));
        Assert.That(((TomlArray)value).Items.Select(item => item.At), Is.EqualTo(new[] { new TomlPosition(3, 11), new TomlPosition(4, 3) }));
        (key, value) = ((TomlTable)root.Find("t")!).Members["é"];
        Assert.That((key.At, value.At), Is.EqualTo((new TomlPosition(6, 1), new TomlPosition(6, 7))));
    }

    private const string AnyValue = "expected a value: a string in quotes, a number, true, false, a date, an array or a table in braces";

    [TestCase("port", 1, 5, "expected \"=\" after the key")]
    [TestCase("port = ", 1, 8, AnyValue)]
    [TestCase("\n port = 5 6", 2, 11, "expected the end of the line")]
    [TestCase("port = 05", 1, 8, AnyValue)]
    [TestCase("a = 9223372036854775808", 1, 5, AnyValue)]
    [TestCase("a = 1979-13-27", 1, 5, AnyValue)]
    [TestCase("[a", 1, 3, "expected \"]\" after the table's name")]
    [TestCase("[[a]", 1, 5, "expected \"]]\" after the name of an array of tables")]
    [TestCase("a = \"x", 1, 7, "expected a closing \" before the end of the line")]
    [TestCase("a = '''x\n", 2, 1, "expected a closing '''")]
    [TestCase("'''a''' = 1", 1, 1, "expected a key on one line")]
    [TestCase("a = \"\\x\"", 1, 7, "expected one of b t n f r \" \\ u U after a backslash")]
    [TestCase("a = \"\\ud800\"", 1, 8, "expected 4 hexadecimal digits of a Unicode character")]
    [TestCase("a = ['x' 'y']", 1, 10, "expected \",\" or \"]\"")]
    [TestCase("a = ['x'", 1, 9, "expected \",\" or \"]\"")]
    [TestCase("a = {b = 1\n}", 1, 11, "expected \",\" or \"}\"")]
    [TestCase("a = {b = 1, }", 1, 13, "expected a key")]
    [TestCase("= 1", 1, 1, "expected a key")]
    [TestCase("# \u0001", 1, 3, "expected no control character in a comment")]
    [TestCase("𝄞é = 1", 1, 1, "expected a key")]
    [TestCase("a = '𝄞é\u0007'", 1, 8, "expected no control character in a string")]
    [TestCase("a=1\na=2", 2, 1, "key \"a\" is set twice")]
    [TestCase("a.b=1\na.b=2", 2, 3, "key \"a.b\" is set twice")]
    [TestCase("[a]\n[a]", 2, 2, "table [a] is defined twice")]
    [TestCase("a = []\n[[a]]", 2, 3, "key \"a\" is set already, and not as something that can be added to here")]
    [TestCase("a = {b = 1}\na.c = 2", 2, 1, "key \"a\" is set already, and not as something that can be added to here")]
    public void An_error_names_the_place_and_what_was_expected(string text, int line, int column, string problem)
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => Read(text))!;
        Assert.That((e.Line, e.Column, e.Problem), Is.EqualTo((line, column, problem)));
        Assert.That(e.Message, Is.EqualTo($"file \"f\" line {line}, column {column}: {problem}"));
    }

    [Test]
    public void Bytes_that_are_not_UTF8_have_a_place_too()
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => TomlReader.Read("f", [.. "é = 1\n# é"u8, 0xC3, (byte)'x']))!;
        Assert.That((e.Line, e.Column, e.Problem), Is.EqualTo((2, 4, "expected text in UTF-8")));
    }

    [Test]
    public void A_file_that_is_too_long_is_refused() =>
        Assert.That(Assert.Throws<ConfigurationException>(() => TomlReader.Read("f", new byte[TomlReader.MaxBytes + 1]))!.Message, Is.EqualTo("file \"f\": expected at most 1048576 bytes"));

    /// <summary>Of each pattern as much as a file may hold: neither the stack nor the time is used up.</summary>
    [TestCase("a = ", "[", "expected values at most 64 deep in each other")]
    [TestCase("a = ", "{a=", "expected values at most 64 deep in each other")]
    [TestCase("a", ".a", "expected at most 64 parts of a key")]
    [TestCase("[a", ".a", "expected at most 64 parts of a key")]
    [TestCase("a = ", "2000-01-01 ", "expected a value")]
    [TestCase("a = [", "1,", "expected a value")]
    [TestCase("a = \"", "\\u00e9", "expected a closing")]
    [TestCase("", "[[a]]\n", null)]
    [TestCase("", "\n", null)]
    public void A_hostile_file_is_read_in_bounded_time_and_depth(string start, string repeated, string? problem)
    {
        string text = start + string.Concat(Enumerable.Repeat(repeated, (TomlReader.MaxBytes - start.Length) / repeated.Length));
        long before = Stopwatch.GetTimestamp();
        if (problem is null)
            Read(text);
        else
            Assert.That(Assert.Throws<ConfigurationException>(() => Read(text))!.Problem, Does.StartWith(problem));
        Assert.That(Stopwatch.GetElapsedTime(before), Is.LessThan(TimeSpan.FromSeconds(10)), "a pass or two over a mebibyte; a square of it would take minutes");
    }

    [Test]
    public void Many_keys_in_one_line_are_no_square()
    {
        TomlTable root = Read($"a = {{{string.Join(", ", Enumerable.Range(0, 60_000).Select(i => $"k{i} = {i}"))}}}");
        Assert.That(((TomlTable)root.Find("a")!).Members, Has.Count.EqualTo(60_000));
    }
}
