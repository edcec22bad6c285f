namespace Pgrepl.Model.Tests.Search;

/// <summary>Reaches every state, the near ones first: so the first violation has the shortest trace.</summary>
/// <remarks>What TLC does for TLA+. A state is kept once, with the number of the one it came from; the steps of a trace are found again by taking them.</remarks>
internal sealed class Explorer<TState>(ISpecification<TState> specification)
    where TState : struct, IEquatable<TState>
{
    private const int None = -1;

    private TState[] _states = new TState[1 << 16];
    private int[] _parents = new int[1 << 16];
    private int[] _table = NewTable(1 << 17); // open addressing: indexes into _states
    private int _count;

    /// <param name="limit">Most states to keep; the search is cut off there.</param>
    public Found Search(int limit)
    {
        Add(specification.Initial, None);
        long transitions = 0;
        int depth = 0, levelEnd = _count;
        bool complete = true;
        for (int at = 0; at < _count; at++)
        {
            if (at == levelEnd)
                (depth, levelEnd) = (depth + 1, _count);
            TState before = _states[at];
            foreach (Step<TState> step in specification.Steps)
            {
                TState after = before;
                if (!step.Take(ref after))
                    continue;
                transitions++;
                if (specification.Violation(before, step, after) is { } violation)
                    return new Found(_count, transitions, depth + 1, false, violation, Trace(at, step, after));
                if (_count < limit)
                    Add(after, at);
                else
                    complete &= Find(after) >= 0;
            }
        }
        return new Found(_count, transitions, depth, complete, null, []);
    }

    private List<(string, string)> Trace(int last, Step<TState> step, in TState after)
    {
        var line = new List<int>();
        for (int i = last; i != None; i = _parents[i])
            line.Insert(0, i);
        var trace = new List<(string, string)> { ("at the beginning", specification.Show(_states[0])) };
        for (int i = 1; i < line.Count; i++)
            trace.Add((Between(_states[line[i - 1]], _states[line[i]]), specification.Show(_states[line[i]])));
        trace.Add((step.Name, specification.Show(after)));
        return trace;
    }

    private string Between(in TState before, in TState after)
    {
        foreach (Step<TState> step in specification.Steps)
        {
            TState taken = before;
            if (step.Take(ref taken) && taken.Equals(after))
                return step.Name;
        }
        throw new InvalidOperationException("a step of a specification must depend on the state alone");
    }

    private void Add(in TState state, int parent)
    {
        int slot = Find(state);
        if (slot >= 0)
            return;
        if (_count == _states.Length)
            Grow();
        _states[_count] = state;
        _parents[_count] = parent;
        Insert(_count++);
    }

    /// <returns>Where it is; negative: it is not here.</returns>
    private int Find(in TState state)
    {
        for (int at = state.GetHashCode() & (_table.Length - 1); _table[at] != None; at = (at + 1) & (_table.Length - 1))
            if (_states[_table[at]].Equals(state))
                return _table[at];
        return None;
    }

    private void Insert(int index)
    {
        int at = _states[index].GetHashCode() & (_table.Length - 1);
        while (_table[at] != None)
            at = (at + 1) & (_table.Length - 1);
        _table[at] = index;
    }

    private void Grow()
    {
        Array.Resize(ref _states, _count * 2);
        Array.Resize(ref _parents, _count * 2);
        _table = NewTable(_count * 4);
        for (int i = 0; i < _count; i++)
            Insert(i);
    }

    private static int[] NewTable(int size)
    {
        int[] table = new int[size];
        Array.Fill(table, None);
        return table;
    }
}
