using System.Globalization;
using System.Text;
using System.Text.Json;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Config.Toml;

namespace Pgrepl.Shared.Tests.Config;

/// <summary>The official cases of TOML 1.0, each a test of its own.</summary>
public sealed class TomlTestCases
{
    private static readonly string Folder = SourceTree.Path("tests/Shared.Tests/Config/toml-test");

    private static IEnumerable<string> Valid => Cases("valid");

    private static IEnumerable<string> Invalid => Cases("invalid");

    [Test]
    public void The_cases_are_all_there() => Assert.That((Valid.Count(), Invalid.Count()), Is.EqualTo((210, 499)));

    [TestCaseSource(nameof(Valid))]
    public void Valid_gives_the_expected_values(string name)
    {
        TomlTable read = TomlReader.Read(name, File.ReadAllBytes(Path.Combine(Folder, name)));
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, Path.ChangeExtension(name, "json"))));
        AssertEqual(expected.RootElement, read, "");
    }

    [TestCaseSource(nameof(Invalid))]
    public void Invalid_is_refused_with_a_place_in_the_file(string name)
    {
        byte[] bytes = File.ReadAllBytes(Path.Combine(Folder, name));
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => TomlReader.Read(name, bytes))!;
        string[] lines = Encoding.Latin1.GetString(bytes).Split('\n');
        Assert.That(e.Line, Is.InRange(1, lines.Length), e.Message);
        Assert.That(e.Column, Is.InRange(1, lines[e.Line - 1].Length + 1), e.Message);
    }

    private static IEnumerable<string> Cases(string kind) =>
        Directory.EnumerateFiles(Path.Combine(Folder, kind), "*.toml", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Folder, path)).Order(StringComparer.Ordinal);

    private static void AssertEqual(JsonElement expected, TomlValue actual, string path)
    {
        if (expected.ValueKind == JsonValueKind.Array)
        {
            Assert.That(actual, Is.TypeOf<TomlArray>(), path);
            var array = (TomlArray)actual;
            Assert.That(array.Items, Has.Count.EqualTo(expected.GetArrayLength()), path);
            for (int i = 0; i < array.Items.Count; i++)
                AssertEqual(expected[i], array.Items[i], $"{path}[{i}]");
        }
        else if (expected.TryGetProperty("type", out JsonElement type) && type.ValueKind == JsonValueKind.String)
            Assert.That(Tagged(actual), Is.EqualTo((type.GetString(), Canonical(type.GetString()!, expected.GetProperty("value").GetString()!))), path);
        else
        {
            Assert.That(actual, Is.TypeOf<TomlTable>(), path);
            var table = (TomlTable)actual;
            Assert.That(table.Members.Keys, Is.EquivalentTo(expected.EnumerateObject().Select(member => member.Name)), path);
            foreach (JsonProperty member in expected.EnumerateObject())
                AssertEqual(member.Value, table.Find(member.Name)!, $"{path}.{member.Name}");
        }
    }

    private static (string? Type, string Value) Tagged(TomlValue value) => value switch
    {
        TomlString text => ("string", text.Text),
        TomlInteger integer => ("integer", integer.Number.ToString(CultureInfo.InvariantCulture)),
        TomlFloat real => ("float", Float(real.Number)),
        TomlBoolean truth => ("bool", truth.Truth ? "true" : "false"),
        TomlDateTime time => (time.Kind switch
        {
            TomlDateTimeKind.OffsetDateTime => "datetime",
            TomlDateTimeKind.LocalDateTime => "datetime-local",
            TomlDateTimeKind.LocalDate => "date-local",
            _ => "time-local",
        }, Time(time.Text)),
        _ => (null, value.KindName),
    };

    private static string Canonical(string type, string value) => type switch
    {
        "float" => Float(value switch
        {
            "inf" or "+inf" => double.PositiveInfinity,
            "-inf" => double.NegativeInfinity,
            "nan" or "+nan" or "-nan" => double.NaN,
            _ => double.Parse(value, CultureInfo.InvariantCulture),
        }),
        "datetime" or "datetime-local" or "date-local" or "time-local" => Time(value),
        _ => value,
    };

    private static string Float(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Without the zeros at the end of a fraction of a second: 56.6 is 56.600.</summary>
    private static string Time(string text)
    {
        int point = text.IndexOf('.', StringComparison.Ordinal);
        if (point < 0)
            return text;
        int end = point + 1;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
            end++;
        return text[..point] + text[point..end].TrimEnd('0').TrimEnd('.') + text[end..];
    }
}
