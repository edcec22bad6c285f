using Pgrepl.Shared.Storage;
using Pgrepl.Shared.Tests.Storage;

namespace Pgrepl.Shared.Tests;

/// <summary>Gives each test of a fixture a data directory of its own, gone afterwards.</summary>
public abstract class WithTestDirectory
{
    private TestDirectory _directory = null!;

    protected DataDirectory Data => _directory.Data;

    protected string FileIn(string name) => _directory.File(name);

    [SetUp]
    public void MakeDirectory() => _directory = new TestDirectory();

    [TearDown]
    public void RemoveDirectory() => _directory.Dispose();
}
