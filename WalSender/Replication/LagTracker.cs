using Pgrepl.Shared.Ipc;
using Pgrepl.Wal;

namespace Pgrepl.WalSender.Replication;

/// <summary>Measures how long after its local flush a position is written, flushed and applied by the peer.</summary>
/// <remarks>Times are microseconds of a monotonic clock, so a change of the wall clock shows nothing strange. Full, it samples more coarsely instead of growing.
/// Source of truth: LagTrackerWrite, LagTrackerRead, PostgreSQL 15, src/backend/replication/walsender.c.</remarks>
internal sealed class LagTracker
{
    /// <summary>LAG_TRACKER_BUFFER_SIZE.</summary>
    internal const int Capacity = 8192;

    /// <summary>No new sample says anything.</summary>
    internal const long Unknown = -1;

    private readonly (Lsn Position, long Time)[] _samples = new (Lsn, long)[Capacity];
    private readonly int[] _readers = new int[3];
    private readonly (Lsn Position, long Time)[] _lastRead = new (Lsn, long)[3]; // Time 0: none
    private int _writer;
    private Lsn _lastPosition;

    /// <summary>Notes that everything below <paramref name="end"/> was durable here by <paramref name="now"/>. Nothing when it has not moved.</summary>
    public void Flushed(Lsn end, long now)
    {
        if (end == _lastPosition)
            return;
        _lastPosition = end;
        int next = (_writer + 1) % Capacity;
        if (Array.IndexOf(_readers, next) >= 0)
        {
            next = _writer; // full: the newest sample gives way
            _writer = (_writer + Capacity - 1) % Capacity;
        }
        _samples[_writer] = (end, now);
        _writer = next;
    }

    /// <summary>What a reply tells.</summary>
    /// <param name="mode">Which of the reply's positions it is.</param>
    /// <param name="reached">The position.</param>
    /// <returns>Microseconds; <see cref="Unknown"/> when nothing can be said.</returns>
    public long Reached(SyncWaitMode mode, Lsn reached, long now)
    {
        ref int reader = ref _readers[(int)mode];
        ref (Lsn Position, long Time) last = ref _lastRead[(int)mode];
        long time = 0;
        while (reader != _writer && _samples[reader].Position <= reached)
        {
            last = _samples[reader];
            time = last.Time;
            reader = (reader + 1) % Capacity;
        }
        bool empty = reader == _writer;
        if (time == 0 && !empty)
            time = Interpolate(last, _samples[reader], reached);
        if (empty)
            last.Time = 0; // all is reached: what was measured before says nothing about the next burst
        return time == 0 ? Unknown : Math.Max(0, now - time);
    }

    /// <summary>When the oldest position that is not reached was durable here.</summary>
    /// <returns>0: nothing is outstanding.</returns>
    public long OutstandingSince(SyncWaitMode mode) => _readers[(int)mode] is var reader && reader != _writer ? _samples[reader].Time : 0;

    /// <summary>No sample was crossed: the local flush time of a position between two of them.</summary>
    private static long Interpolate((Lsn Position, long Time) last, (Lsn Position, long Time) next, Lsn reached)
    {
        if (last.Time == 0)
            return next.Time; // a new burst, nothing of it reached: at least this old
        if (reached < last.Position)
            return 0; // gone back: a timeline switch
        double fraction = (double)reached.BytesSince(last.Position) / next.Position.BytesSince(last.Position);
        return last.Time + (long)((next.Time - last.Time) * fraction);
    }
}
