namespace Pgrepl.Model.Tests.Specification;

/// <summary>For each record the one it was written after and the timeline it was written on: two numbers that real WAL does not have, so that the invariants
/// see what a node cannot.</summary>
internal readonly record struct Records(uint Parents, uint Timelines)
{
    public byte Parent(byte record) => (byte)((Parents >> (4 * record)) & 15);

    /// <summary>0: no such record.</summary>
    public byte Timeline(byte record) => (byte)((Timelines >> (4 * record)) & 15);

    /// <summary>The first record of its timeline: END_OF_RECOVERY, which no client waits for. So is the one that everything begins with.</summary>
    public bool IsFirstOfTimeline(byte record) => Timeline(Parent(record)) != Timeline(record);

    /// <returns>Its number; 0: all are taken.</returns>
    public byte Free()
    {
        for (byte record = 1; record <= World.MaxRecord; record++)
            if (Timeline(record) == 0)
                return record;
        return 0;
    }

    public Records With(byte record, byte parent, byte timeline) => new(Parents | ((uint)parent << (4 * record)), Timelines | ((uint)timeline << (4 * record)));

    /// <param name="held">A bit for each record.</param>
    public Records Keep(int held)
    {
        uint mask = 0;
        for (int record = 1; record <= World.MaxRecord; record++)
            if ((held & (1 << record)) != 0)
                mask |= 15u << (4 * record);
        return new(Parents & mask, Timelines & mask);
    }
}
