using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Drills.Tests.Campaign;

/// <summary>Two nodes, each the other's peer, one the primary and the other its synchronous standby; who is which changes.</summary>
internal sealed partial class CampaignPair : IDisposable
{
    public const int SegmentSize = 1024 * 1024;

    /// <summary>Longest that anything may take to come back or to catch up, on a machine that has other things to do. Longer is a hang.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly string _temporary;

    public CampaignPair()
    {
        Primary = TestNode.Primary(segmentMegabytes: 1);
        try
        {
            _temporary = Directory.CreateDirectory(Path.Combine(Primary.Folder, "tmp")).FullName;
            Configure(Primary, "b", synchronous: false);
            Environ(Primary);
            Primary.Start();
            Standby = Primary.Standby();
            Configure(Standby, "a", synchronous: true);
            Environ(Standby);
            Standby.Start();
            Eventually.Holds(() => Primary.Streams(Standby.Name), Patience);
            Load = new CampaignLoad(Primary);
            SetSynchronous(true);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public TestNode Primary { get; private set; }
    public TestNode Standby { get; private set; } = null!;
    public CampaignLoad Load { get; } = null!;

    public TestNode[] Nodes => [Primary, Standby];

    /// <summary>Where both keep sockets, logs and data.</summary>
    public string Folder => Primary.Folder;

    /// <summary>Commits wait for the standby. Else the primary alone has what was acknowledged, and may not be given up.</summary>
    public bool Synchronous { get; private set; }

    /// <summary>The node of a role.</summary>
    public TestNode Of(string role) => role == "primary" ? Primary : Standby;

    public static bool Runs(TestNode node) => node.PostmasterPid is { } pid && ProcessFacts.Of(node.Data.Path).Contains(pid);

    /// <summary>Commits wait for the standby or do not; true on return means that it is so for every commit to come.</summary>
    public void SetSynchronous(bool synchronous)
    {
        Configure(Primary, Standby.Name, synchronous);
        Build.Expect(Primary.Pgrepl("reload", "-D", Primary.Data.Path));
        Eventually.Holds(() => Primary.TryAsk("SHOW synchronous_standby_names") == (synchronous ? Standby.Name : ""), Patience);
        if (synchronous)
            AwaitSynchronousStandby();
        Synchronous = synchronous;
    }

    private void AwaitSynchronousStandby() =>
        Eventually.Holds(() => Primary.TryAsk($"SELECT sync_state FROM pg_stat_replication WHERE application_name = '{Standby.Name}' AND state = 'streaming'") == "sync", Patience);

    /// <summary>Which commits will wait when this node is promoted: its own settings say.</summary>
    public void PrepareStandby(bool synchronous)
    {
        Configure(Standby, Primary.Name, synchronous);
        if (Runs(Standby))
            _ = Standby.Pgrepl("reload", "-D", Standby.Data.Path);
    }

    /// <summary>The roles change: the promotion of the standby has begun.</summary>
    public void Swap()
    {
        (Primary, Standby) = (Standby, Primary);
        Load.SwitchTo(Primary);
        Synchronous = !File.ReadAllText(Primary.Data.TomlFile).Contains("synchronous_standby_names = ''", StringComparison.Ordinal);
    }

    /// <summary>pgrepl rejoin of the standby's directory, without a start.</summary>
    public (int Code, string Output, string Errors) Rejoin() =>
        Standby.Pgrepl("rejoin", "-D", Standby.Data.Path, "--from", $"{Primary.Conninfo} application_name={Standby.Name}", "--no-start");

    /// <summary>Waits until the standby has all that the primary has, durably, and has replayed it.</summary>
    /// <returns>Its end.</returns>
    public Lsn CaughtUp()
    {
        Primary.Emit("end of round", "marker");
        Lsn end = Lsn.Parse(Primary.Ask("SELECT pg_current_wal_flush_lsn()"));
        Eventually.Holds(() => Standby.TryAsk($"SELECT pg_last_wal_replay_lsn() >= '{end}'") == "t", Patience);
        return end;
    }

    /// <summary>What a look at it shows, for who wonders why it does not go on.</summary>
    public string Describe()
    {
        List<string> lines = [];
        foreach (TestNode node in Nodes.Where(n => n is not null))
        {
            lines.Add($"--- {node.Name}, {(node == Primary ? "primary" : "standby")}, processes {string.Join(' ', ProcessFacts.Of(node.Data.Path))}");
            (_, string output, string errors) = node.Pgrepl("status", "-D", node.Data.Path);
            lines.Add(output + errors);
            lines.AddRange(File.ReadLines(node.LogFile).TakeLast(60));
        }
        return string.Join('\n', lines);
    }

    public void Dispose()
    {
        Parallel.Invoke(Primary.KillAll, () => Standby?.KillAll());
        Load?.Dispose();
        foreach (TestNode node in Nodes.Where(n => n is not null))
            File.WriteAllLines(node.LogFile, File.Exists(node.LogFile) ? [.. File.ReadLines(node.LogFile).TakeLast(200)] : []);
        foreach (TestNode node in Nodes.Where(n => n is not null).OrderByDescending(n => n.Name))
            node.Dispose(); // a's folder holds everything
    }

    private void Environ(TestNode node) => node.AddEnvironment([new("TMPDIR", _temporary)]);

    private static void Configure(TestNode node, string peer, bool synchronous) => node.Configure(
        $"synchronous_standby_names = '{(synchronous ? peer : "")}'",
        $"pgrepl.peers = [\"host={node.Folder} port={(peer == "a" ? 5432 : 5433)} user=postgres\"]",
        $"pgrepl.busy_poll = {(node.Name == "b" ? 2000 : 0)}", // in each role half of the time
        "wal_keep_size = '160MB'", "max_wal_size = '8MB'", "min_wal_size = '3MB'", "checkpoint_timeout = '30s'");
}
