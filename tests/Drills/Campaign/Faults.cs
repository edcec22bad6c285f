namespace Pgrepl.Drills.Tests.Campaign;

/// <summary>One thing that goes wrong in a round.</summary>
/// <param name="When">The kind of moment.</param>
/// <param name="Place">The crash point (Shared/Native/CrashPoint.cs) where it happens; null: some time after the moment has begun.</param>
/// <param name="Victims">Who is killed: the node by its role, and what of it. <c>self</c>: the process that comes to the place.</param>
internal sealed record Fault(Moment When, string? Place, params string[] Victims)
{
    public override string ToString() => $"{When.ToString().ToLowerInvariant()}{(Place is null ? "" : $" at {Place}")}: {string.Join(" + ", Victims)}";
}

/// <summary>What the pair is doing when it is hit.</summary>
internal enum Moment
{
    /// <summary>A steady load; the place, if any, is one of the primary's.</summary>
    Load,

    /// <summary>The same, at a place of the standby's.</summary>
    Standby,

    /// <summary>The primary recovers from a crash.</summary>
    Recovery,

    /// <summary>The standby comes back.</summary>
    Return,

    /// <summary>The primary is lost and the standby is promoted.</summary>
    Promotion,

    /// <summary>The old primary, with WAL that nobody else has, becomes a standby.</summary>
    Rejoin,

    /// <summary>The rejoined node catches up.</summary>
    CatchUp,

    /// <summary>The primary stops, smart, fast or at once.</summary>
    Smart,
    Fast,
    Immediate,

    /// <summary>The standby stops.</summary>
    StandbyFast,
}

/// <summary>Every fault there is.</summary>
internal static class Faults
{
    /// <summary>The process at the place, its postmaster, its node.</summary>
    private static readonly string[][] OfPrimary = [["self"], ["primary postmaster"], ["primary node"]], OfStandby = [["self"], ["standby postmaster"], ["standby node"]];

    private static readonly string[][] Both = [["standby node"], ["primary node", "standby node"]];

    /// <summary>A deck of all of them, shuffled.</summary>
    public static Fault[] Shuffled(Random random)
    {
        Fault[] deck = [.. UnderLoad(), .. AtPlaces()];
        random.Shuffle(deck);
        return deck;
    }

    private static IEnumerable<Fault> UnderLoad()
    {
        string[] primary = ["primary walwriter", "primary stream", "primary session", "primary postmaster", "primary node"];
        string[] standby = ["standby startup", "standby walreceiver", "standby walwriter", "standby postmaster", "standby node"];
        foreach (string victim in primary.Concat(standby))
            yield return new Fault(Moment.Load, null, victim);
        foreach (string one in primary)
            foreach (string other in standby)
                if (one.EndsWith("node", StringComparison.Ordinal) || other.EndsWith("node", StringComparison.Ordinal) || one[8] == other[8])
                    yield return new Fault(Moment.Load, null, one, other);
        yield return new Fault(Moment.Load, null, "primary walwriter", "standby walreceiver");
        yield return new Fault(Moment.Load, null, "primary session", "primary walwriter");
        yield return new Fault(Moment.Load, null, "standby startup", "standby walreceiver");
        foreach (Moment stop in new[] { Moment.Smart, Moment.Fast, Moment.Immediate })
            foreach (string victim in new[] { "primary stream", "primary postmaster", "primary node", "standby walreceiver", "standby node" })
                yield return new Fault(stop, null, victim);
        foreach (string victim in standby)
            yield return new Fault(Moment.StandbyFast, null, victim);
    }

    private static IEnumerable<Fault> AtPlaces() =>
    [
        .. Each(Moment.Load, ["flush-1", "flush-2", "switch-1", "switch-2", "commit-1", "commit-2", "segment-installed"], OfPrimary.Take(1).Concat(Both)),
        .. Each(Moment.Load, ["checkpoint-2", "checkpoint-3", "checkpoint-4", "checkpoint-5"], OfPrimary.Concat(Both)),
        .. Each(Moment.Standby, ["receive-1", "receive-2", "segment-made", "segment-installed", "restartpoint"], OfStandby.Append(["primary node"]).Append(["primary node", "standby node"])),
        .. Each(Moment.Recovery, ["recovery-1", "recovery-2", "recovery-3", "recovery-4", "recovery-5", "walwriter-1", "promotion-8", "segment-made"], OfPrimary.Append(["standby node"])),
        .. Each(Moment.Return, ["recovery-1", "recovery-2"], OfStandby),
        .. Each(Moment.Promotion, ["temporary-promoting.signal", "promotion-2a", "promotion-2", "promotion-3", "promotion-4", "promotion-5", "promotion-6", "promotion-7", "promotion-8"], OfStandby),
        .. Each(Moment.Rejoin, ["temporary-standby.signal", "rejoin-1", "rejoin-2", "aside-1", "aside-2", "rejoin-3", "rejoin-4", "rejoin-5", "temporary-postgresql.auto.conf"], [["self"], ["standby node"]]),
        .. Each(Moment.CatchUp, ["copy-made", "segment-installed", "receive-1", "receive-2"], [["self"], ["primary node"], ["standby node"]]),
        .. Each(Moment.Fast, ["shutdown-1", "shutdown-2", "shutdown-3", "shutdown-4", "shutdown-5"], OfPrimary.Append(["standby node"])),
        .. Each(Moment.Smart, ["shutdown-2", "shutdown-4"], OfPrimary),
    ];

    private static IEnumerable<Fault> Each(Moment when, string[] places, IEnumerable<string[]> victims) =>
        places.SelectMany(_ => victims, (place, who) => new Fault(when, place, who));
}
