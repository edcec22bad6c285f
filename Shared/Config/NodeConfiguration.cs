using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Shared.Config;

/// <summary>Puts a node's settings together: built-in, then pgrepl.toml, then the recovery settings of the directory, then <c>-c</c>.</summary>
/// <remarks>postgresql.conf is not read. Keys in pgrepl.toml are PostgreSQL's names; our own stand in the table [pgrepl].</remarks>
public static class NodeConfiguration
{
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
    /// <param name="messages">For the log, in PostgreSQL's words: what changed, what went back to its default, what counts only at the next start.</param>
    /// <remarks>Answers to ProcessConfigFileInternal, PostgreSQL 15, src/backend/utils/misc/guc-file.l.</remarks>
    public static SettingValues Reload(SettingValues running, SettingValues loaded, out IReadOnlyList<string> messages)
    {
        var said = new List<string>();
        SettingValues accepted = loaded;
        foreach (SettingDefinition definition in SettingsTable.All)
        {
            string name = definition.Name;
            bool differs = running[name] != loaded[name];
            if (definition.Context is SettingContext.Internal or SettingContext.Postmaster)
            {
                if (!differs)
                    continue;
                accepted = accepted.With(name, running[name], running.Source(name));
                if (definition.Context == SettingContext.Postmaster)
                    said.Add($"parameter \"{name}\" cannot be changed without restarting the server");
            }
            else if (IsFile(running.Source(name)) && loaded.Source(name) == SettingSource.Default)
                said.Add($"parameter \"{name}\" removed from configuration file, reset to default");
            else if (differs)
                said.Add($"parameter \"{name}\" changed to \"{loaded.Show(name)}\"");
        }
        messages = said;
        return accepted;
    }

    /// <summary>What no single value shows.</summary>
    /// <exception cref="PgException">22023: the node cannot start with these.</exception>
    public static void CheckTogether(SettingValues values)
    {
        int reserved = values.Int("reserved_connections"), connections = values.Int("max_connections");
        if (reserved >= connections)
            throw new PgException(SqlStates.InvalidParameterValue, $"reserved_connections ({reserved}) must be less than max_connections ({connections})");
    }

    private static bool IsFile(SettingSource source) => source is SettingSource.ConfigurationFile or SettingSource.RecoverySettings;

    private static SettingValues ApplyToml(SettingValues values, string file, byte[] toml)
    {
        foreach (TomlSetting setting in TomlSettings.Read(file, toml))
        {
            CheckSettable(setting.Definition, file, setting.Key.Line, setting.Key.Column);
            values = Set(values, setting.Definition.Name, setting.Text, SettingSource.ConfigurationFile, file, setting.Value.Line, setting.Value.Column);
        }
        return values;
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
