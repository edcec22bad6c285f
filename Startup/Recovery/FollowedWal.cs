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
}
