using Pgrepl.Cli.Check;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Cli.Nodes;
using Pgrepl.Cli.Status;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Tests.Check;

/// <summary>Each check with both its outcomes; whole nodes are judged in tests/Drills/CheckTests.cs.</summary>
public sealed class CheckTests
{
    private const long Second = 1_000_000, MB = 1 << 20;

    private static readonly CheckLimits Limits = new(new LagLimit(16 * MB, 30 * Second), new LagLimit(64 * MB, 300 * Second), new DiskLimit(10, null), new DiskLimit(null, 5 * MB), 10 * Second);

    private static readonly UpstreamFacts Upstream = new(150018, "15.18", 42, new TimelineId(3), new SlotFact(true, "reserved", true), null, 2 * Second, null);

    [Test]
    public void Running_wants_every_process()
    {
        ChildStatus walwriter = new(ProcessKind.WalWriter, 7, 1, 0, null, null, null);
        Assert.That(State(NodeChecks.Running(Node(Live(children: walwriter)))), Is.EqualTo(CheckState.Ok));
        Assert.That(NodeChecks.Running(Node(Live(children: walwriter with { Pid = null }))).Message, Does.EndWith("not running: walwriter"));
        Assert.That(State(NodeChecks.Running(Node(Live(children: walwriter with { Pid = null })))), Is.EqualTo(CheckState.Warning));
        Assert.That(State(NodeChecks.Running(Node(Live(), "starting"))), Is.EqualTo(CheckState.Warning));
        Assert.That(State(NodeChecks.Running(Node(null))), Is.EqualTo(CheckState.Unknown), "its memory cannot be read");
        Assert.That(State(NodeChecks.Running(Node(null) with { Node = null })), Is.EqualTo(CheckState.Critical));
    }

    [Test]
    public void Upstream_must_have_our_major_and_our_system_identifier()
    {
        Assert.That(State(UpstreamChecks.Version(Upstream, 150018, 15)), Is.EqualTo(CheckState.Ok));
        Assert.That(State(UpstreamChecks.Version(Upstream with { VersionNumber = 160004 }, 150018, 15)), Is.EqualTo(CheckState.Critical));
        Assert.That(State(UpstreamChecks.SystemIdentifier(Upstream, 42)), Is.EqualTo(CheckState.Ok));
        Assert.That(State(UpstreamChecks.SystemIdentifier(Upstream, 43)), Is.EqualTo(CheckState.Critical));
    }

    [TestCase(3u, CheckState.Ok)]
    [TestCase(2u, CheckState.Warning, Description = "upstream was promoted, we follow soon")]
    [TestCase(4u, CheckState.Critical, Description = "upstream is behind")]
    public void Upstream_must_be_on_our_timeline(uint ours, object state) => Assert.That(State(UpstreamChecks.Timeline(Upstream, new TimelineId(ours))), Is.EqualTo(state));

    [TestCase(true, "reserved", CheckState.Ok)]
    [TestCase(true, "extended", CheckState.Ok)]
    [TestCase(true, null, CheckState.Ok)]
    [TestCase(true, "unreserved", CheckState.Warning)]
    [TestCase(true, "lost", CheckState.Critical)]
    [TestCase(false, null, CheckState.Critical)]
    public void The_slot_upstream_must_be_there_with_its_wal(bool exists, string? wal, object state) =>
        Assert.That(State(UpstreamChecks.Slot(Upstream with { Slot = new SlotFact(exists, wal, false) }, "s")!), Is.EqualTo(state));

    [Test]
    public void A_slot_that_nobody_asked_for_or_that_could_not_be_asked_for_is_no_fault()
    {
        Assert.That(UpstreamChecks.Slot(Upstream, ""), Is.Null);
        Assert.That(State(UpstreamChecks.Slot(Upstream with { Slot = null, SlotError = "not allowed" }, "s")!), Is.EqualTo(CheckState.Skipped));
    }

    [TestCase(WalAvailability.Extended, CheckState.Ok)]
    [TestCase(WalAvailability.None, CheckState.Ok)]
    [TestCase(WalAvailability.Unreserved, CheckState.Warning)]
    [TestCase(WalAvailability.Lost, CheckState.Critical)]
    public void Own_slots_must_have_their_wal(WalAvailability wal, object state) => Assert.That(State(NodeChecks.Slots([("a", WalAvailability.Reserved), ("b", wal)])), Is.EqualTo(state));

