namespace Pgrepl.Model.Tests.Specification;

/// <summary>The clusters that are searched: each way of waiting for standbys, each kind of third node, careful operators and careless ones.</summary>
internal static class Setups
{
    /// <summary>One of everything: whatever goes wrong does so at every step.</summary>
    private static readonly Bounds One = new(Writes: 1, Promotions: 1, Crashes: 1, Cuts: 1, Rejoins: 1);

    /// <summary>Two promotions, so that both nodes are promoted, or one twice.</summary>
    private static readonly Bounds Two = One with { Promotions = 2, Cuts = 0 };

    public static IReadOnlyDictionary<string, Setup> All { get; } = new Dictionary<string, Setup>
    {
        ["asynchronous"] = new() { Bounds = One },
        ["asynchronous, two promotions"] = new() { Bounds = Two },
        ["asynchronous, a peer is required"] = new() { RequirePeer = true, Bounds = Two },
        ["asynchronous, two standbys"] = new() { WitnessIsStandby = true, Bounds = One },
        ["asynchronous, two standbys, two promotions"] = new() { WitnessIsStandby = true, Bounds = Two with { Writes = 0 } },
        ["asynchronous, rejoins anybody"] = new() { RejoinsPrimaryOnly = false, Bounds = Two },
        ["the standby confirms"] = new() { Names = "{partner}", LosesNothing = true, Bounds = One with { Rejoins = 0 } },
        ["the standby confirms, two promotions"] = new() { Names = "{partner}", LosesNothing = true, Bounds = Two with { Crashes = 0 } },
        ["the standby has applied"] = new() { Names = "{partner}", RemoteApply = true, LosesNothing = true, Bounds = One with { Cuts = 0 } },
        ["the witness confirms"] = new() { Names = "w", OperatorFences = true, OperatorAsksAll = true, LosesNothing = true, Bounds = One },
        ["any of two confirms"] = new() { Names = "ANY 1 ({partner}, w)", OperatorFences = true, OperatorAsksAll = true, LosesNothing = true, Bounds = One with { Cuts = 0 } },
        ["any of two standbys confirms"] = new() { Names = "ANY 1 (*)", WitnessIsStandby = true, OperatorFences = true, OperatorAsksAll = true, LosesNothing = true, Bounds = One with { Cuts = 0, Rejoins = 0 } },
    };
}
