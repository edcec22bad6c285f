using Pgrepl.Shared.Ipc;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Node;

/// <summary>How far this node's WAL may be sent, and on which timeline.</summary>
/// <param name="End">Durable and valid below it. A record's end or, on a primary, a page boundary.</param>
/// <param name="Timeline">The one being inserted or replayed.</param>
/// <param name="Cascading">The node is in recovery.</param>
/// <remarks>Answers to GetFlushRecPtr and GetStandbyFlushRecPtr, PostgreSQL 15, xlog.c and walsender.c. Positions are read before the timelines they may
/// belong to, and whether recovery is over comes last: so a position beyond a switch is never taken for one on the timeline before it.</remarks>
public readonly record struct SendableWal(Lsn End, TimelineId Timeline, bool Cascading)
{
    public static SendableWal Of(SharedSegment segment)
    {
        Lsn validated = segment.Receiver.Validated.Value;
        uint receiving = (uint)segment.Receiver.Timeline.Value;
        Lsn replayed = segment.Recovery.Replayed.Value;
        uint replaying = (uint)segment.Recovery.ReplayedTimeline.Value;
        if (segment.Recovery.RecoveryDone.Value != 0)
            return new(segment.Wal.Flushed.Value, new TimelineId((uint)segment.Wal.Timeline.Value), Cascading: false);
        if (replaying == 0)
            return new(validated, new TimelineId(receiving), Cascading: true); // nothing is replayed here, or not yet
        return new(receiving == replaying ? Lsn.Max(validated, replayed) : replayed, new TimelineId(replaying), Cascading: true);
    }
}
