using Pgrepl.Shared;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.WalWriter;

/// <summary>Segments that nobody needs any more: removed, or on a primary renamed to be future ones.</summary>
/// <remarks>A failure here is logged and tried again at the next checkpoint; WAL goes on. The timeline in a name does not count: a parent's segment is needed
/// as long as its number is. What is needed: <see cref="KeptWal"/>. Source of truth: RemoveOldXlogFiles, XLOGfileslop, PostgreSQL 15, src/backend/access/transam/xlog.c.</remarks>
internal sealed class OldSegments(DataDirectory data, int segmentSize, ServerLog log)
{
    private const double CompletionTarget = 0.9; // checkpoint_completion_target's default

    private double _distanceEstimate;

    public int Removed { get; private set; }
    public int Recycled { get; private set; }

    /// <summary>UpdateCheckPointDistanceEstimate: rises at once, falls slowly.</summary>
    public void SawCheckpointDistance(long bytes) =>
        _distanceEstimate = _distanceEstimate < bytes ? bytes : 0.90 * _distanceEstimate + 0.10 * bytes;

    /// <summary>CalculateCheckpointSegments: after so many segments a checkpoint is due, lest pg_wal exceed max_wal_size.</summary>
    public static long CheckpointSegments(long maxWalBytes, int segmentSize) => Math.Max(1, (long)(maxWalBytes / segmentSize / (1.0 + CompletionTarget)));

    /// <summary>XLOGfileslop: segments beyond this number are not worth having in advance.</summary>
    internal ulong LastWorthHaving(Lsn redo, long minWalBytes, long maxWalBytes)
    {
        ulong size = (ulong)segmentSize, first = redo.Value / size;
        ulong least = first + (ulong)(minWalBytes / segmentSize) - 1, most = first + (ulong)(maxWalBytes / segmentSize) - 1;
        double distance = (1.0 + CompletionTarget) * _distanceEstimate * 1.10;
        ulong wanted = (ulong)Math.Ceiling((redo.Value + distance) / size);
        return Math.Min(Math.Max(wanted, least), most);
    }

    /// <summary>Removes every segment before <paramref name="firstToKeep"/>.</summary>
    public void Remove(ulong firstToKeep) => Release(firstToKeep, static _ => false);

    /// <summary>Renames old segments to follow the last one there is, up to <paramref name="lastWorthHaving"/>; removes the others.</summary>
    /// <param name="nextFree">The number after the segments that are allocated.</param>
    /// <param name="timeline">Of the future segments.</param>
    /// <param name="mayBeInFlight">True for the end of a segment whose pages may still be in a socket: those change with the file, so it is unlinked.</param>
    public void Recycle(ulong firstToKeep, ulong nextFree, ulong lastWorthHaving, TimelineId timeline, Func<Lsn, bool> mayBeInFlight)
    {
        Release(firstToKeep, old =>
        {
            if (mayBeInFlight(old.End(segmentSize)))
                return false;
            for (; nextFree <= lastWorthHaving; nextFree++)
            {
                var future = new WalSegment(timeline, nextFree);
                if (WalDirectory.Exists(data, future, segmentSize))
                    continue;
                return WalSegmentFile.Recycle(data, old, future, segmentSize);
            }
            return false;
        });
    }

    private void Release(ulong firstToKeep, Func<WalSegment, bool> reuse)
    {
        Removed = Recycled = 0;
        try
        {
            List<WalSegment> unneeded = [];
            foreach (WalSegment segment in WalDirectory.List(data, segmentSize))
            {
                if (segment.Number >= firstToKeep)
                    continue;
                if (reuse(segment))
                    Recycled++;
                else
                    unneeded.Add(segment);
            }
            WalDirectory.Remove(data, unneeded, segmentSize);
            Removed = unneeded.Count;
        }
        catch (PgException e)
        {
            log.Error(e);
        }
    }
}
