using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Shared.Config;

/// <summary>Puts a node's settings together: built-in, then pgrepl.toml, then the recovery settings of the directory, then <c>-c</c>.</summary>
/// <remarks>postgresql.conf is not read. Keys in pgrepl.toml are PostgreSQL's names; our own stand in the table [pgrepl].</remarks>
public static class NodeConfiguration
{
    private const string OwnTable = "pgrepl";

    /// <summary>A session's own; no file can set them.</summary>
    private static readonly string[] SessionOnly = ["transaction_read_only", "transaction_isolation", "transaction_deferrable", "session_authorization"];

    /// <param name="commandLine">Each <c>name=value</c>.</param>
    /// <param name="configFile">Must be there; <see langword="null"/>: pgrepl.toml of the data directory, if it is there.</param>
    /// <exception cref="ConfigurationException">Where, and what was expected.</exception>
    public static SettingValues Load(DataDirectory data, IReadOnlyList<string> commandLine, string? configFile = null)
    {
        SettingValues values = SettingValues.Defaults;
        string file = configFile ?? data.TomlFile;
        byte[]? toml = DurableFile.TryRead(file);
        if (toml is null && configFile is not null)
            throw new ConfigurationException(file, 0, 0, $"could not open file: {FileCalls.Describe(FileCalls.ENOENT)}");
        if (toml is not null)
            values = ApplyToml(values, file, toml);
        foreach (RecoverySetting setting in RecoverySettings.Read(data).Settings)
            values = Set(values, setting.Name, setting.Value, SettingSource.RecoverySettings, setting.File, setting.Line, 0);
        foreach (string option in commandLine)
            values = ApplyOption(values, option);
        return values
            .With("data_directory", data.Path, SettingSource.Override)
            .WithFile("hba_file", data, data.HbaFile)
            .WithFile("ident_file", data, data.IdentFile);
    }

    /// <summary>The data_directory that a configuration file outside of it names; <see langword="null"/>: it names none.</summary>
    /// <exception cref="ConfigurationException">No such file, or it cannot be used.</exception>
    public static string? DataDirectoryOf(string configFile)
    {
        byte[] toml = DurableFile.TryRead(configFile) ?? throw new ConfigurationException(configFile, 0, 0, $"could not open file: {FileCalls.Describe(FileCalls.ENOENT)}");
        string path = ApplyToml(SettingValues.Defaults, configFile, toml)["data_directory"];
        return path.Length == 0 ? null : path;
    }

    /// <summary>What a running node takes over from newly loaded settings.</summary>
    /// <param name="needRestart">Differ, and count only at the next start.</param>
    public static SettingValues Reload(SettingValues running, SettingValues loaded, out IReadOnlyList<SettingDefinition> needRestart)
    {
        var kept = new List<SettingDefinition>();
        foreach (SettingDefinition definition in running.Changes(loaded))
        {
            if (definition.Context is not (SettingContext.Internal or SettingContext.Postmaster))
                continue;
            loaded = loaded.With(definition.Name, running[definition.Name], running.Source(definition.Name));
            if (definition.Context == SettingContext.Postmaster)
                kept.Add(definition);
        }
        needRestart = kept;
        return loaded;
    }

    private static SettingValues ApplyToml(SettingValues values, string file, byte[] toml)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (TomlEntry entry in TomlReader.Read(file, toml))
        {
            if (entry.Table is not ("" or OwnTable))
                throw new ConfigurationException(file, entry.Line, entry.Column, $"unknown table [{entry.Table}]", hint: $"Settings stand before the first table, our own ones in [{OwnTable}].");
            string name = entry.Table.Length == 0 ? entry.Key : $"{entry.Table}.{entry.Key}";
            if (SettingsTable.Find(name) is not { } definition || entry.Key.Contains('.'))
                throw new ConfigurationException(file, entry.Line, entry.Column, $"unrecognized configuration parameter \"{name}\"", hint: HintFor(entry));
            if (!seen.Add(name))
                throw new ConfigurationException(file, entry.Line, entry.Column, $"parameter \"{definition.Name}\" is set twice");
            CheckSettable(definition, file, entry.Line, entry.Column);
            values = Set(values, name, TextOf(definition, entry, file), SettingSource.ConfigurationFile, file, entry.ValueLine, entry.ValueColumn);
        }
        return values;
    }

    private static string TextOf(SettingDefinition definition, TomlEntry entry, string file)
    {
        if (entry.Kind == TomlKind.StringArray)
            return definition.ListSeparator is { } separator
                ? SettingList.Join(entry.Texts, separator)
                : throw new ConfigurationException(file, entry.ValueLine, entry.ValueColumn, $"expected a single value for parameter \"{definition.Name}\", which is not a list");
        if (definition.Kind == SettingKind.String && entry.Kind is TomlKind.Boolean or TomlKind.Float)
            throw new ConfigurationException(file, entry.ValueLine, entry.ValueColumn, $"expected a string for parameter \"{definition.Name}\"");
        return entry.Texts[0];
    }

    private static string? HintFor(TomlEntry entry)
    {
        if (entry.Table.Length == 0 && SettingsTable.Find($"{OwnTable}.{entry.Key}") is not null)
            return $"It belongs in the table [{OwnTable}].";
        return entry.Table.Length > 0 && SettingsTable.Find(entry.Key) is not null ? "It belongs before the first table." : null;
    }

    private static SettingValues ApplyOption(SettingValues values, string option)
    {
        int equals = option.IndexOf('=');
        if (equals < 0)
            throw new ConfigurationException(ConfigurationException.CommandLine, 0, 0, $"-c {option} requires a value");
        string name = option[..equals].Replace('-', '_');
        if (SettingsTable.Find(name) is { } definition)
            CheckSettable(definition, ConfigurationException.CommandLine, 0, 0);
        return Set(values, name, option[(equals + 1)..], SettingSource.CommandLine, ConfigurationException.CommandLine, 0, 0);
    }

    private static void CheckSettable(SettingDefinition definition, string file, int line, int column)
    {
        if (definition.Context == SettingContext.Internal || SessionOnly.Contains(definition.Name))
            throw new ConfigurationException(file, line, column, $"parameter \"{definition.Name}\" cannot be changed");
    }

    private static SettingValues Set(SettingValues values, string name, string text, SettingSource source, string file, int line, int column)
    {
        try
        {
            return values.With(name, text, source);
        }
        catch (PgException e)
        {
            throw ConfigurationException.From(e, file, line, column);
        }
    }

    /// <summary>Absolute: relative names are the data directory's.</summary>
    private static SettingValues WithFile(this SettingValues values, string name, DataDirectory data, string whenUnset) =>
        values[name].Length == 0
            ? values.With(name, whenUnset, SettingSource.Override)
            : values.With(name, Path.Combine(data.Path, values[name]), values.Source(name));
}
