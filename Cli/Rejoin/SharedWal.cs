using Pgrepl.Shared;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Rejoin;

/// <summary>How far a node's WAL and its upstream's are the same bytes, where their histories say nothing: two standbys that were promoted at the same place took the same
/// timeline, and have the same history file.</summary>
/// <param name="theirs">The upstream's WAL of a timeline from a position on, as much as comes at once, one byte at least; <see langword="null"/>: it has that no more.</param>
/// <remarks>Once two lines have parted all their later pages differ (positions, times and checksums of records follow from what came before), so the place is searched by
/// halves. Should that ever be wrong, walreceiver compares what it is sent with what is on disk and stops.</remarks>
internal sealed class SharedWal(DataDirectory directory, int segmentSize, Func<TimelineId, Lsn, byte[]?> theirs)
{
    /// <param name="fork">What the histories say.</param>
    /// <param name="end">End of the node's last valid record.</param>
    /// <param name="theirEnd">End of the upstream's WAL.</param>
    /// <returns><paramref name="fork"/>, or the first byte before it that differs.</returns>
    /// <exception cref="PgException">The upstream does not answer, or a file cannot be read.</exception>
    internal TimelineFork Narrow(TimelineFork fork, TimelineHistory history, Lsn end, Lsn theirEnd)
    {
        Lsn first = history.Entries.First(entry => entry.Timeline == fork.Timeline).Begin; // of timeline 1: from the start
        if (WalDirectory.List(directory, segmentSize) is [var oldest, ..])
            first = Lsn.Max(first, oldest.Start(segmentSize));
        Lsn last = Lsn.Min(Lsn.Min(end, theirEnd), fork.Position);
        if (last <= first)
            return fork;
        using var source = new RewindPages(directory, segmentSize, history);
        ulong low = first.Value / WalFormat.PageSize, high = (last.Value - 1) / WalFormat.PageSize; // pages
        if (Difference(high) is not { } found)
            return fork;
        while (low < high)
        {
            ulong middle = low + (high - low) / 2;
            if (Difference(middle) is { } earlier)
                (high, found) = (middle, earlier);
            else
                low = middle + 1;
        }
        return fork with { Position = found };

        Lsn? Difference(ulong page)
        {
            Lsn start = Lsn.Max(first, new Lsn(page * WalFormat.PageSize));
            int length = (int)Lsn.Min(last, new Lsn((page + 1) * WalFormat.PageSize)).BytesSince(start);
            byte[]? their = theirs(fork.Timeline, start);
            if (their is null)
                return null;
            byte[] our = new byte[WalFormat.PageSize];
            WalPageResult result = source.ReadPage(start.PageStart, start.PageOffset + length, start, our);
            if (result.Status != WalPageStatus.Available)
                throw new PgException(SqlStates.DataCorrupted, $"could not compare WAL from upstream with our own at {start} on timeline {fork.Timeline}", result.Error);
            int compared = Math.Min(length, their.Length);
            int same = our.AsSpan(start.PageOffset, compared).CommonPrefixLength(their.AsSpan(0, compared));
            return same < compared ? start + (ulong)same : null;
        }
    }
}
