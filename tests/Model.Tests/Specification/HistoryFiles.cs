namespace Pgrepl.Model.Tests.Specification;

/// <summary>The history files in a node's pg_wal, of timelines 2 to 4: for each the switch points of its ancestors, four bits each.</summary>
internal readonly record struct HistoryFiles(uint Bits)
{
    public const int Newest = 4;

    /// <summary>The contents of one file, four bits for each of the older timelines: where it was left; 0: it is no ancestor.</summary>
    /// <returns>0: there is no such file.</returns>
    public uint Read(int timeline) => timeline < 2 || timeline > Newest ? 0 : (Bits >> Shift(timeline)) & Mask(timeline);

    public bool Has(int timeline) => Read(timeline) != 0;

    public HistoryFiles With(int timeline, uint contents) => new((Bits & ~(Mask(timeline) << Shift(timeline))) | (contents << Shift(timeline)));

    /// <summary>findNewestTimeLine: TimelineHistoryFiles.FindNewest.</summary>
    public byte FindNewest(int from)
    {
        while (Has(from + 1))
            from++;
        return (byte)from;
    }

    private static int Shift(int timeline) => 4 * ((timeline - 1) * (timeline - 2) / 2);

    private static uint Mask(int timeline) => (1u << (4 * (timeline - 1))) - 1;
}
