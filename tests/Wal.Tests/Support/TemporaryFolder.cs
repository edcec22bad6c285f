[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

namespace Pgrepl.Wal.Tests;

/// <summary>A folder that is gone when the test is done; open to other users.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder()
    {
        Path = Directory.CreateTempSubdirectory("pgrepl-wal-").FullName;
        File.SetUnixFileMode(Path, (UnixFileMode)0b111_111_111);
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