    [Test]
    public void Clocks_may_differ_a_little()
    {
        Assert.That(State(UpstreamChecks.Clock(Upstream, null, 10 * Second)), Is.EqualTo(CheckState.Ok));
        Assert.That(State(UpstreamChecks.Clock(Upstream with { ClockDifference = -11 * Second }, null, 10 * Second)), Is.EqualTo(CheckState.Warning));
        UpstreamFacts silent = Upstream with { ClockDifference = null, ClockError = "not allowed" };
        Assert.That(State(UpstreamChecks.Clock(silent, 11 * Second, 10 * Second)), Is.EqualTo(CheckState.Warning), "the stream tells it too");
        Assert.That(State(UpstreamChecks.Clock(silent, null, 10 * Second)), Is.EqualTo(CheckState.Skipped));
    }

    [TestCase("local replication all trust\nhost replication all 10.0.0.0/8 trust\n", CheckState.Ok)]
    [TestCase("local all all trust\nhost replication all 10.0.0.0/8 trust\n", CheckState.Warning, Description = "replication is not in all")]
    [TestCase("local replication all trust\nhost replication all 10.0.0.0/8 reject\n", CheckState.Warning)]
    [TestCase("local replication all trust\nhost replication all 10.0.0.0/8 magic\n", CheckState.Critical)]
    [TestCase(null, CheckState.Critical)]
    public void Pg_hba_must_load_and_let_downstreams_come_again(string? text, object state) =>
        Assert.That(State(NodeChecks.Hba(text, "pg_hba.conf", [Peer("b", null, 0, 0), Peer("c", "10.1.2.3", 0, 0)])), Is.EqualTo(state));

    [TestCase(11 * MB, CheckState.Ok)]
    [TestCase(10 * MB - 1, CheckState.Warning)]
    [TestCase(5 * MB - 1, CheckState.Critical)]
    public void The_disk_must_have_room(long free, object state)
    {
        CheckResult disk = NodeChecks.Disk(free, 100 * MB, 3 * MB, Limits);
        Assert.That(State(disk), Is.EqualTo(state));
        Assert.That(disk.Figures[0], Is.EqualTo(new CheckFigure("free", free, "B", $"{10 * MB}:", $"{5 * MB}:")));
    }

    [TestCase(0, 0, CheckState.Ok)]
    [TestCase(16 * MB, 30 * Second, CheckState.Ok)]
    [TestCase(16 * MB + 1, 0, CheckState.Warning)]
    [TestCase(0, 31 * Second, CheckState.Warning)]
    [TestCase(64 * MB + 1, 0, CheckState.Critical)]
    [TestCase(0, 301 * Second, CheckState.Critical)]
    public void Lag_must_be_small_on_a_node_that_follows_and_below_a_primary(long bytes, long time, object state)
    {
        LiveStatus standby = Live() with { Positions = [new("received", default, bytes, time), new("replayed", default, 0, 0)] };
        Assert.That(State(NodeChecks.Lag(standby, Limits)!), Is.EqualTo(state));
        LiveStatus primary = Live() with { Role = "primary", Downstreams = [Peer("b", null, 0, 0), Peer("c", null, bytes, time)] };
        Assert.That(State(NodeChecks.Lag(primary, Limits)!), Is.EqualTo(state));
    }

    [Test]
    public void Lag_that_is_not_known_is_a_warning_and_a_primary_alone_has_none()
    {
        Assert.That(State(NodeChecks.Lag(Live() with { Positions = [new("received", default, null, null)] }, Limits)!), Is.EqualTo(CheckState.Warning));
        Assert.That(NodeChecks.Lag(Live() with { Role = "primary" }, Limits), Is.Null);
    }

