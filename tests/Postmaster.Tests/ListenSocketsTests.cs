using System.Net;
using System.Net.Sockets;
using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;

namespace Pgrepl.Postmaster.Tests;

/// <summary>The sockets of a node and the lock file beside each Unix socket.</summary>
public sealed class ListenSocketsTests
{
    private const int Port = 15432; // of Unix sockets in a folder of the test's own: it only names a file

    private TestFolder _folder = null!;
    private ServerLog _log = null!;

    private string SocketPath => _folder.File($".s.PGSQL.{Port}");
    private string LockPath => SocketPath + ".lock";

    [SetUp]
    public void MakeFolder()
    {
        _folder = new TestFolder();
        _log = new ServerLog();
    }

    [TearDown]
    public void RemoveFolder()
    {
        _log.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void A_unix_socket_has_a_lock_file_and_both_go_at_the_end()
    {
        using (ListenSockets sockets = Open(_folder.Path))
        {
            Assert.That(sockets.Descriptors.Count(), Is.EqualTo(1));
            Assert.That(sockets.FirstUnixDirectory, Is.EqualTo(_folder.Path));
            Assert.That(sockets.FirstAddress, Is.Empty);
            Assert.That(File.ReadLines(LockPath).First(), Is.EqualTo(Environment.ProcessId.ToString()));
            Assert.That((int)File.GetUnixFileMode(SocketPath), Is.EqualTo(0x1FF /* 0777 */));
            using Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            client.Connect(new UnixDomainSocketEndPoint(SocketPath));
            int accepted = SocketCalls.Accept(sockets.Descriptors.First());
            Assert.That(accepted, Is.GreaterThan(0));
            Descriptors.Close(accepted);
            Assert.That(SocketCalls.Accept(sockets.Descriptors.First()), Is.EqualTo(-1), "nobody else waits, and the loop must not");
        }
        Assert.That(Directory.EnumerateFileSystemEntries(_folder.Path), Is.Empty);
    }

    [Test]
    public void The_socket_of_a_killed_postmaster_is_taken_over()
    {
        File.WriteAllText(LockPath, $"{_folder.DeadPid()}\n");
        File.WriteAllText(SocketPath, "");
        using ListenSockets sockets = Open(_folder.Path);
        Assert.That(File.ReadLines(LockPath).First(), Is.EqualTo(Environment.ProcessId.ToString()));
    }

    [Test]
    public void The_socket_of_a_living_postmaster_is_not_touched()
    {
        int living = _folder.Start("sleep 60");
        File.WriteAllText(LockPath, $"{living}\n");
        File.WriteAllText(SocketPath, "");
        PgException error = Assert.Throws<PgException>(() => Open(_folder.Path));
        Assert.That(error.SqlState, Is.EqualTo(SqlStates.LockFileExists));
        Assert.That(error.Message, Is.EqualTo($"lock file \"{LockPath}\" already exists"));
        Assert.That(error.Hint, Is.EqualTo($"Is another postmaster (PID {living}) using socket file \"{SocketPath}\"?"));
        Assert.That(File.Exists(SocketPath), Is.True);
        Assert.That(File.ReadLines(LockPath).First(), Is.EqualTo(living.ToString()));
    }

    [Test]
    public void A_start_that_fails_leaves_no_socket_behind()
    {
        PgException error = Assert.Throws<PgException>(() => Open($"{_folder.Path}, {_folder.File("missing")}"));
        Assert.That(error.Message, Is.EqualTo($"could not create Unix-domain socket in directory \"{_folder.File("missing")}\""));
        Assert.That(Directory.EnumerateFileSystemEntries(_folder.Path), Is.Empty);
    }

    [Test]
    public void A_path_too_long_for_a_socket_is_refused()
    {
        string longDirectory = _folder.File(new string('x', 100));
        Directory.CreateDirectory(longDirectory);
        Assert.That(() => Open(longDirectory), Throws.TypeOf<PgException>().With.Message.EndsWith("is too long (maximum 107 bytes)"));
    }

    [Test]
    public void A_node_that_nobody_can_reach_does_not_start() =>
        Assert.That(() => Open(""), Throws.TypeOf<PgException>().With.Message.EqualTo("no socket created for listening"));

    [Test]
    public void An_address_that_cannot_be_had_is_a_warning_and_the_last_one_is_the_end()
    {
        using Socket taken = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        string port = $"{((IPEndPoint)taken.LocalEndPoint!).Port}";
        Assert.That(() => Open(_folder.Path, "127.0.0.1", port), Throws.TypeOf<PgException>().With.Message.EqualTo("could not create any TCP/IP sockets"));
        Assert.That(Directory.EnumerateFileSystemEntries(_folder.Path), Is.Empty);
        using ListenSockets sockets = Open(_folder.Path, "127.0.0.1, no-such-host.invalid, 127.0.0.2", port);
        Assert.That(sockets.FirstAddress, Is.EqualTo("127.0.0.2"));
    }

    private ListenSockets Open(string directories, string addresses = "", string? port = null)
    {
        SettingValues settings = TestFolder.Settings(
            ("listen_addresses", addresses), ("port", port ?? $"{Port}"), ("unix_socket_directories", directories), ("unix_socket_permissions", "0777"));
        return ListenSockets.Open(settings, _log);
    }
}
