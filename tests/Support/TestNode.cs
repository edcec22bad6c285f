using System.Net;
using System.Net.Sockets;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.TestSupport;

/// <summary>A node of a test, in a folder of its own, on a Unix socket. Whatever happens, Dispose leaves no process and no file.</summary>
public sealed class TestNode : IDisposable
{
    private readonly string _folder;
    private readonly Dictionary<string, string> _environment = [];
    private readonly bool _ordinaryUser;
    private readonly bool _ownsFolder;

    private TestNode(string folder, string name, int port, bool ordinaryUser = false, bool ownsFolder = false)
    {
        _ownsFolder = ownsFolder;
        _folder = folder;
        _ordinaryUser = ordinaryUser;
        Name = name;
        Port = port;
        Data = new DataDirectory(Path.Combine(folder, name));
        LogFile = Path.Combine(folder, name + ".log");
    }

    public string Name { get; }
    public int Port { get; private set; }
    public DataDirectory Data { get; }
    public string LogFile { get; }
    public string Folder => _folder;
    public string Conninfo => $"host={_folder} port={Port} user=postgres dbname=postgres";
    public string SocketFile => Path.Combine(Folder, $".s.PGSQL.{Port}");
    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";
    public ControlFileData Control => ControlFile.Read(Data);

    /// <summary>False: nodes run as an operator's do. A node whose crash points can be armed looks for that file several times in each commit.</summary>
    public static bool HaveCrashPoints { get; set; } = true;

    /// <summary>File that arms a crash point (Shared/Native/CrashPoint.cs) of this node's children.</summary>
    public string CrashPointFile => Path.Combine(_folder, Name + ".crash");

    /// <summary>A fresh primary; not started.</summary>
    /// <param name="segmentMegabytes">Size of a WAL segment, in MB.</param>
    /// <param name="ordinaryUser">The node and its files belong to a user whom pg_ctl accepts, even when the tests run as root.</param>
    /// <param name="nextXid">First transaction id, 64 bits; null: as pgrepl init says.</param>
    /// <param name="tcp">It listens on 127.0.0.1 too, on a port that is free now.</param>
    public static TestNode Primary(int segmentMegabytes = 16, bool ordinaryUser = false, ulong? nextXid = null, bool tcp = false)
    {
        TestNode node = new(NewFolder(ordinaryUser), "a", tcp ? FreePort() : 5432, ordinaryUser, ownsFolder: true);
        Build.Expect(node.Pgrepl(["init", "-D", node.Data.Path, "-A", "trust", "--wal-segsize", segmentMegabytes.ToString(), .. nextXid is null ? Array.Empty<string>() : ["--next-xid", $"{nextXid}"]]));
        node.Configure(tcp ? ["listen_addresses = '127.0.0.1'"] : []);
        return node;
    }

    /// <summary>A fresh primary as <c>pgrepl init</c> makes it: peer on its socket, passwords on 127.0.0.1; not started.</summary>
    /// <param name="password">Of the superuser <c>postgres</c>.</param>
    public static TestNode PrimaryWithPassword(string password)
    {
        TestNode node = new(NewFolder(ordinaryUser: false), "a", FreePort(), ownsFolder: true);
        string file = Path.Combine(node.Folder, "password");
        File.WriteAllText(file, password + "\n");
        Build.Expect(node.Pgrepl("init", "-D", node.Data.Path, "-U", "postgres", "--pwfile", file, "--wal-segsize", "1"));
        node.Configure("listen_addresses = '127.0.0.1'");
        return node;
    }

    /// <summary>On 127.0.0.1 besides its socket, from its next start on.</summary>
    public TestNode OnTcp(params string[] lines)
    {
        Port = FreePort();
        Configure(["listen_addresses = '127.0.0.1'", .. lines]);
        return this;
    }

    /// <summary>A standby of this node, which must run; not started.</summary>
    public TestNode Standby(string name = "b")
    {
        TestNode node = new(_folder, name, Port + 1 + name[0] - 'b', _ordinaryUser);
        Build.Expect(node.Pgrepl("init", "-D", node.Data.Path, "-A", "trust", "--standby", "--from", $"{Conninfo} application_name={name}"));
        node.Configure();
        return node;
    }

    /// <summary>A relay of a real PostgreSQL, which must run; not started. It belongs to the server's user, who may then connect to its socket.</summary>
    public static TestNode Relay(PostgresServer upstream, string name = "r") => RelayOf(upstream.Conninfo, name);

