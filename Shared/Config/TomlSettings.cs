using System.Globalization;
using Pgrepl.Shared.Config.Toml;

namespace Pgrepl.Shared.Config;

/// <param name="Text">Not checked yet.</param>
internal sealed record TomlSetting(SettingDefinition Definition, string Text, TomlPosition Key, TomlPosition Value);

/// <summary>What pgrepl.toml sets: PostgreSQL's names stand in the root table, our own in [pgrepl]. Names are the same in upper and lower case, as in PostgreSQL.</summary>
internal static class TomlSettings
{
    private const string OwnTable = "pgrepl";

    /// <returns>In the order of the file, each name once.</returns>
    /// <exception cref="ConfigurationException">Not TOML, an unknown name, a value of a kind that the setting cannot take.</exception>
    public static IReadOnlyList<TomlSetting> Read(string file, ReadOnlySpan<byte> bytes)
    {
        var settings = new List<TomlSetting>();
        foreach ((TomlKey key, TomlValue value) in TomlReader.Read(file, bytes).Members.Values)
        {
            if (value is not TomlTable table || SettingsTable.Find(key.Name) is not null)
                settings.Add(Setting(file, key.Name, key, value));
            else if (key.Name != OwnTable)
                throw Unknown(file, key);
            else
                foreach ((TomlKey own, TomlValue ownValue) in table.Members.Values)
                    settings.Add(Setting(file, $"{OwnTable}.{own.Name}", own, ownValue));
        }
        var seen = new HashSet<SettingDefinition>();
        foreach (TomlSetting setting in settings)
            if (!seen.Add(setting.Definition))
                throw Error(file, setting.Key, $"parameter \"{setting.Definition.Name}\" is set twice");
        return settings;
    }

    private static TomlSetting Setting(string file, string name, TomlKey key, TomlValue value)
    {
        if (SettingsTable.Find(name) is not { } definition || key.Name.Contains('.'))
            throw Error(file, key.At, $"unrecognized configuration parameter \"{name}\"", HintFor(key.Name, inOwnTable: name != key.Name));
        return new TomlSetting(definition, Text(file, definition, value), key.At, value.At);
    }

    private static string Text(string file, SettingDefinition definition, TomlValue value)
    {
        if (value is TomlArray { OfTables: false } array)
            return definition.ListSeparator is { } separator
                ? SettingList.Join(Items(file, definition, array), separator)
                : throw Error(file, value.At, $"expected a single value for parameter \"{definition.Name}\", which is not a list");
        bool takesAnyScalar = definition.Kind != SettingKind.String;
        return value switch
        {
            TomlString text => text.Text,
            TomlInteger integer => integer.Number.ToString(CultureInfo.InvariantCulture),
            TomlFloat real when takesAnyScalar => real.Text,
            TomlBoolean truth when takesAnyScalar => truth.Truth ? "true" : "false",
            _ => throw Error(file, value.At, $"expected {Wanted(definition)} for parameter \"{definition.Name}\", not {value.KindName}"),
        };
    }

    private static List<string> Items(string file, SettingDefinition definition, TomlArray array) =>
    [
        .. array.Items.Select(item => item is TomlString text ? text.Text : throw Error(file, item.At, $"expected a string in the list of parameter \"{definition.Name}\", not {item.KindName}")),
    ];

    private static string Wanted(SettingDefinition definition) => definition.Kind switch
    {
        SettingKind.Bool => "a boolean",
        SettingKind.Integer => definition.Unit is null ? "an integer" : "an integer or a string with a unit",
        _ => definition.IsList ? "an array of strings or a string" : "a string",
    };

    private static ConfigurationException Unknown(string file, TomlKey table) =>
        Error(file, table.At, $"unknown table [{table.Name}]", $"Settings stand before the first table, our own ones in [{OwnTable}].");

    private static string? HintFor(string key, bool inOwnTable)
    {
        if (inOwnTable)
            return SettingsTable.Find(key) is null ? null : "It belongs before the first table.";
        string own = key.StartsWith($"{OwnTable}.", StringComparison.OrdinalIgnoreCase) ? key : $"{OwnTable}.{key}";
        return SettingsTable.Find(own) is null ? null : $"It belongs in the table [{OwnTable}].";
    }

    private static ConfigurationException Error(string file, TomlPosition at, string problem, string? hint = null) => new(file, at.Line, at.Column, problem, hint: hint);
}
