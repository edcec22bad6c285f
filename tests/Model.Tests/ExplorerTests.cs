using Pgrepl.Model.Tests.Search;

namespace Pgrepl.Model.Tests;

/// <summary>The search itself, on a puzzle whose answer is known: four litres from a jug of three and one of five.</summary>
public sealed class ExplorerTests
{
    [Test]
    public void Every_state_is_reached_once_and_counted()
    {
        Found found = new Explorer<Jugs>(new JugsSpecification(Forbidden: 6)).Search(1000);
        Assert.That((found.States, found.Depth, found.Complete, found.Violation), Is.EqualTo((16, 7, true, (string?)null)));
    }

    [Test]
    public void The_first_violation_comes_with_the_shortest_trace()
    {
        Found found = new Explorer<Jugs>(new JugsSpecification(Forbidden: 4)).Search(1000);
        Assert.That(found.Violation, Is.EqualTo("never four litres"));
        Assert.That(found.Steps, Is.EqualTo(new[] { "fill five", "five into three", "empty three", "five into three", "fill five", "five into three" }));
        Assert.That(found.ToString(), Does.Contain("  6. five into three   3 and 4"));
    }

    [Test]
    public void A_search_that_was_cut_off_says_so() =>
        Assert.That(new Explorer<Jugs>(new JugsSpecification(Forbidden: 6)).Search(10).Complete, Is.False);

    private readonly record struct Jugs(int Three, int Five);

    private sealed record JugsSpecification(int Forbidden) : ISpecification<Jugs>
    {
        public Jugs Initial => default;

        public IReadOnlyList<Step<Jugs>> Steps { get; } =
        [
            new("fill three", (ref Jugs s) => Become(ref s, s with { Three = 3 })),
            new("fill five", (ref Jugs s) => Become(ref s, s with { Five = 5 })),
            new("empty three", (ref Jugs s) => Become(ref s, s with { Three = 0 })),
            new("empty five", (ref Jugs s) => Become(ref s, s with { Five = 0 })),
            new("five into three", (ref Jugs s) => Become(ref s, Math.Min(s.Five, 3 - s.Three) is var n ? new(s.Three + n, s.Five - n) : s)),
            new("three into five", (ref Jugs s) => Become(ref s, Math.Min(s.Three, 5 - s.Five) is var n ? new(s.Three - n, s.Five + n) : s)),
        ];

        public string? Violation(in Jugs before, Step<Jugs> step, in Jugs after) => after.Five == Forbidden ? "never four litres" : null;

        public string Show(in Jugs state) => $"{state.Three} and {state.Five}";

        private static bool Become(ref Jugs state, Jugs changed)
        {
            bool differs = state != changed;
            state = changed;
            return differs;
        }
    }
}
