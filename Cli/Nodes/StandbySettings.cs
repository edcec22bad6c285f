using System.Text;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Nodes;

/// <summary>Makes a directory a standby's: standby.signal, and primary_conninfo in postgresql.auto.conf.</summary>
/// <remarks>Source of truth: WriteRecoveryConfig, PostgreSQL 15, src/fe_utils/recovery_gen.c.</remarks>
internal static class StandbySettings
{
    /// <summary>The connection string that the standby will use: ours with an application_name, by which the upstream's synchronous_standby_names knows it.</summary>
    internal static string PrimaryConninfo(DataDirectory directory, string from) =>
        Conninfo.ValueOf(from, "application_name") is null ? Conninfo.With(from, "application_name", Path.GetFileName(directory.Path)) : Conninfo.With(from, "replication", null);

    /// <summary>Durable when it returns: from now on the directory cannot start as a primary.</summary>
    internal static void WriteSignal(DataDirectory directory) => DurableFile.Replace(directory.StandbySignal, []);

    /// <summary>Sets primary_conninfo and leaves every other line as it is.</summary>
    internal static void WriteConninfo(DataDirectory directory, string primaryConninfo) => Set(directory, "primary_conninfo", primaryConninfo);

    /// <summary>Sets primary_slot_name and leaves every other line as it is.</summary>
    internal static void WriteSlotName(DataDirectory directory, string slot) => Set(directory, "primary_slot_name", slot);

    private static void Set(DataDirectory directory, string key, string value)
    {
        string old = File.Exists(directory.AutoConf)
            ? File.ReadAllText(directory.AutoConf)
            : "# Recovery settings of this node; a running node reads primary_conninfo again at pgrepl reload.\n";
        var text = new StringBuilder();
        foreach (string line in old.Split('\n'))
        {
            if (line.Length > 0 && !IsSetting(line, key))
                text.Append(line).Append('\n');
        }
        text.Append(key).Append(" = ").Append(Quote(value)).Append('\n');
        DurableFile.Replace(directory.AutoConf, Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>A value of a .conf file.</summary>
    internal static string Quote(string value) => $"'{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'";

    private static bool IsSetting(string line, string key)
    {
        string trimmed = line.TrimStart();
        return trimmed.StartsWith(key, StringComparison.OrdinalIgnoreCase)
            && (trimmed.Length == key.Length || trimmed[key.Length] == '=' || char.IsWhiteSpace(trimmed[key.Length]));
    }
}
