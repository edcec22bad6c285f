using System.Globalization;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests.HardDays;

/// <summary>PostgreSQL 15 primary → relay → PostgreSQL standby, pg_receivewal and a second relay. The primary waits for the relay; two of the ways lead through cables.</summary>
internal sealed partial class HardDaysTree : IDisposable
{
    public const int SegmentSize = 1024 * 1024;

    /// <summary>Longest that anything may take to come back or to catch up.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly string _received = Directory.CreateTempSubdirectory("pgrepl-received-").FullName;
    private RunningProgram? _receiver;
    private RunningProgram? _pgbench;

    public HardDaysTree()
    {
        Primary = PostgresServer.Primary(segmentMegabytes: 1, "wal_sender_timeout = 2s", "wal_receiver_timeout = 2s", "checkpoint_timeout = 30s").Start();
        try
        {
            StartAll();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public PostgresServer Primary { get; }
    public TestNode Relay { get; private set; } = null!;
    public TestNode Second { get; private set; } = null!;
    public PostgresServer Standby { get; private set; } = null!;
    public Cable AboveRelay { get; private set; } = null!;
    public Cable BelowRelay { get; private set; } = null!;

    public string[] DataFolders => [Primary.Data, Relay.Data.Path, Second.Data.Path, Standby.Data, _received];

    public IEnumerable<(string Name, string Log)> Logs => [("primary", Primary.Log), ("relay", Relay.Log), ("second relay", Second.Log), ("standby", Standby.Log)];

    /// <summary>Memory in use by all lasting processes of the relay.</summary>
    public int RelayKilobytes =>
        new[] { "startup", "walwriter", "walreceiver" }.SelectMany(Relay.Children).Concat(new[] { "s", "r2", "pg_receivewal", SlowReader.Name }.Select(SenderTo)).Append(Relay.PostmasterPid!.Value).Sum(ProcessFacts.ResidentKilobytes);

    /// <summary>The most memory that the relay's process for this client ever used, kB.</summary>
    public int SenderKilobytes(string name)
    {
        int kilobytes = 0;
        Func<bool> known = () => (kilobytes = ProcessFacts.PeakKilobytes(SenderTo(name))) > 0; // 0: it ended between the two looks
        Eventually.Holds(() => known(), Patience);
        return kilobytes;
    }

    /// <summary>The relay's process that serves this client, which is there or about to come back.</summary>
    public int SenderTo(string name)
    {
        string question = $"SELECT pid FROM pg_stat_replication WHERE application_name = '{name}'";
        string? pid = null;
        Func<bool> found = () => (pid = Relay.TryAsk(question)) != null;
        Eventually.Holds(() => found(), Patience);
        return int.Parse(pid!, CultureInfo.InvariantCulture);
    }

    public void KeepPgbench()
    {
        if (_pgbench is { HasExited: false })
            return;
        EndPgbench();
        _pgbench = new RunningProgram(PostgresTools.Find("pgbench"), "-n", "-c", "2", "-T", "3600", Primary.Conninfo);
    }

    public void EndPgbench()
    {
        _pgbench?.Dispose();
        _pgbench = null;
    }

    /// <summary>SIGKILL, if it runs.</summary>
    public void RestartReceiver()
    {
        _receiver?.Dispose();
        _receiver = new RunningProgram(PostgresTools.Find("pg_receivewal"), "--no-loop", "--synchronous", "-D", _received, "-d", Relay.Conninfo);
    }

    /// <summary>Waits until everybody streams.</summary>
    public void Heal()
    {
        Eventually.Holds(() => Primary.TryAsk("SELECT sync_state FROM pg_stat_replication WHERE application_name = 'r' AND state = 'streaming'") == "sync", Patience);
        Eventually.Holds(() => Relay.Streams("s") && Relay.Streams("r2") && ReceiverStreams(), Patience);
        KeepPgbench();
    }

    /// <summary>Waits until everybody has all that the primary has, durably, and the standby has replayed it.</summary>
    /// <returns>Its end.</returns>
    public Lsn CaughtUp()
    {
        Primary.Ask("INSERT INTO numbers VALUES (0, 0, '')"); // a commit, which is flushed whole
        Lsn end = PrimaryEnd();
        Eventually.Holds(() => Primary.TryAsk($"SELECT flush_lsn >= '{end}' FROM pg_stat_replication WHERE application_name = 'r'") == "t", Patience);
        Eventually.Holds(() => ReceiverStreams() && Relay.TryAsk($"SELECT count(*) FROM pg_stat_replication WHERE application_name IN ('s', 'r2', 'pg_receivewal') AND flush_lsn >= '{end}'") == "3", Patience);
        Eventually.Holds(() => Standby.TryAsk($"SELECT pg_last_wal_replay_lsn() >= '{end}'") == "t", Patience);
        return end;
    }

    /// <summary>Every process that works on one of the nodes is a postmaster or a child of it.</summary>
    public void HasNoStrays()
    {
        Eventually.Holds(() => !StraysOf(Relay).Concat(StraysOf(Second)).Any());
    }

    public void Dispose()
    {
        EndPgbench();
        _receiver?.Dispose();
        Standby?.Dispose();
        Second?.Dispose();
        BelowRelay?.Dispose();
        Relay?.Dispose();
        AboveRelay?.Dispose();
        Primary.Dispose();
        Directory.Delete(_received, recursive: true);
    }

    private static int[] StraysOf(TestNode node) => [.. ProcessFacts.Of(node.Data.Path).Except([node.PostmasterPid!.Value, .. ProcessFacts.ChildrenOf(node.PostmasterPid!.Value)])];

    private void StartAll()
    {
        Build.Expect(PostgresTools.Run("pgbench", "-i", "-s", "1", "-q", Primary.Conninfo));
        Primary.Ask("CREATE TABLE numbers (round int, n int, filler text)");
        AboveRelay = CableTo(Primary.Folder);
        Relay = RelayOf($"host={Path.Combine(Primary.Folder, "cable")} port=5432 user=postgres", "r");
        BelowRelay = CableTo(Relay.Folder);
        Second = RelayOf(Relay.Conninfo, "r2");
        Standby = Primary.Standby($"host={Path.Combine(Relay.Folder, "cable")} port=5432 user=postgres application_name=s").Start();
        Primary.Configure("synchronous_standby_names = 'r'", "synchronous_commit = on");
        Primary.Ask("SELECT pg_reload_conf()");
        Heal();
    }

    private static Cable CableTo(string folder) => new(Path.Combine(folder, ".s.PGSQL.5432"), Directory.CreateDirectory(Path.Combine(folder, "cable")).FullName);

    private static TestNode RelayOf(string upstream, string name)
    {
        TestNode relay = TestNode.RelayOf(upstream, name);
        relay.Configure("wal_sender_timeout = '2s'", "wal_receiver_timeout = '2s'");
        return relay.Start();
    }

    /// <summary>As whoever runs it would, starts it again when it has given up.</summary>
    private bool ReceiverStreams()
    {
        if (_receiver is not { HasExited: false })
            RestartReceiver();
        return Relay.Streams("pg_receivewal");
    }
}
