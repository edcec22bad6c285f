using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Rejoin;

/// <summary>The page source of rejoin: a stopped node's own line of history, each segment from one file only, that of the timeline its last byte belongs to.</summary>
/// <remarks>No other timeline's file stands in for one that is missing, as it does in recovery: what is searched here is where this line ends and where it parted, and
/// an older file with the same name but for the timeline may go on with somebody else's records. Not thread-safe.
/// Source of truth: SimpleXLogPageRead, PostgreSQL 15, src/bin/pg_rewind/parsexlog.c.</remarks>
/// <param name="history">Of the node's newest timeline.</param>
internal sealed class RewindPages(DataDirectory data, int segmentSize, TimelineHistory history) : IWalPageSource, IDisposable
{
    private WalSegmentFile? _file;

    /// <inheritdoc/>
    /// <exception cref="Shared.PgException">A file that is there cannot be opened or read: what the disk keeps back is not the end of WAL.</exception>
    public WalPageResult ReadPage(Lsn pageStart, int requiredBytes, Lsn recordStart, Span<byte> page)
    {
        ulong number = pageStart.Value / (ulong)segmentSize;
        if (_file is null || _file.Segment.Number != number)
        {
            Dispose();
            var segment = new WalSegment(history.TimelineOf(new Lsn((number + 1) * (ulong)segmentSize - 1)), number);
            _file = WalSegmentFile.TryOpenRead(data, segment, segmentSize);
            if (_file is null)
                return WalPageResult.Failed($"could not open file \"{WalSegmentFile.PathOf(data, segment, segmentSize)}\": {FileCalls.Describe(FileCalls.ENOENT)}");
        }
        int read = _file.Read((long)(pageStart.Value % (ulong)segmentSize), page[..WalFormat.PageSize]);
        return read == WalFormat.PageSize
            ? WalPageResult.Available(read, _file.Segment.Timeline)
            : WalPageResult.Failed($"could not read file \"{_file.Path}\": read {read} of {WalFormat.PageSize}");
    }

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }
}