    /// <summary>A relay of whatever server runs there, which may be a relay itself; not started.</summary>
    /// <param name="options">More options of init.</param>
    public static TestNode RelayOf(string upstream, string name, params string[] options)
    {
        TestNode node = new(NewFolder(ordinaryUser: true), name, 5432, ordinaryUser: true, ownsFolder: true);
        (int Code, string Output, string Errors) made = node.Pgrepl(["init", "-D", node.Data.Path, "-A", "trust", "--relay", "--from", $"{upstream} application_name={name}", .. options]);
        if (made.Code != 0)
            node.Dispose();
        Build.Expect(made);
        node.Configure();
        return node;
    }

    /// <summary>Programs of this node are run with it from now on.</summary>
    public void AddEnvironment(IEnumerable<KeyValuePair<string, string>> variables)
    {
        foreach ((string name, string value) in variables)
            _environment[name] = value;
    }

    /// <summary>Writes pgrepl.toml anew; a line takes the place of the one that every node of a test has.</summary>
    public void Configure(params string[] lines)
    {
        string[] usual = [$"port = {Port}", "listen_addresses = ''", $"unix_socket_directories = '{_folder}'", "wal_keep_size = '1GB'", "wal_retrieve_retry_interval = '100ms'", $"cluster_name = '{Name}'"];
        File.WriteAllLines(Data.TomlFile, [.. usual.Where(u => !lines.Any(l => Key(l) == Key(u))), .. lines]);

        static string Key(string line) => line.Split('=')[0].Trim();
    }

    public TestNode Start(params IEnumerable<string> settings)
    {
        (int code, string output, string errors) = TryStart(settings);
        Assert.That(code, Is.Zero, $"{output}{errors}{Log}");
        return this;
    }

    public (int Code, string Output, string Errors) TryStart(params IEnumerable<string> settings)
    {
        if (HaveCrashPoints)
            _environment["PGREPL_CRASH_POINT"] = CrashPointFile;
        return Pgrepl(["start", "-D", Data.Path, "-l", LogFile, .. settings.SelectMany(s => new[] { "-c", s })]);
    }

    /// <summary>Runs a verb of ours as the user who owns this node.</summary>
    public (int Code, string Output, string Errors) Pgrepl(params string[] arguments)
    {
        string[] command = [Path.Combine(Build.Folder, "pgrepl"), .. arguments];
        if (_ordinaryUser && Environment.IsPrivilegedProcess)
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", .. command];
        return Build.Run(command[0], command[1..], 180_000, _environment);
    }

    public void Stop(string mode = "fast") => Build.Expect(Pgrepl("stop", "-D", Data.Path, "-m", mode));

    /// <summary>What psql prints; its exit code must be 0.</summary>
    public string Psql(params string[] arguments)
    {
        (int code, string output, string errors) = TryPsql(arguments);
        Assert.That(code, Is.Zero, output + errors);
        return output;
    }

    public (int Code, string Output, string Errors) TryPsql(params string[] arguments) =>
        PostgresTools.Run("psql", ["-X", "-P", "pager=off", "-d", Conninfo, .. arguments]);

    public PgClient Connect(string extra = "") => PgClient.Connect($"{Conninfo} {extra}", TimeSpan.FromSeconds(60));

    /// <summary>First column of the first row, as text.</summary>
    public string? Ask(string sql) => Sql.Ask(Conninfo, sql);

    /// <summary>As Ask, but null while the node cannot answer.</summary>
    public string? TryAsk(string sql) => Sql.TryAsk(Conninfo, sql);

    public Lsn Emit(string content, string prefix = "t") => Lsn.Parse(Ask($"SELECT pg_logical_emit_message(true, '{prefix}', '{content}')"));

    /// <summary>A transaction each, all in one session.</summary>
    /// <returns>End of the last one's message.</returns>
    public Lsn EmitAll(IEnumerable<string> contents)
    {
        using IDisposable session = Sql.KeepSessions();
        Lsn last = Lsn.Invalid;
        foreach (string content in contents)
            last = Emit(content);
        return last;
    }

    /// <summary>Whether the standby has WAL on its disk, so that it could be promoted, and gets more.</summary>
    public bool Streams(string name = "b") =>
        TryAsk($"SELECT count(*) FROM pg_stat_replication WHERE application_name = '{name}' AND state = 'streaming' AND flush_lsn IS NOT NULL") == "1";

    public bool Serves => TryAsk("SELECT 1") == "1";

    public int? PostmasterPid => PostmasterPidFile.TryRead(Data)?.Pid;

