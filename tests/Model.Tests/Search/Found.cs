using System.Text;

namespace Pgrepl.Model.Tests.Search;

/// <summary>What a search found.</summary>
/// <param name="States">Different ones that were reached.</param>
/// <param name="Transitions">Steps that were taken, to known states too.</param>
/// <param name="Depth">Steps from the initial state to the last one reached.</param>
/// <param name="Complete">No state was left out.</param>
/// <param name="Violation">The first invariant that did not hold; <see langword="null"/>: none.</param>
/// <param name="Trace">The shortest way to it: a step and the state after it, each.</param>
internal sealed record Found(int States, long Transitions, int Depth, bool Complete, string? Violation, IReadOnlyList<(string Step, string State)> Trace)
{
    /// <summary>The names of the steps of the trace.</summary>
    public IReadOnlyList<string> Steps => [.. Trace.Skip(1).Select(line => line.Step)];

    public override string ToString()
    {
        var text = new StringBuilder($"{States} states, {Transitions} transitions, depth {Depth}{(Complete || Violation is not null ? "" : ", cut off")}");
        if (Violation is null)
            return text.ToString();
        text.Append($"\n{Violation}\n");
        int width = Trace.Max(line => line.Step.Length);
        for (int i = 0; i < Trace.Count; i++)
            text.Append($"{i,3}. {Trace[i].Step.PadRight(width)}  {Trace[i].State}\n");
        return text.ToString();
    }
}
