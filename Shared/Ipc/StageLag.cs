using Pgrepl.Shared.Native;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Ipc;

/// <summary>How long one stage of WAL is behind the stage before it: by a mark, a position of the leader and the time when it was there.</summary>
/// <remarks>Whoever moves either stage calls <see cref="Moved"/> after its position is published. While nothing is outstanding there is no mark, so a pause counts for nothing;
/// a follower that stands still before the mark is later and later. Answers to the LagTracker of PostgreSQL 15, walsender.c, with one sample at a time.
/// <code>
/// since     8  µs of CLOCK_MONOTONIC when the leader was seen at the mark; 0: no mark
/// mark      8  LSN
/// measured  8  µs that the last mark took to be reached; 0 once the follower had everything
/// </code></remarks>
public sealed class StageLag
{
    private readonly SharedInt64 _since;
    private readonly SharedLsn _mark;
    private readonly SharedInt64 _measured;

    internal StageLag(SharedMemory memory, SegmentLayout layout)
    {
        layout.NewCacheLine();
        _since = new(memory, layout.Int64("lag.since"));
        _mark = new(memory, layout.Int64("lag.mark"));
        _measured = new(memory, layout.Int64("lag.measured"));
    }

    /// <summary>Something is outstanding already: a leader that has only moved on need not say so.</summary>
    public bool IsMarked => _since.Value != 0;

    /// <summary>Sets a mark when the leader has gone ahead; takes it down when the follower has reached it.</summary>
    public void Moved(Lsn leader, Lsn follower)
    {
        long since = _since.Value;
        if (since == 0)
        {
            if (leader > follower)
                Mark(leader);
            return;
        }
        if (follower < _mark.Value)
            return;
        long now = MonotonicTime.Microseconds;
        if (leader > follower)
        {
            _measured.Value = Math.Max(1, now - since);
            Mark(leader);
        }
        else
        {
            _measured.Value = 0;
            _since.Exchange(0);
        }
    }

    /// <summary>For a follower whose leader is another process: it may have moved just before our mark came down, and saw it still up.</summary>
    public void Moved(SharedLsn leader, Lsn follower)
    {
        bool was = IsMarked;
        Moved(leader.Value, follower);
        if (was && !IsMarked)
            Moved(leader.Value, follower);
    }

    /// <summary>A reader's look, from any process.</summary>
    /// <returns>Microseconds; 0: the follower has everything.</returns>
    public long Microseconds(Lsn leader, Lsn follower)
    {
        if (follower >= leader)
            return 0;
        long since = _since.Value, measured = _measured.Value;
        return since != 0 && _mark.Value > follower ? Math.Max(measured, MonotonicTime.Microseconds - since) : measured;
    }

    private void Mark(Lsn leader)
    {
        _mark.Value = leader;
        _since.Exchange(MonotonicTime.Microseconds);
    }
}
