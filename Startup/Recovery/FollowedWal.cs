using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Processes;
using Pgrepl.Wal;

namespace Pgrepl.Startup.Recovery;

/// <summary>Where startup is in the WAL that it reads: what a standby and a relay have in common.</summary>
/// <param name="timeline">Of the last record read before.</param>
/// <param name="segmentSize">Bytes.</param>
internal abstract class FollowedWal(ChildProcess self, TimelineHistory history, TimelineId timeline, int segmentSize)
{
    public ChildProcess Self => self;
    public RecoveryControl Shared => self.Segment.Recovery;

    /// <summary>expectedTLEs: the line of timelines we follow.</summary>
    public TimelineHistory History { get; private set; } = history;

    /// <summary>Timeline of the last record read (replayTLI).</summary>
    public TimelineId ReplayTimeline { get; set; } = timeline;

    /// <summary>Start of the last record read: the next one's backlink.</summary>
    public Lsn LastRecord { get; set; }

    /// <summary>End of the last record read; a standby has replayed it.</summary>
    public Lsn Replayed { get; set; }

    public int SegmentSize => segmentSize;

    /// <summary>Goes over to a newer timeline, before any WAL of it is asked for.</summary>
    public virtual void Follow(TimelineHistory history) => History = history;

    /// <summary>Why a newer timeline cannot be followed from where we are.</summary>
    /// <param name="end">Of the WAL that is here, on <see cref="ReplayTimeline"/>.</param>
    /// <returns>PostgreSQL's words; <see langword="null"/>: it left our line at <paramref name="end"/> or later.</returns>
    public string? Refusal(TimelineHistory candidate, Lsn end) => Refusal(History, ReplayTimeline, candidate, end);

    /// <summary>The rule alone.</summary>
    /// <param name="followed">The line that is followed.</param>
    /// <param name="now">The timeline of it that the last record is on.</param>
    internal static string? Refusal(TimelineHistory followed, TimelineId now, TimelineHistory candidate, Lsn end)
    {
        TimelineHistory.Entry? ours = EntryOf(followed, now), theirs = EntryOf(candidate, now);
        if (theirs is not { } shared || (ours is { Begin.IsValid: true } own && own.Begin != shared.Begin)) // the same number, another line
            return $"new timeline {candidate.Target} is not a child of database system timeline {now}";
        return shared.End.IsValid && shared.End < end
            ? $"new timeline {candidate.Target} forked off current database system timeline {now} before current recovery point {end}"
            : null;
    }

    private static TimelineHistory.Entry? EntryOf(TimelineHistory history, TimelineId timeline)
    {
        foreach (TimelineHistory.Entry entry in history.Entries)
            if (entry.Timeline == timeline)
                return entry;
        return null;
    }
}
