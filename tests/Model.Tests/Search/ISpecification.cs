namespace Pgrepl.Model.Tests.Search;

/// <summary>A state machine to be searched: where it begins, what may happen, what must never be.</summary>
/// <typeparam name="TState">All variables; a value that nothing else refers to.</typeparam>
internal interface ISpecification<TState>
    where TState : struct, IEquatable<TState>
{
    TState Initial { get; }

    IReadOnlyList<Step<TState>> Steps { get; }

    /// <summary>Looks at one transition; what an invariant says of a state alone it says of <paramref name="after"/>.</summary>
    /// <returns>The invariant that does not hold; <see langword="null"/>: all do.</returns>
    string? Violation(in TState before, Step<TState> step, in TState after);

    /// <summary>One line for people.</summary>
    string Show(in TState state);
}

/// <summary>TLA+'s action: changes the state when its guard lets it.</summary>
/// <returns>False: the guard does not; the state may have been changed and is thrown away.</returns>
internal delegate bool StepAction<TState>(ref TState state)
    where TState : struct, IEquatable<TState>;

/// <param name="Name">As a trace shows it.</param>
internal sealed record Step<TState>(string Name, StepAction<TState> Take)
    where TState : struct, IEquatable<TState>;
