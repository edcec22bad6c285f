using System.Diagnostics;
using Pgrepl.Cli.Init;
using Pgrepl.Cli.Nodes;
using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Storage;
using Pgrepl.Shared.Tests.Libpq;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Tests.Init;

public sealed class NodeInitializerTests
{
    private const string Binaries = "/usr/lib/postgresql/15/bin";

    private TestFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new TestFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [TestCase(1)]
    [TestCase(16)]
    [TestCase(64)]
    public void Postgres_tools_read_a_new_node(int megabytes)
    {
        DataDirectory directory = _folder.Directory("a");
        ControlFileData control = NodeInitializer.Make(new InitOptions(directory, SegmentSize: megabytes << 20));
        string controlData = Tool("pg_controldata", directory.Path);
        Assert.That(controlData, Does.Contain("shut down").And.Contain(control.SystemId.ToString()).And.Match($"Bytes per WAL segment: +{megabytes << 20}\n"));
        Assert.That(controlData, Does.Not.Contain("WARNING"));
        string segment = new WalSegment(TimelineId.First, 1).FileName(megabytes << 20);
        string dump = Tool("pg_waldump", "-p", directory.Wal, "-n", "1", segment);
        Assert.That(dump, Does.Contain($"len (rec/tot):    114/   114").And.Contain("CHECKPOINT_SHUTDOWN").And.Contain("prev 0/00000000").And.Contain($"redo {FirstSegment.Start(megabytes << 20)}; tli 1"));
    }

    [Test]
    public void Everything_belongs_to_the_owner_alone()
    {
        DataDirectory directory = _folder.Directory("a");
        NodeInitializer.Make(new InitOptions(directory));
        foreach (string path in Directory.EnumerateFileSystemEntries(directory.Path, "*", SearchOption.AllDirectories).Prepend(directory.Path))
            Assert.That(File.GetUnixFileMode(path) & (UnixFileMode)0b000_111_111, Is.EqualTo(UnixFileMode.None), path);
        Assert.That(File.ReadAllText(directory.PgVersion), Is.EqualTo("15\n"));
    }

    [Test]
    public void The_files_it_writes_are_read_by_the_servers_own_readers([Values(null, "trust", "scram-sha-256")] string? method, [Values(null, "bob")] string? user)
    {
        DataDirectory directory = _folder.Directory("a");
        NodeInitializer.Make(new InitOptions(directory, method, user, Settings: "port = 5499\n[pgrepl]\npeers = [\"host=/x\"]\n"));
        SettingValues values = NodeConfiguration.Load(directory, []);
        Assert.That((values.Int("port"), values.List("pgrepl.peers")), Is.EqualTo((5499, new[] { "host=/x" })));
        HbaRules rules = HbaFile.Parse(File.ReadAllText(directory.HbaFile), directory.HbaFile);
        Assert.That(rules.ToString(), Is.Not.Null);
    }

    [Test]
    public void A_directory_that_holds_something_is_refused_and_left_alone()
    {
        DataDirectory directory = _folder.Directory("a");
        Directory.CreateDirectory(directory.Path);
        File.WriteAllText(Path.Combine(directory.Path, "precious"), "data");
        PgException? error = Assert.Throws<PgException>(() => NodeInitializer.Make(new InitOptions(directory)));
        Assert.That(error!.Message, Is.EqualTo($"directory \"{directory.Path}\" exists but is not empty"));
        Assert.That(Directory.GetFileSystemEntries(directory.Path), Has.Length.EqualTo(1));
    }

    [Test]
    public void An_empty_directory_is_taken_and_given_back_empty_when_it_fails([Values] bool existed)
    {
        DataDirectory directory = _folder.Directory("a");
        if (existed)
            Directory.CreateDirectory(directory.Path);
        Assert.That(() => NodeInitializer.Make(new InitOptions(directory, From: "host=/nonexistent")), Throws.InstanceOf<PgException>().With.Message.StartsWith("could not connect to the primary server: "));
        Assert.That(Directory.Exists(directory.Path), Is.EqualTo(existed));
        if (existed)
            Assert.That(Directory.GetFileSystemEntries(directory.Path), Is.Empty);
        NodeInitializer.Make(new InitOptions(directory));
        Assert.That(ControlFile.Read(directory).State, Is.EqualTo(DatabaseState.ShutDown));
    }

    [Test]
    public void A_standby_has_system_id_checkpoint_and_histories_of_its_upstream()
    {
        using var postgres = new RealPostgres();
        postgres.Stop();
        File.WriteAllText($"{postgres.DataDirectory}/standby.signal", "");
        postgres.Start();
        postgres.Promote();
        using (PgClient client = PgClient.Connect(postgres.Conninfo, TimeSpan.FromSeconds(10)))
            client.QueryOrThrow("CHECKPOINT").Dispose();
        ControlFileData upstream = ControlFile.Read(new DataDirectory(postgres.DataDirectory));

        DataDirectory directory = _folder.Directory("node_b");
        NodeInitializer.Make(new InitOptions(directory, From: postgres.Conninfo + " password='it\\'s'"));
        ControlFileData control = ControlFile.Read(directory);
        Assert.That(control.Checkpoint, Is.EqualTo(upstream.Checkpoint));
        Assert.That(
            (control.SystemId, control.State, control.CheckpointLocation, control.MinRecoveryPoint, control.MinRecoveryPointTimeline),
            Is.EqualTo((upstream.SystemId, DatabaseState.InArchiveRecovery, upstream.CheckpointLocation, upstream.CheckpointLocation, new TimelineId(2))));
        Assert.That(TimelineHistoryFiles.ReadText(directory, new TimelineId(2)), Is.EqualTo(TimelineHistoryFiles.ReadText(new DataDirectory(postgres.DataDirectory), new TimelineId(2))));
        Assert.That(WalDirectory.List(directory, control.SegmentSize), Is.Empty);
        Assert.That(File.Exists(directory.StandbySignal), Is.True);
        string conninfo = NodeConfiguration.Load(directory, []).Text("primary_conninfo");
        Assert.That(Conninfo.ValueOf(conninfo, "application_name"), Is.EqualTo("node_b"));
        Assert.That(Conninfo.ValueOf(conninfo, "host"), Is.EqualTo(postgres.SocketDirectory));
        Assert.That(Conninfo.ValueOf(conninfo, "password"), Is.EqualTo("it's"));
        Assert.That(Tool("pg_controldata", directory.Path), Does.Contain("in archive recovery").And.Not.Contain("WARNING"));
    }

    [Test]
    public void Standby_settings_replace_one_line_and_keep_the_others()
    {
        DataDirectory directory = _folder.Directory(".");
        File.WriteAllText(directory.AutoConf, "# mine\nprimary_conninfo='host=old'\nprimary_slot_name = 's'\n");
        StandbySettings.WriteConninfo(directory, "host=new password=it's");
        Assert.That(File.ReadAllText(directory.AutoConf), Is.EqualTo("# mine\nprimary_slot_name = 's'\nprimary_conninfo = 'host=new password=it''s'\n"));
    }

    private static string Tool(string name, params string[] arguments)
    {
        if (!File.Exists($"{Binaries}/{name}"))
            Assert.Ignore($"needs {Binaries}/{name}");
        var start = new ProcessStartInfo($"{Binaries}/{name}") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, output + errors.Result);
        return output;
    }
}
