namespace Pgrepl.Wal;

/// <summary>Where two histories part.</summary>
/// <param name="Timeline">The last timeline that both went through, from the same beginning.</param>
/// <param name="Position">First byte that they need not share; <see cref="Lsn.MaxValue"/>: both are still on that timeline.</param>
/// <remarks>Source of truth: findCommonAncestorTimeline, PostgreSQL 15, src/bin/pg_rewind/pg_rewind.c.</remarks>
public readonly record struct TimelineFork(TimelineId Timeline, Lsn Position)
{
    /// <returns><see langword="null"/>: not even the first timeline is common.</returns>
    public static TimelineFork? Find(TimelineHistory ours, TimelineHistory theirs)
    {
        TimelineFork? fork = null;
        for (int i = 1; i <= Math.Min(ours.Entries.Count, theirs.Entries.Count); i++)
        {
            TimelineHistory.Entry our = ours.Entries[^i];
            TimelineHistory.Entry their = theirs.Entries[^i];
            if (our.Timeline != their.Timeline || our.Begin != their.Begin)
                break;
            fork = new TimelineFork(our.Timeline, Lsn.Min(End(our), End(their)));
        }
        return fork;
    }

    private static Lsn End(TimelineHistory.Entry entry) => entry.End.IsValid ? entry.End : Lsn.MaxValue;
}
