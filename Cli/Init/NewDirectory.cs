using Pgrepl.Shared;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Init;

/// <summary>A data directory in the making: absent or empty before, removed again (or emptied) unless <see cref="Keep"/> is called.</summary>
/// <remarks>Source of truth: create_data_directory, cleanup_directories_atexit, PostgreSQL 15, src/bin/initdb/initdb.c.</remarks>
internal sealed class NewDirectory : IDisposable
{
    private readonly string _path;
    private readonly bool _wasThere;
    private bool _kept;

    /// <exception cref="PgException">It holds something, or cannot be made.</exception>
    internal NewDirectory(DataDirectory directory)
    {
        _path = directory.Path;
        _wasThere = Directory.Exists(_path);
        if (_wasThere)
            RequireEmpty();
        else if (Path.GetDirectoryName(_path) is { Length: > 0 } parent)
            Directory.CreateDirectory(parent);
        DurableFile.CreateDirectory(_path);
        if (_wasThere)
            File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    internal void Keep() => _kept = true;

    public void Dispose()
    {
        if (_kept)
            return;
        if (!_wasThere)
        {
            Directory.Delete(_path, recursive: true);
            return;
        }
        foreach (string folder in Directory.EnumerateDirectories(_path))
            Directory.Delete(folder, recursive: true);
        foreach (string file in Directory.EnumerateFiles(_path))
            File.Delete(file);
    }

    private void RequireEmpty()
    {
        string[] names = [.. Directory.EnumerateFileSystemEntries(_path).Select(name => Path.GetFileName(name))];
        if (names.Length == 0)
            return;
        string message = $"directory \"{_path}\" exists but is not empty";
        const string mountHint = "Using a mount point directly as the data directory is not recommended. Create a subdirectory under the mount point.";
        if (names.All(name => name.StartsWith('.')))
            throw new PgException(SqlStates.DuplicateFile, message, "It contains a dot-prefixed/invisible file, perhaps due to it being a mount point.", mountHint);
        if (names.Contains("lost+found"))
            throw new PgException(SqlStates.DuplicateFile, message, "It contains a lost+found directory, perhaps due to it being a mount point.", mountHint);
        throw new PgException(SqlStates.DuplicateFile, message,
            hint: $"If you want to create a new node, either remove or empty the directory \"{_path}\" or run pgrepl init with an argument other than \"{_path}\".");
    }
}