    /// <summary>Pids of the running children of one kind.</summary>
    public int[] Children(string kind) => PostmasterPid is not { } postmaster ? [] :
        [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(p => int.TryParse(p, out _)).Select(p => int.Parse(p!))
            .Where(pid => ParentAndName(pid) is var (parent, name) && parent == postmaster && "pgrepl-" + kind == name)];

    /// <summary>Its walwriter has done what it does at a start, a checkpoint among it, and sleeps.</summary>
    public void AwaitWalWriter() => Eventually.Holds(() => WalDirectory.List(Data, Control.SegmentSize).Count > 1
        && Children("walwriter").Any(pid => ProcessFacts.TryRead($"/proc/{pid}/wchan").Contains("poll", StringComparison.Ordinal)));

    /// <summary>SIGKILL to the postmaster and all its children at once: a lost host.</summary>
    public void KillAll()
    {
        if (PostmasterPid is not { } postmaster || !ProcessFacts.Of(Data.Path).Contains(postmaster))
            return; // the number may be another's by now
        ProcessCalls.Kill(postmaster, Signal.SIGSTOP); // it starts no more
        Eventually.Holds(() => ProcessFacts.IsStopped(postmaster) || !IsRunning(postmaster));
        int[] all = [postmaster, .. ProcessFacts.ChildrenOf(postmaster)]; // one that is just being started has not its own name yet
        foreach (int pid in all)
            ProcessCalls.Kill(pid, Signal.SIGKILL);
        Eventually.Holds(() => all.All(pid => !IsRunning(pid)));
    }

    public static bool IsRunning(int pid) => ProcessFacts.TryRead($"/proc/{pid}/stat") is { Length: > 0 } stat && !stat.Contains(") Z ", StringComparison.Ordinal);

    /// <summary>Contents of all messages whose transaction committed, by prefix, along the node's newest timeline, in the order of their commits; read from the files.</summary>
    public List<string> MessagesOnDisk(string prefix = "t") => [.. CommittedMessages(prefix, new Lsn((ulong)Control.SegmentSize)).Select(m => m.Content)];

    /// <summary>The same from a position on, each with the end of its record, which is what pg_logical_emit_message answers.</summary>
    public List<(string Content, Lsn End)> CommittedMessages(string prefix, Lsn from)
    {
        TimelineId target = TimelineHistoryFiles.FindNewest(Data, TimelineId.First);
        using SegmentPageSource source = new(Data, Control.SegmentSize, TimelineHistoryFiles.Read(Data, target));
        WalReader reader = new(source, PostgresMajor.LogCluster, Control.SegmentSize, Control.SystemId);
        List<(string, Lsn)> found = [];
        Dictionary<uint, List<(string, Lsn)>> open = [];
        if (!reader.FindNextRecord(from).IsValid)
            return found;
        while (reader.Read() == WalReadStatus.Record)
        {
            uint xid = reader.Header.Xid;
            if (reader.Header.Rmgr == ResourceManagerId.LogicalMessage && LogicalMessage.TryRead(reader.MainData, out LogicalMessage message)
                && message.Prefix.SequenceEqual(System.Text.Encoding.UTF8.GetBytes(prefix)))
            {
                if (!open.TryGetValue(xid, out List<(string, Lsn)>? contents))
                    open[xid] = contents = [];
                contents.Add((System.Text.Encoding.UTF8.GetString(message.Content), reader.RecordEnd));
            }
            else if (reader.Header.Rmgr == ResourceManagerId.Transaction && open.Remove(xid, out List<(string, Lsn)>? ended)
                && (reader.Header.Info & XactInfo.OperationMask) == XactInfo.Commit)
            {
                found.AddRange(ended);
            }
        }
        return found;
    }

    public void Dispose()
    {
        KillAll();
        TestContext.Out.WriteLine($"--- {LogFile}\n{Log}"); // shown when the test fails
        if (_ownsFolder && Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    private static string NewFolder(bool ordinaryUser)
    {
        string folder = Directory.CreateTempSubdirectory("pgrepl-t-").FullName;
        if (ordinaryUser && Environment.IsPrivilegedProcess)
            Build.Expect(Build.Run("chown", ["postgres", folder]));
        return folder;
    }

    /// <summary>A TCP port that nobody has now.</summary>
    public static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static (int Parent, string Name)? ParentAndName(int pid)
    {
        string stat = ProcessFacts.TryRead($"/proc/{pid}/stat"), command = ProcessFacts.TryRead($"/proc/{pid}/cmdline");
        string[] fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields is [not "Z", var parent, ..] ? (int.Parse(parent), command.Split('\0')[0]) : null;
    }
}
