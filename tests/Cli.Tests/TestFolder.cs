using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Tests;

/// <summary>A temporary folder that is gone at Dispose.</summary>
internal sealed class TestFolder : IDisposable
{
    internal string Path { get; } = System.IO.Directory.CreateTempSubdirectory("pgrepl-cli-").FullName;

    internal DataDirectory Directory(string name) => new(System.IO.Path.Combine(Path, name));

    public void Dispose() => System.IO.Directory.Delete(Path, recursive: true);
}
