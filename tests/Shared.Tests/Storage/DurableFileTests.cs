using System.IO.Pipes;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Shared.Tests.Storage;

[SupportedOSPlatform("linux")]
public sealed class DurableFileTests
{
    private TestDirectory _directory = null!;

    [SetUp]
    public void SetUp() => _directory = new TestDirectory();

    [TearDown]
    public void TearDown() => _directory.Dispose();

    [Test]
    public void A_failed_fsync_is_thrown()
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        using var file = new SafeFileHandle(pipe.SafePipeHandle.DangerousGetHandle(), ownsHandle: false); // a pipe cannot be synced: EINVAL
        PgException sync = Assert.Throws<PgException>(() => DurableFile.Sync(file, "x"))!;
        PgException syncData = Assert.Throws<PgException>(() => DurableFile.SyncData(file, "x"))!;
        Assert.Multiple(() =>
        {
            Assert.That(sync.Message, Is.EqualTo("could not fsync file \"x\": Invalid argument"));
            Assert.That(syncData.Message, Is.EqualTo("could not fdatasync file \"x\": Invalid argument"));
            Assert.That(sync.SqlState, Is.EqualTo(SqlStates.IoError));
        });
    }

    [Test]
    public void A_full_disk_is_53100()
    {
        using SafeFileHandle full = DurableFile.Open("/dev/full", OpenFlags.WriteOnly);
        PgException e = Assert.Throws<PgException>(() => DurableFile.WriteAll(full, new byte[8192], 0, "could not write"))!;
        Assert.That((e.SqlState, e.Message), Is.EqualTo((SqlStates.DiskFull, "could not write: No space left on device")));
    }

    [Test]
    public void Create_stores_once_and_takes_the_same_bytes_again()
    {
        string path = _directory.File("f");
        Assert.Multiple(() =>
        {
            Assert.That(DurableFile.Create(path, "one"u8), Is.True);
            Assert.That(DurableFile.Create(path, "one"u8), Is.False);
            Assert.That(File.ReadAllText(path), Is.EqualTo("one"));
        });
    }

    [Test]
    public void Create_does_not_replace()
    {
        string path = _directory.File("f");
        DurableFile.Create(path, "one"u8);
        PgException e = Assert.Throws<PgException>(() => DurableFile.Create(path, "two"u8))!;
        Assert.Multiple(() =>
        {
            Assert.That(e.SqlState, Is.EqualTo(SqlStates.DuplicateFile));
            Assert.That(File.ReadAllText(path), Is.EqualTo("one"));
            Assert.That(Directory.GetFiles(_directory.Data.Path), Has.Length.EqualTo(1), "no temporary file is left");
        });
    }

    [Test]
    public void Replace_replaces_and_leaves_nothing_else()
    {
        string path = _directory.File("f");
        byte[] large = new byte[300_000];
        new Random(7).NextBytes(large);
        DurableFile.Replace(path, "one"u8);
        DurableFile.Replace(path, large);
        Assert.Multiple(() =>
        {
            Assert.That(DurableFile.TryRead(path), Is.EqualTo(large));
            Assert.That(Directory.GetFiles(_directory.Data.Path), Is.EqualTo(new[] { path }));
            Assert.That(File.GetUnixFileMode(path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        });
    }

    [Test]
    public void RenameNew_refuses_a_name_that_is_taken()
    {
        (string from, string to) = (_directory.File("from"), _directory.File("to"));
        DurableFile.Replace(from, "new"u8);
        DurableFile.Replace(to, "old"u8);
        PgException e = Assert.Throws<PgException>(() => DurableFile.RenameNew(from, to))!;
        Assert.Multiple(() =>
        {
            Assert.That(e.SqlState, Is.EqualTo(SqlStates.DuplicateFile));
            Assert.That(File.ReadAllText(to), Is.EqualTo("old"));
            Assert.That(File.ReadAllText(from), Is.EqualTo("new"));
        });
        DurableFile.RenameReplacing(from, to);
        Assert.That((File.ReadAllText(to), File.Exists(from)), Is.EqualTo(("new", false)));
    }

    [Test]
    public void Remove_takes_a_missing_file()
    {
        string path = _directory.File("f");
        DurableFile.Replace(path, "x"u8);
        DurableFile.Remove(path);
        DurableFile.Remove(path);
        Assert.That(File.Exists(path), Is.False);
    }

    [Test]
    public void A_missing_file_reads_as_null_and_opens_as_58P01()
    {
        string path = _directory.File("f");
        PgException e = Assert.Throws<PgException>(() => DurableFile.Open(path, OpenFlags.ReadOnly))!;
        Assert.That((DurableFile.TryRead(path), e.SqlState, e.Message),
            Is.EqualTo(((byte[]?)null, SqlStates.UndefinedFile, $"could not open file \"{path}\": No such file or directory")));
    }

    [Test]
    public void CreateDirectory_makes_a_folder_of_the_owner_alone()
    {
        string path = _directory.File("d");
        DurableFile.CreateDirectory(path);
        DurableFile.CreateDirectory(path);
        Assert.That(File.GetUnixFileMode(path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
        DurableFile.Replace(_directory.File("f"), ""u8);
        Assert.Throws<PgException>(() => DurableFile.CreateDirectory(_directory.File("f")), "a file has the name");
    }

    [Test]
    public void A_lock_belongs_to_the_open_file()
    {
        string path = _directory.File("lock");
        using SafeFileHandle first = DurableFile.Open(path, OpenFlags.ReadWrite | OpenFlags.Create);
        using SafeFileHandle second = DurableFile.Open(path, OpenFlags.ReadWrite);
        Assert.Multiple(() =>
        {
            Assert.That(FileCalls.Lock(first, FileLock.Exclusive | FileLock.NonBlocking), Is.Zero);
            Assert.That(FileCalls.Lock(second, FileLock.Exclusive | FileLock.NonBlocking), Is.EqualTo(-FileCalls.EWOULDBLOCK));
        });
        first.Dispose();
        Assert.That(FileCalls.Lock(second, FileLock.Exclusive | FileLock.NonBlocking), Is.Zero);
    }

    [Test]
    public void Truncate_and_ChangeMode_do_as_they_say()
    {
        string path = _directory.File("f");
        using SafeFileHandle file = DurableFile.Open(path, OpenFlags.ReadWrite | OpenFlags.Create);
        Assert.Multiple(() =>
        {
            Assert.That(FileCalls.Truncate(file, 10), Is.Zero);
            Assert.That(FileCalls.ChangeMode(file, 0b111_000_000), Is.Zero);
            Assert.That(new FileInfo(path).Length, Is.EqualTo(10));
            Assert.That(File.GetUnixFileMode(path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
        });
    }

    [Test]
    public void What_a_killed_process_had_in_the_making_is_removed_and_what_a_living_one_has_is_not()
    {
        var data = new DataDirectory(_directory.File("data"));
        Directory.CreateDirectory(data.Wal);
        const int nobody = int.MaxValue; // beyond pid_max
        string[] left = [data.StandbySignal + $".tmp.{nobody}", data.PromotingSignal + $".tmp.{nobody}", Path.Combine(data.Wal, $"00000002.history.tmp.{nobody}")];
        string[] kept = [data.StandbySignal, data.RoleFile + $".tmp.{Environment.ProcessId}", data.TomlFile + ".tmp.mine"];
        foreach (string path in (string[])[.. left, .. kept])
            File.WriteAllBytes(path, []);
        TemporaryFiles.Remove(data);
        Assert.Multiple(() =>
        {
            Assert.That(left.Where(File.Exists), Is.Empty);
            Assert.That(kept.Where(File.Exists), Is.EqualTo(kept));
        });
    }
}
