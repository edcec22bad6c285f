using Pgrepl.Shared.Storage;

namespace Pgrepl.Shared.Tests.Storage;

/// <summary>A data directory of its own for one test, gone afterwards.</summary>
internal sealed class TestDirectory : IDisposable
{
    public TestDirectory()
    {
        Data = new DataDirectory(Directory.CreateTempSubdirectory("pgrepl-test-").FullName);
        DurableFile.CreateDirectory(Data.Wal);
        DurableFile.CreateDirectory(Data.Global);
    }

    public DataDirectory Data { get; }

    public string File(string name) => Path.Combine(Data.Path, name);

    public void Dispose() => Directory.Delete(Data.Path, recursive: true);
}
