using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Rejoin;

/// <summary>The WAL that a stopped node has: which timeline it is on, where it ends, which checkpoints it holds.</summary>
internal sealed class LocalWal
{
    private readonly DataDirectory _directory;
    private readonly ControlFileData _control;
    private readonly IReadOnlyList<WalSegment> _segments;

    internal LocalWal(DataDirectory directory, ControlFileData control)
    {
        _directory = directory;
        _control = control;
        _segments = WalDirectory.List(directory, control.SegmentSize);
        History = FindHistory();
    }

    /// <summary>Of the newest timeline that there is a segment of and that comes after the last checkpoint's.</summary>
    internal TimelineHistory History { get; }

    /// <summary>End of the last valid record; <see cref="Lsn.Invalid"/>: not even the last checkpoint's record is here.</summary>
    internal Lsn FindEnd()
    {
        using var source = new RewindPages(_directory, _control.SegmentSize, History);
        var reader = new WalReader(source, PostgresMajor.LogCluster, _control.SegmentSize, _control.SystemId);
        reader.BeginRead(_control.CheckpointLocation);
        Lsn end = Lsn.Invalid;
        while (reader.Read() == WalReadStatus.Record)
            end = reader.RecordEnd;
        return end;
    }

    /// <summary>The last checkpoint and the last record that end at or before <paramref name="fork"/>; looks segment by segment, from the fork back.</summary>
    /// <returns><see langword="null"/>: no such checkpoint with the WAL from its redo on is here.</returns>
    internal LogClusterTarget? FindTarget(Lsn fork)
    {
        if (_segments.Count == 0)
            return null;
        ulong oldest = _segments[0].Number;
        Lsn lastEnd = Lsn.Invalid;
        Lsn seen = fork; // records that start here or later have been looked at
        for (ulong number = (fork.Value - 1) / (ulong)_control.SegmentSize; number >= oldest && number > 0; number--)
        {
            using var source = new RewindPages(_directory, _control.SegmentSize, History);
            var reader = new WalReader(source, PostgresMajor.LogCluster, _control.SegmentSize, _control.SystemId);
            Lsn first = reader.FindNextRecord(new Lsn(number * (ulong)_control.SegmentSize));
            if (!first.IsValid)
                continue; // one record covers it all, or the segment is not here
            (Lsn Location, Checkpoint Checkpoint)? found = null;
            while (reader.Read() == WalReadStatus.Record && reader.RecordEnd <= fork && reader.RecordStart < seen)
            {
                lastEnd = Lsn.Max(lastEnd, reader.RecordEnd);
                if (IsCheckpoint(reader.Header) && Checkpoint.Read(reader.MainData) is { } checkpoint)
                    found = (reader.RecordStart, checkpoint);
            }
            if (found is { } last && HasRecordAt(last.Checkpoint.Redo))
                return new LogClusterTarget(last.Location, last.Checkpoint, lastEnd, History.TimelineOf(lastEnd - 1));
            seen = Lsn.Min(seen, first);
        }
        return null;
    }

    private bool HasRecordAt(Lsn position)
    {
        using var source = new RewindPages(_directory, _control.SegmentSize, History);
        var reader = new WalReader(source, PostgresMajor.LogCluster, _control.SegmentSize, _control.SystemId);
        reader.BeginRead(position);
        return reader.Read() == WalReadStatus.Record;
    }

    private static bool IsCheckpoint(WalRecordHeader header) =>
        header.Rmgr == ResourceManagerId.Xlog && (header.Info & 0xF0) is XlogInfo.CheckpointShutdown or XlogInfo.CheckpointOnline;

    private TimelineHistory FindHistory()
    {
        TimelineId checkpoint = _control.Checkpoint.Timeline;
        foreach (TimelineId timeline in _segments.Select(segment => segment.Timeline).Distinct().OrderDescending())
        {
            TimelineHistory history = TimelineHistoryFiles.Read(_directory, timeline);
            if (history.Contains(checkpoint))
                return history;
        }
        return TimelineHistoryFiles.Read(_directory, checkpoint);
    }
}
