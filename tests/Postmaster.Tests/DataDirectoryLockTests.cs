using System.Diagnostics;
using Pgrepl.Shared;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Postmaster.Tests;

/// <summary>A living postmaster blocks a second one; a killed one blocks nobody once its orphans are gone.</summary>
public sealed class DataDirectoryLockTests
{
    private TestFolder _folder = null!;
    private DataDirectory _data = null!;

    [SetUp]
    public void MakeFolder()
    {
        _folder = new TestFolder();
        _data = new DataDirectory(_folder.Path);
    }

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public void A_free_directory_is_locked_at_once()
    {
        int held = DataDirectoryLock.Acquire(_data);
        Assert.That(held, Is.GreaterThanOrEqualTo(Descriptors.ParentFloor));
        Assert.That(Descriptors.OpenLocked(_data.PostmasterLock), Is.EqualTo(-1));
        Descriptors.Close(held);
    }

    [Test]
    public void What_a_killed_postmaster_left_on_disk_blocks_nobody()
    {
        WritePidFile(_folder.DeadPid());
        File.WriteAllText(_data.PostmasterLock, "");
        Descriptors.Close(DataDirectoryLock.Acquire(_data, TimeSpan.Zero));
    }

    [Test]
    public void A_living_postmaster_blocks_a_second_one_at_once()
    {
        int living = HoldLock("sleep 60");
        WritePidFile(living);
        Stopwatch waited = Stopwatch.StartNew();
        PgException error = Assert.Throws<PgException>(() => DataDirectoryLock.Acquire(_data, TimeSpan.FromMinutes(1)));
        Assert.That(error.SqlState, Is.EqualTo(SqlStates.LockFileExists));
        Assert.That(error.Message, Is.EqualTo("lock file \"postmaster.pid\" already exists"));
        Assert.That(error.Hint, Is.EqualTo($"Is another postmaster (PID {living}) running in data directory \"{_folder.Path}\"?"));
        Assert.That(waited.Elapsed, Is.LessThan(TimeSpan.FromSeconds(50)));
    }

    [Test]
    public void A_start_goes_on_when_the_last_orphan_has_ended()
    {
        WritePidFile(_folder.DeadPid());
        HoldLock("sleep 0.3");
        Stopwatch waited = Stopwatch.StartNew();
        int held = DataDirectoryLock.Acquire(_data, TimeSpan.FromMinutes(1));
        Assert.That(held, Is.GreaterThanOrEqualTo(Descriptors.ParentFloor));
        Assert.That(waited.Elapsed, Is.LessThan(TimeSpan.FromSeconds(50)));
        Descriptors.Close(held);
    }

    [Test]
    public void An_orphan_that_stays_is_named()
    {
        WritePidFile(_folder.DeadPid());
        int orphan = HoldLock("exec sleep 60");
        PgException error = Assert.Throws<PgException>(() => DataDirectoryLock.Acquire(_data, TimeSpan.FromMilliseconds(200)));
        Assert.That(error.SqlState, Is.EqualTo(SqlStates.LockFileExists));
        Assert.That(error.Message, Is.EqualTo("pre-existing shared memory block is still in use"));
        Assert.That(error.Hint, Is.EqualTo($"Terminate any old server processes associated with data directory \"{_folder.Path}\" (PIDs: {orphan})."));
    }

    /// <summary>A process that has inherited the locked file, as a child of a postmaster does; we let go of it.</summary>
    private int HoldLock(string script)
    {
        int descriptor = Descriptors.MoveUp(Descriptors.OpenLocked(_data.PostmasterLock));
        int pid = _folder.Start(script, (descriptor, 5));
        Descriptors.Close(descriptor);
        return pid;
    }

    private void WritePidFile(int pid) => new PostmasterPidFile(pid, _folder.Path, 1_700_000_000, 5432, "/tmp", "localhost", PostmasterPidFile.Ready).Write(_data);
}
