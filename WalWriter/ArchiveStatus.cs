using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.WalWriter;

/// <summary>pg_wal/archive_status: NAME.ready is to be archived, NAME.done is. Segments and history files.</summary>
/// <remarks>Source of truth: XLogArchiveNotify, XLogArchiveCheckDone, XLogArchiveCleanup, PostgreSQL 15, src/backend/access/transam/xlogarchive.c;
/// pgarch_readyXlog, pgarch_archiveDone, src/backend/postmaster/pgarch.c.</remarks>
internal sealed class ArchiveStatus(DataDirectory data)
{
    private const string Ready = ".ready", Done = ".done", History = ".history";

    /// <summary>Every segment that is finished, and every history file, becomes ready unless it has a state.</summary>
    /// <param name="end">WAL before it is valid and durable; a segment's start.</param>
    public void MarkFinished(Lsn end, int segmentSize)
    {
        foreach (WalSegment segment in Finished(end, segmentSize))
            MarkReady(segment.FileName(segmentSize));
        foreach (string path in Directory.EnumerateFiles(data.Wal, $"*{History}"))
            MarkReady(Path.GetFileName(path));
    }

    /// <summary>History files first, then the oldest segment.</summary>
    /// <returns><see langword="null"/>: all is done.</returns>
    public string? Next() => Directory.EnumerateFiles(data.ArchiveStatus, $"*{Ready}").Select(path => Path.GetFileNameWithoutExtension(path))
        .Where(name => File.Exists(Path.Combine(data.Wal, name)) || Orphan(name))
        .Order(StringComparer.Ordinal).OrderByDescending(name => name.EndsWith(History, StringComparison.Ordinal)).FirstOrDefault();

    /// <summary>Durable when it returns: what is done is removed.</summary>
    public void MarkDone(string name) => DurableFile.RenameReplacing(PathOf(name, Ready), PathOf(name, Done));

    /// <returns>Start of the first finished segment that is not done; <see cref="Lsn.MaxValue"/>: there is none.</returns>
    public Lsn FirstNotDone(Lsn end, int segmentSize)
    {
        foreach (WalSegment segment in Finished(end, segmentSize))
            if (!File.Exists(PathOf(segment.FileName(segmentSize), Done)))
                return segment.Start(segmentSize);
        return Lsn.MaxValue;
    }

    public void Forget(ulong firstKept, int segmentSize)
    {
        foreach (string path in Directory.EnumerateFiles(data.ArchiveStatus, $"*{Done}"))
            if (WalSegment.TryParse(Path.GetFileNameWithoutExtension(path), segmentSize, out WalSegment segment) && segment.Number < firstKept)
                File.Delete(path);
    }

    /// <summary>In their order. A timeline's segment in whose middle the next one begins is not finished and never will be.</summary>
    private IEnumerable<WalSegment> Finished(Lsn end, int segmentSize)
    {
        TimelineHistory history = TimelineHistoryFiles.Read(data, TimelineHistoryFiles.FindNewest(data, TimelineId.First));
        foreach (WalSegment segment in WalDirectory.List(data, segmentSize))
        {
            Lsn limit = end;
            if (history.Contains(segment.Timeline) && history.SwitchPoint(segment.Timeline, out _) is { IsValid: true } fork)
                limit = Lsn.Min(limit, fork);
            if (segment.End(segmentSize) <= limit)
                yield return segment;
        }
    }

    private void MarkReady(string name)
    {
        if (!File.Exists(PathOf(name, Ready)) && !File.Exists(PathOf(name, Done)))
            File.WriteAllBytes(PathOf(name, Ready), []); // one that a crash loses is made again
    }

    /// <summary>The file is gone, so nothing can be archived any more.</summary>
    private bool Orphan(string name)
    {
        File.Delete(PathOf(name, Ready));
        return false;
    }

    private string PathOf(string name, string state) => Path.Combine(data.ArchiveStatus, name + state);
}
