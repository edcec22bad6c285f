using System.Diagnostics;
using Pgrepl.Model.Tests.Search;
using Pgrepl.Model.Tests.Specification;

namespace Pgrepl.Model.Tests;

/// <summary>With all rules in force no state that can be reached breaks an invariant. What is searched and why that is enough: docs/model.md.</summary>
public sealed class RulesHoldTests
{
    /// <summary>A longer campaign: <c>writes,promotions,crashes,cuts,rejoins</c> for every setup.</summary>
    private const string LargerBounds = "PGREPL_MODEL_BOUNDS";

    /// <summary>Most states of one search, of about 110 bytes each.</summary>
    private const int Limit = 8_000_000;

    private static IEnumerable<string> Names => Setups.All.Keys;

    [TestCaseSource(nameof(Names))]
    public void Every_state_keeps_the_invariants(string name)
    {
        Setup setup = Setups.All[name];
        if (Environment.GetEnvironmentVariable(LargerBounds) is { Length: > 0 } text)
            setup = setup with { Bounds = Parse(text) };
        var clock = Stopwatch.StartNew();
        Found found = new Explorer<World>(new Cluster(setup)).Search(Limit);
        TestContext.Out.WriteLine($"{name}, {setup.Bounds}: {found}, {clock.Elapsed.TotalSeconds:F1} s");
        Assert.That(found.Violation, Is.Null, found.ToString());
        Assert.That(found.Complete, $"{found.States} states are not all: smaller bounds in {LargerBounds}");
    }

    private static Bounds Parse(string text) => text.Split(',').Select(byte.Parse).ToArray() is [var writes, var promotions, var crashes, var cuts, var rejoins]
        ? new Bounds(writes, promotions, crashes, cuts, rejoins)
        : throw new FormatException($"{LargerBounds} must be writes,promotions,crashes,cuts,rejoins: {text}");
}
