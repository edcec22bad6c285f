using Pgrepl.Shared;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Startup.Recovery;

/// <summary>The line of timelines that a standby's own WAL is on. A newer timeline that left it before its end must not be followed as if nothing were there: what
/// lies beyond was reported as flushed, and somebody's commit may have been acknowledged for it.</summary>
/// <remarks>DESIGN §4.8. PostgreSQL compares with the minimum recovery point alone, which is behind what was received.</remarks>
internal static class OwnLine
{
    /// <param name="target">What pg_wal's history files make the newest timeline.</param>
    /// <returns>The line to follow: <paramref name="target"/>, or after the crash of a child our own, as before it.</returns>
    /// <exception cref="PgException">55000 with PostgreSQL's words: the node is started, and <paramref name="target"/> left our line before our end.</exception>
    public static TimelineHistory Choose(DataDirectory data, ControlFileData control, TimelineHistory target, bool afterReset)
    {
        TimelineHistory own = Find(data, control);
        if (own.Target >= target.Target)
            return target;
        (TimelineId now, Lsn end) = FindEnd(data, control, own);
        if (FollowedWal.Refusal(own, now, target, end) is null)
            return target;
        return afterReset ? own : throw Left(target, now, end, "This server's WAL");
    }

    /// <summary>What a start says of a newest timeline that left ours before our end.</summary>
    /// <param name="whose">WAL it is.</param>
    public static PgException Left(TimelineHistory newest, TimelineId ours, Lsn end, string whose) => new(SqlStates.ObjectNotInPrerequisiteState,
        $"requested timeline {newest.Target} is not a child of this server's history",
        newest.Contains(ours)
            ? $"{whose} ends at {end} on timeline {ours}, but in the history of the requested timeline, the server forked off from that timeline at {newest.SwitchPoint(ours, out _)}."
            : $"{whose} ends at {end} on timeline {ours}, which the requested timeline does not contain.",
        "Use \"pgrepl rejoin\" to set aside what lies beyond the fork and to follow the requested timeline.");

    /// <summary>Of the newest timeline that there is a segment of and that comes after the last checkpoint's.</summary>
    private static TimelineHistory Find(DataDirectory data, ControlFileData control)
    {
        foreach (TimelineId timeline in WalDirectory.List(data, control.SegmentSize).Select(segment => segment.Timeline).Distinct().OrderDescending())
        {
            TimelineHistory history = TimelineHistoryFiles.Read(data, timeline);
            if (history.Contains(control.Checkpoint.Timeline))
                return history;
        }
        return TimelineHistoryFiles.Read(data, control.Checkpoint.Timeline);
    }

    /// <returns>End of the last record on that line, and its timeline.</returns>
    private static (TimelineId Timeline, Lsn End) FindEnd(DataDirectory data, ControlFileData control, TimelineHistory own)
    {
        using SegmentPageSource source = new(data, control.SegmentSize, own);
        WalReader reader = new(source, PostgresMajor.LogCluster, control.SegmentSize, control.SystemId);
        Lsn start = control.Checkpoint.Redo, end = start;
        reader.BeginRead(start);
        while (reader.Read() == WalReadStatus.Record)
            (start, end) = (reader.RecordStart, reader.RecordEnd);
        return (own.TimelineOf(start), end);
    }
}
