using Pgrepl.Shared.Storage;

namespace Pgrepl.Shared.Tests.Processes;

/// <summary>postmaster.pid: PostgreSQL's eight lines.</summary>
public sealed class PostmasterPidFileTests
{
    private DataDirectory _data = null!;

    [SetUp]
    public void MakeDirectory() => _data = new DataDirectory(Directory.CreateTempSubdirectory("pgrepl-test-").FullName);

    [TearDown]
    public void RemoveDirectory() => Directory.Delete(_data.Path, recursive: true);

    [TestCase(PostmasterPidFile.Starting)]
    [TestCase(PostmasterPidFile.Stopping)]
    [TestCase(PostmasterPidFile.Ready)]
    [TestCase(PostmasterPidFile.Standby)]
    public void What_is_written_is_read(string status)
    {
        PostmasterPidFile written = new(4711, _data.Path, 1_795_333_000, 5432, "/tmp", "localhost", status);
        written.Write(_data);
        Assert.That(PostmasterPidFile.TryRead(_data), Is.EqualTo(written));
    }

    [Test]
    public void The_lines_are_PostgreSQLs()
    {
        new PostmasterPidFile(4711, "/data/a", 1_795_333_000, 5432, "/tmp", "", PostmasterPidFile.Ready).Write(_data);
        Assert.That(File.ReadAllText(_data.PostmasterPid), Is.EqualTo("4711\n/data/a\n1795333000\n5432\n/tmp\n\n        0         0\nready   \n"));
        Assert.That(File.GetUnixFileMode(_data.PostmasterPid), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Test]
    public void A_shorter_file_leaves_nothing_of_a_longer_one()
    {
        new PostmasterPidFile(4711, _data.Path, 1, 5432, "/a/long/directory", "a.long.address", PostmasterPidFile.Starting).Write(_data);
        PostmasterPidFile later = new(9, _data.Path, 1, 1, "", "", PostmasterPidFile.Ready);
        later.Write(_data);
        Assert.That(PostmasterPidFile.TryRead(_data), Is.EqualTo(later));
        Assert.That(File.ReadAllLines(_data.PostmasterPid), Has.Length.EqualTo(8));
    }

    [TestCase("")]
    [TestCase("no pid\n")]
    public void A_file_that_is_not_whole_yet_reads_as_none(string text)
    {
        File.WriteAllText(_data.PostmasterPid, text);
        Assert.That(PostmasterPidFile.TryRead(_data), Is.Null);
    }

    [Test]
    public void A_missing_file_reads_as_none() => Assert.That(PostmasterPidFile.TryRead(_data), Is.Null);

    [Test]
    public void Lines_that_are_not_there_yet_read_as_empty()
    {
        File.WriteAllText(_data.PostmasterPid, "4711\n/data/a\n");
        Assert.That(PostmasterPidFile.TryRead(_data), Is.EqualTo(new PostmasterPidFile(4711, "/data/a", 0, 0, "", "", "")));
    }
}
