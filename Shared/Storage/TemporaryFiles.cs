using System.Globalization;
using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Storage;

/// <summary>What <see cref="DurableFile"/> had in the making when its process was killed: name.tmp.pid.</summary>
public static class TemporaryFiles
{
    private const string Mark = ".tmp.";

    /// <summary>Removes what a crashed process left, in the data directory itself and in pg_wal. A tool that is at work beside us keeps its file.</summary>
    public static void Remove(DataDirectory data)
    {
        WalDirectory.RemoveTemporaryFiles(data);
        foreach (string path in Directory.GetFiles(data.Path, $"*{Mark}*"))
        {
            string maker = path[(path.LastIndexOf(Mark, StringComparison.Ordinal) + Mark.Length)..];
            if (int.TryParse(maker, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && !ProcessCalls.IsAlive(pid))
                DurableFile.Remove(path);
        }
    }
}
