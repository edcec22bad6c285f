using Pgrepl.Shared;

namespace Pgrepl.Cli.Drill;

/// <summary>Where a drill lives: nodes and logs in one folder, sockets in another with a short name. Gone at Dispose, but for what --keep keeps.</summary>
internal sealed class DrillFolder : IDisposable
{
    /// <summary>sun_path holds 108 bytes with its zero; PostgreSQL's socket names take up to 16.</summary>
    private const int LongestSocketFolder = 108 - 1 - 16;

    private readonly bool _kept;
    private readonly bool _ownSockets;

    /// <exception cref="PgException">The folder to keep is not empty.</exception>
    /// <param name="sockets">For the sockets; its owner removes it. Null: a new one.</param>
    internal DrillFolder(string? keep, string? sockets = null)
    {
        _kept = keep is not null;
        if (keep is not null)
        {
            Root = Path.GetFullPath(keep);
            if (Directory.Exists(Root) && Directory.EnumerateFileSystemEntries(Root).Any())
                throw new PgException(SqlStates.DuplicateFile, $"directory \"{Root}\" exists but is not empty");
            Directory.CreateDirectory(Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        else
            Root = Directory.CreateTempSubdirectory("pgrepl-drill-").FullName;
        Logs = Path.Combine(Root, "log");
        Directory.CreateDirectory(Logs);
        _ownSockets = sockets is null;
        Sockets = sockets ?? Directory.CreateTempSubdirectory("pgrepl-").FullName; // 0700
        if (_ownSockets && Sockets.Length > LongestSocketFolder)
        {
            Directory.Delete(Sockets);
            Sockets = Path.Combine("/tmp", $"pgrepl-{Environment.ProcessId}");
            Directory.CreateDirectory(Sockets, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    internal string Root { get; }

    internal string Logs { get; }

    internal string Sockets { get; }

    internal string In(string name) => Path.Combine(Root, name);

    public void Dispose()
    {
        if (_ownSockets)
            Directory.Delete(Sockets, recursive: true);
        if (!_kept)
            Directory.Delete(Root, recursive: true);
    }
}
