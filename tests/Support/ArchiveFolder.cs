namespace Pgrepl.TestSupport;

/// <summary>A folder for archive_command and restore_command of a test's servers, who run as user postgres.</summary>
public sealed class ArchiveFolder : IDisposable
{
    public ArchiveFolder()
    {
        Path = Directory.CreateTempSubdirectory("pgrepl-archive-").FullName;
        if (Environment.IsPrivilegedProcess)
            Build.Expect(Build.Run("chown", ["postgres", Path]));
    }

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
