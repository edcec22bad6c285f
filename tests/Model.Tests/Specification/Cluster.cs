using Pgrepl.Model.Tests.Search;
using Pgrepl.Wal;

namespace Pgrepl.Model.Tests.Specification;

/// <summary>Two nodes and a witness: who may write, what may be acknowledged, who wins. Read it as TLA+: the variables are in <see cref="World"/>, every action
/// is a guard and what it changes, Next is <see cref="Steps"/>; the invariants are in <see cref="Invariants"/>.</summary>
/// <remarks>This file: the beginning, Next, and what the actions share. <c>.Writing</c>, <c>.Streaming</c>, <c>.Promotion</c>, <c>.Starting</c>, <c>.Rejoining</c> and
/// <c>.Faults</c> have the actions; each names the code that it models. docs/model.md says what is left out.</remarks>
internal sealed partial class Cluster : ISpecification<World>
{
    private readonly Setup _setup;
    private readonly Product _product;
    private readonly Invariants _invariants;

    public Cluster(Setup setup)
    {
        _setup = setup;
        _product = new Product(setup);
        _invariants = new Invariants(setup, _product);
        Initial = Begin(setup.Bounds);
        Steps = [.. Next()];
    }

    public World Initial { get; }

    public IReadOnlyList<Step<World>> Steps { get; }

    public string? Violation(in World before, Step<World> step, in World after) => _invariants.Broken(before, after, step.Name.StartsWith("rejoin", StringComparison.Ordinal));

    public string Show(in World state) => Picture.Of(state);

    /// <summary>a is a primary on timeline 1 with one record, which all have; b and w are standbys.</summary>
    private static World Begin(Bounds bounds)
    {
        World world = new()
        {
            Records = default(Records).With(1, 0, 1),
            WritesLeft = bounds.Writes,
            PromotionsLeft = bounds.Promotions,
            CrashesLeft = bounds.Crashes,
            CutsLeft = bounds.Cuts,
            RejoinsLeft = bounds.Rejoins,
        };
        foreach (Peer peer in Peers.All)
        {
            ref Node node = ref world.Nodes[(int)peer - 1];
            node = new Node { Wal = default(Wal).Append(1), Durable = 1, Applied = 1, Timeline = 1, Up = true, Writes = peer == Peer.A, StandbySignal = peer != Peer.A };
        }
        return world;
    }

    private IEnumerable<Step<World>> Next()
    {
        foreach (Peer n in Peers.All)
        {
            yield return Named($"{n.Name()} writes a record", (ref World w) => Write(ref w, n));
            yield return Named($"{n.Name()} flushes", (ref World w) => Flush(ref w, n));
            if (_setup.RemoteApply)
                yield return Named($"{n.Name()} applies", (ref World w) => Apply(ref w, n));
            yield return Named($"{n.Name()} receives", (ref World w) => Receive(ref w, n));
            yield return Named($"{n.Name()} goes over to the newest timeline", (ref World w) => Follow(ref w, n));
            if (_setup.Repoints)
                yield return Named($"{n.Name()} is given another upstream", (ref World w) => Leave(ref w, n));
            yield return Named($"{n.Name()} is promoted", (ref World w) => Promote(ref w, n));
            yield return Named($"{n.Name()} goes on with its promotion", (ref World w) => GoOn(ref w, n));
            yield return Named($"{n.Name()} starts", (ref World w) => Start(ref w, n));
            yield return Named($"{n.Name()} is killed", (ref World w) => Crash(ref w, n, power: false));
            yield return Named($"{n.Name()} loses power", (ref World w) => Crash(ref w, n, power: true));
            foreach (Peer m in Peers.All.Where(m => m != n))
            {
                yield return Named($"{n.Name()} connects to {m.Name()}", (ref World w) => Connect(ref w, n, m));
                yield return Named($"{n.Name()} replies to {m.Name()}", (ref World w) => Reply(ref w, n, m));
                yield return Named($"{m.Name()} hears {n.Name()}", (ref World w) => Hear(ref w, m, n));
                yield return Named($"rejoin {n.Name()} to {m.Name()}", (ref World w) => Rejoin(ref w, n, m));
                if (n < m)
                {
                    yield return Named($"{n.Name()} and {m.Name()} are cut off", (ref World w) => Cut(ref w, n, m));
                    yield return Named($"{n.Name()} and {m.Name()} are joined again", (ref World w) => Heal(ref w, n, m));
                }
            }
        }
    }

    private static Step<World> Named(string name, StepAction<World> action) => new(name, (ref World world) =>
    {
        if (!action(ref world))
            return false;
        world.Sweep();
        return true;
    });

    private bool Has(Rule rule) => _setup.Without != rule;

    private bool IsRelay(Peer n) => n == Peer.W && !_setup.WitnessIsStandby;

    /// <summary>Timeline of what a node has inserted or replayed: what IDENTIFY_SYSTEM answers.</summary>
    private static byte ServedTimeline(in World w, in Node node) =>
        node.IsPromoting ? node.PromotionParent : node.Writes ? node.Timeline : w.Records.Timeline(node.Wal.Last);

    private TimelineHistory ServedHistory(in World w, in Node node) => _product.History(node.Histories, ServedTimeline(w, node));

    /// <summary>What ends when a process ends: its connections, and what it knew of others.</summary>
    private static void Disconnect(ref World w, Peer n)
    {
        foreach (Peer m in Peers.All)
            if (w.Nodes[(int)m - 1].Upstream == n)
                EndStream(ref w.Nodes[(int)m - 1]);
        ref Node node = ref w.Nodes[(int)n - 1];
        EndStream(ref node);
        node.Confirmed = node.OnTheWay = default;
    }

    private static void EndStream(ref Node node) => (node.Upstream, node.Received, node.StreamTimeline) = (Peer.None, 0, 0);
}