    [TestCase("", null)]
    [TestCase("b", CheckState.Ok)]
    [TestCase("2 (b, c)", CheckState.Critical)]
    [TestCase("x", CheckState.Critical)]
    [TestCase("ANY 1 (b, c)", CheckState.Ok)]
    public void Commits_that_wait_for_missing_standbys_are_critical(string names, object? state)
    {
        SynchronousStandbyNames? rule = SynchronousStandbyNames.Parse(names);
        string b = rule?.PriorityOf("b") > 0 ? rule.Method == SynchronousMethod.Quorum ? "quorum" : "sync" : "async";
        CheckResult? sync = PrimaryChecks.Synchronous(rule, [Peer("a", null, 0, 0), Peer("b", null, 0, 0) with { SyncState = b }]);
        Assert.That(sync?.State, Is.EqualTo(state));
    }

    [TestCase(3u, CheckState.Ok)]
    [TestCase(4u, CheckState.Critical, Description = "promoted while we ran")]
    [TestCase(2u, CheckState.Warning, Description = "has not followed our promotion")]
    public void Peers_must_be_on_the_timeline_of_the_primary(uint theirs, object state)
    {
        PeerFacts peer = new("b", 42, new TimelineId(theirs), null), silent = new("", 0, default, "could not connect");
        Assert.That(State(PrimaryChecks.Peers([peer], 42, new TimelineId(3))!), Is.EqualTo(state));
        Assert.That(State(PrimaryChecks.Peers([silent, peer], 42, new TimelineId(3))!), Is.EqualTo(state is CheckState.Ok ? CheckState.Warning : state), "one says nothing");
        Assert.That(State(PrimaryChecks.Peers([peer], 43, new TimelineId(3))!), Is.EqualTo(CheckState.Critical), "another cluster");
        Assert.That(PrimaryChecks.Peers([], 42, new TimelineId(3)), Is.Null);
    }

    [Test]
    public void A_report_says_the_worst_first_and_carries_its_figures()
    {
        CheckReport report = new([
            CheckResult.Ok("one", "fine", new CheckFigure("lag", 1.5m, "s", "30", "300")), CheckResult.Warning("two", "so | so"), CheckResult.Critical("three", "bad"),
            new CheckResult("four", CheckState.Skipped, "not asked")]);
        Assert.That(report.State, Is.EqualTo(CheckState.Critical));
        Assert.That(report.Lines(), Is.EqualTo(new[] { "PGREPL CRITICAL - three: bad; two: so / so | lag=1.5s;30;300", "one OK - fine", "two WARNING - so | so", "three CRITICAL - bad", "four SKIPPED - not asked" }));
        Assert.That(new CheckReport([CheckResult.Ok("one", "fine"), new CheckResult("four", CheckState.Skipped, "")]).Lines().First(), Is.EqualTo("PGREPL OK - 1 checks"));
        Assert.That(new CheckReport([CheckResult.Ok("one", ""), new CheckResult("two", CheckState.Unknown, "")]).State, Is.EqualTo(CheckState.Unknown));
        Assert.That((string)report.ToJson()["checks"]![1]!["state"]!, Is.EqualTo("WARNING"));
    }

    [TestCase("64MB", 64 * MB, null)]
    [TestCase("1.5kB", 1536L, null)]
    [TestCase("200B", 200L, null)]
    [TestCase("5min", null, 300 * Second)]
    [TestCase("250ms", null, 250_000L)]
    public void A_limit_is_bytes_or_a_time(string text, long? bytes, long? time)
    {
        Assert.That(LagLimit.Parse("--max-lag", [text], 7), Is.EqualTo(new LagLimit(bytes, time ?? 7)));
        Assert.That(() => LagLimit.Parse("--max-lag", [text[..1]], 7), Throws.TypeOf<UsageException>());
    }

    private static CheckState State(CheckResult result) => result.State;

    private static NodeStatus Node(LiveStatus? live, string status = "ready") =>
        new(new DataDirectory("/nonexistent/pgrepl"), new PidFile(7, 0, 5432, "/tmp", "", status), null, null, null, live, live is null ? "permission denied" : null);

    private static LiveStatus Live(params ChildStatus[] children) => new("standby", new TimelineId(3), 42, "15.18", 0, [], null, [], children, []);

    private static DownstreamStatus Peer(string name, string? address, long bytes, long time)
    {
        PeerPosition position = new(new Lsn(0x1000), bytes, time);
        return new DownstreamStatus(9, name, "postgres", address, null, "streaming", position, position, position, position, 0, "async", 1, 1);
    }
}
