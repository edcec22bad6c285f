using Pgrepl.Wal;

namespace Pgrepl.Cli.Drill;

/// <summary>Reads WAL pages from a folder of segment files that is not a node's pg_wal.</summary>
internal sealed class WalFolder : IWalPageSource, IDisposable
{
    private readonly string _folder;
    private readonly int _segmentSize;
    private readonly TimelineHistory _history;
    private readonly List<WalSegment> _segments = [];
    private FileStream? _file;
    private WalSegment _open;

    /// <param name="history">Which timelines count; of one segment the newest timeline's file is read.</param>
    internal WalFolder(string folder, int segmentSize, TimelineHistory history)
    {
        _folder = folder;
        _segmentSize = segmentSize;
        _history = history;
        foreach (string path in Directory.EnumerateFiles(folder))
        {
            if (WalSegment.TryParse(Path.GetFileName(path), segmentSize, out WalSegment segment) && history.Contains(segment.Timeline))
                _segments.Add(segment);
        }
    }

    /// <summary>Start of the first segment; <see langword="null"/>: there is none.</summary>
    internal Lsn? Oldest => _segments.Count == 0 ? null : _segments.Min(segment => segment.Start(_segmentSize));

    /// <inheritdoc/>
    public WalPageResult ReadPage(Lsn pageStart, int requiredBytes, Lsn recordStart, Span<byte> page)
    {
        ulong number = pageStart.Value / (ulong)_segmentSize;
        if (_file is null || _open.Number != number)
        {
            _file?.Dispose();
            _file = null;
            foreach (TimelineHistory.Entry entry in _history.Entries)
            {
                var segment = new WalSegment(entry.Timeline, number);
                if (!_segments.Contains(segment))
                    continue;
                _file = new FileStream(Path.Combine(_folder, segment.FileName(_segmentSize)), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                _open = segment;
                break;
            }
            if (_file is null)
                return WalPageResult.Failed(null);
        }
        _file.Position = (long)(pageStart.Value % (ulong)_segmentSize);
        int read = _file.ReadAtLeast(page[..WalFormat.PageSize], WalFormat.PageSize, throwOnEndOfStream: false);
        return read >= requiredBytes ? WalPageResult.Available(read, _open.Timeline) : WalPageResult.Failed(null);
    }

    public void Dispose() => _file?.Dispose();
}
