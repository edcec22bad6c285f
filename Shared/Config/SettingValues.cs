using System.Globalization;

namespace Pgrepl.Shared.Config;

/// <summary>Who gave a setting its value; a later one overrides an earlier one.</summary>
/// <remarks>pg_settings.source has PostgreSQL's words for them: <see cref="SettingValues.SourceName"/>.</remarks>
public enum SettingSource : byte
{
    Default,
    ConfigurationFile,
    RecoverySettings,
    CommandLine,

    /// <summary>The server itself: what it found out or was given by its data directory.</summary>
    Override,

    /// <summary>The startup packet.</summary>
    Client,

    /// <summary>SET.</summary>
    Session,
}

/// <summary>A value for every setting. Immutable: a change makes a new one.</summary>
public sealed class SettingValues
{
    private readonly string[] _values; // canonical, by SettingDefinition.Index
    private readonly SettingSource[] _sources;

    private SettingValues(string[] values, SettingSource[] sources)
    {
        _values = values;
        _sources = sources;
    }

    /// <summary>Every setting at its built-in default.</summary>
    public static SettingValues Defaults { get; } = new([.. SettingsTable.All.Select(d => d.Default)], new SettingSource[SettingsTable.All.Count]);

    /// <summary>Canonical text: an integer in its base unit, on or off.</summary>
    /// <exception cref="PgException">42704: there is no such setting.</exception>
    public string this[string name] => _values[SettingsTable.Get(name).Index];

    public string Text(string name) => this[name];

    public bool Bool(string name) => _values[OfKind(name, SettingKind.Bool).Index] == "on";

    /// <summary>In the setting's base unit.</summary>
    public int Int(string name) => int.Parse(_values[OfKind(name, SettingKind.Integer).Index], CultureInfo.InvariantCulture);

    /// <summary>Of a setting whose unit is a time.</summary>
    public TimeSpan Duration(string name) => SettingUnits.ToDuration(Int(name), SettingsTable.Get(name).Unit ?? throw new ArgumentException($"{name} has no unit", nameof(name)));

    /// <summary>Of a setting whose unit is an amount of memory.</summary>
    public long Bytes(string name) => Int(name) * SettingUnits.BytesIn(SettingsTable.Get(name).Unit ?? throw new ArgumentException($"{name} has no unit", nameof(name)));

    /// <summary>The items of a list, without quotes and the blanks around them.</summary>
    public string[] List(string name)
    {
        SettingDefinition definition = SettingsTable.Get(name);
        return SettingList.TrySplit(_values[definition.Index], definition.ListSeparator ?? throw new ArgumentException($"{name} is no list", nameof(name))) ?? [];
    }

    /// <summary>As SHOW prints it.</summary>
    public string Show(string name)
    {
        SettingDefinition definition = SettingsTable.Get(name);
        return SettingsTable.Show(definition, _values[definition.Index]);
    }

    public SettingSource Source(string name) => _sources[SettingsTable.Get(name).Index];

    /// <summary>pg_settings.source.</summary>
    public string SourceName(string name) => Source(name) switch
    {
        SettingSource.Default => "default",
        SettingSource.ConfigurationFile or SettingSource.RecoverySettings => "configuration file",
        SettingSource.CommandLine => "command line",
        SettingSource.Override => "override",
        SettingSource.Client => "client",
        _ => "session",
    };

    /// <summary>A copy with one value changed. Who may change what is the caller's to judge (<see cref="SettingDefinition.Context"/>).</summary>
    /// <exception cref="PgException">42704 unknown, 22023 not a valid value.</exception>
    public SettingValues With(string name, string text, SettingSource source)
    {
        SettingDefinition definition = SettingsTable.Get(name);
        return WithCanonical(definition, SettingsTable.Normalise(definition, text), source);
    }

    /// <summary>Names whose values differ.</summary>
    public IEnumerable<SettingDefinition> Changes(SettingValues other) => SettingsTable.All.Where(d => _values[d.Index] != other._values[d.Index]);

    /// <summary>What is not at its default, for another process of the same build.</summary>
    public byte[] Serialize()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(_sources.Count(s => s != SettingSource.Default));
        for (int i = 0; i < _values.Length; i++)
        {
            if (_sources[i] == SettingSource.Default)
                continue;
            writer.Write(SettingsTable.All[i].Name);
            writer.Write((byte)_sources[i]);
            writer.Write(_values[i]);
        }
        writer.Flush();
        return stream.ToArray();
    }

    /// <exception cref="InvalidDataException">Not what <see cref="Serialize"/> wrote.</exception>
    public static SettingValues Deserialize(ReadOnlySpan<byte> bytes)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes.ToArray()));
            SettingValues result = Defaults;
            for (int left = reader.ReadInt32(); left > 0; left--)
            {
                string name = reader.ReadString();
                var source = (SettingSource)reader.ReadByte();
                result = result.With(name, reader.ReadString(), source);
            }
            return result;
        }
        catch (Exception e) when (e is IOException or PgException or FormatException)
        {
            throw new InvalidDataException($"settings cannot be read: {e.Message}", e);
        }
    }

    private SettingValues WithCanonical(SettingDefinition definition, string canonical, SettingSource source)
    {
        string[] newValues = [.. _values];
        SettingSource[] newSources = [.. _sources];
        newValues[definition.Index] = canonical;
        newSources[definition.Index] = source;
        return new SettingValues(newValues, newSources);
    }

    private static SettingDefinition OfKind(string name, SettingKind kind)
    {
        SettingDefinition definition = SettingsTable.Get(name);
        return definition.Kind == kind ? definition : throw new ArgumentException($"{name} is not of kind {kind}", nameof(name));
    }
}
