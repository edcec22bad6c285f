using Pgrepl.Shared.Storage;

namespace Pgrepl.Shared.Config;

/// <summary>What makes a node a standby.</summary>
public enum RecoveryMode
{
    /// <summary>It is not one.</summary>
    None,

    /// <summary>standby.signal, settings in postgresql.auto.conf (PostgreSQL 12 and later).</summary>
    StandbySignal,

    /// <summary>recovery.conf with standby_mode = 'on' (PostgreSQL 11 and older, and log clusters).</summary>
    RecoveryConf,
}

/// <summary>The recovery settings of a data directory, checked.</summary>
/// <param name="Notes">For the log: what was found and is not acted upon, or is understood in a way of ours.</param>
/// <remarks>Source of truth: readRecoverySignalFile, PostgreSQL 15, and readRecoveryCommandFile, PostgreSQL 11, src/backend/access/transam/xlog*.c.</remarks>
public sealed record RecoverySettings(RecoveryMode Mode, IReadOnlyList<RecoverySetting> Settings, IReadOnlyList<string> Notes)
{
    private static readonly string[] Applied = ["primary_conninfo", "primary_slot_name", "promote_trigger_file", "recovery_target_timeline", "restore_command"];

    /// <summary>Harmless to leave out while the node follows an upstream.</summary>
    private static readonly string[] Ignored = ["archive_cleanup_command", "recovery_end_command", "recovery_target_inclusive", "recovery_target_action"];

    /// <summary>Replaying on regardless would lose what somebody wants to keep.</summary>
    private static readonly string[] Refused = ["recovery_target", "recovery_target_name", "recovery_target_time", "recovery_target_xid", "recovery_target_lsn", "recovery_min_apply_delay"];

    /// <summary>The startup process follows an upstream instead of going into production.</summary>
    public bool StandbyMode => Mode != RecoveryMode.None;

    /// <exception cref="ConfigurationException">Both kinds of file at once, an unknown or unsupported parameter, a bad value.</exception>
    public static RecoverySettings Read(DataDirectory data)
    {
        bool signal = File.Exists(data.StandbySignal);
        byte[]? conf = DurableFile.TryRead(data.RecoveryConf);
        if (signal && conf is not null)
            throw new ConfigurationException(data.RecoveryConf, 0, 0, "\"standby.signal\" and \"recovery.conf\" cannot both be present",
                hint: "Move the settings of recovery.conf to postgresql.auto.conf and remove it, or remove standby.signal.");
        if (conf is not null)
            return FromRecoveryConf(data.RecoveryConf, conf);
        return signal ? FromAutoConf(data.AutoConf, DurableFile.TryRead(data.AutoConf) ?? []) : new RecoverySettings(RecoveryMode.None, [], []);
    }

    private static RecoverySettings FromAutoConf(string file, byte[] bytes)
    {
        var settings = new List<RecoverySetting>();
        var notes = new List<string>();
        var last = new OrderedDictionary<string, ConfEntry>(StringComparer.OrdinalIgnoreCase);
        foreach (ConfEntry entry in ConfFile.Parse(file, bytes))
            last[entry.Name] = entry; // an earlier one may be wrong
        foreach (ConfEntry entry in last.Values)
            Add(entry, settings, notes); // all other settings of PostgreSQL are not ours to read
        return new RecoverySettings(RecoveryMode.StandbySignal, settings, notes);
    }

    private static RecoverySettings FromRecoveryConf(string file, byte[] bytes)
    {
        var settings = new List<RecoverySetting>();
        var notes = new List<string>();
        bool standbyMode = false;
        foreach (ConfEntry entry in ConfFile.Parse(file, bytes))
        {
            if (Is(entry, "standby_mode"))
                standbyMode = SettingsTable.ParseBool(entry.Value) ?? throw new ConfigurationException(entry.File, entry.Line, 0, "parameter \"standby_mode\" requires a Boolean value");
            else if (!Add(Is(entry, "trigger_file") ? entry with { Name = "promote_trigger_file" } : entry, settings, notes) || Is(entry, "promote_trigger_file"))
                throw new ConfigurationException(entry.File, entry.Line, 0, $"unrecognized recovery parameter \"{entry.Name}\"");
        }
        if (!standbyMode)
            throw new ConfigurationException(file, 0, 0, "standby_mode is not on", "Recovery from an archive without an upstream is not supported.", "Set standby_mode = 'on', or remove the file.");
        if (!settings.Exists(s => s.Name == "recovery_target_timeline"))
            notes.Add($"file \"{file}\" does not set recovery_target_timeline: following the latest timeline");
        return new RecoverySettings(RecoveryMode.RecoveryConf, settings, notes);
    }

    /// <returns>False: no recovery setting has this name.</returns>
    private static bool Add(ConfEntry entry, List<RecoverySetting> settings, List<string> notes)
    {
        if (Find(Applied, entry) is { } name)
        {
            if (entry.Value.Contains('\uFFFD', StringComparison.Ordinal)) // bytes that are no text
                throw new ConfigurationException(entry.File, entry.Line, 0, $"invalid value for parameter \"{name}\": expected text in UTF-8");
            try
            {
                SettingsTable.Normalise(SettingsTable.Get(name), entry.Value);
            }
            catch (PgException e)
            {
                throw ConfigurationException.From(e, entry.File, entry.Line, 0);
            }
            settings.RemoveAll(s => s.Name == name); // the last one counts
            settings.Add(new RecoverySetting(name, entry.Value, entry.File, entry.Line));
            return true;
        }
        if (Find(Refused, entry) is { } refused)
        {
            if (entry.Value is not ("" or "0"))
                throw new ConfigurationException(entry.File, entry.Line, 0, $"parameter \"{refused}\" is not supported");
            return true;
        }
        if (Find(Ignored, entry) is not { } ignored)
            return false;
        if (entry.Value.Length > 0)
            notes.Add($"parameter \"{ignored}\" in file \"{entry.File}\" line {entry.Line} is not supported and has no effect");
        return true;
    }

    private static string? Find(string[] names, ConfEntry entry) => System.Array.Find(names, name => Is(entry, name));

    private static bool Is(ConfEntry entry, string name) => string.Equals(entry.Name, name, StringComparison.OrdinalIgnoreCase);
}

/// <summary>One setting that recovery.conf or postgresql.auto.conf gave, under its present name.</summary>
public sealed record RecoverySetting(string Name, string Value, string File, int Line);
