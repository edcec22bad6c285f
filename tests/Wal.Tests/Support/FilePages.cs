namespace Pgrepl.Wal.Tests;

/// <summary>The segments of one timeline in a folder.</summary>
internal sealed class FilePages(string directory, int segmentSize) : IWalPageSource
{
    private WalSegment _segment;
    private byte[] _bytes = [];

    public WalPageResult ReadPage(Lsn pageStart, int requiredBytes, Lsn recordStart, Span<byte> page)
    {
        WalSegment segment = WalSegment.Containing(pageStart, TimelineId.First, segmentSize);
        if (segment != _segment)
        {
            string path = Path.Combine(directory, segment.FileName(segmentSize));
            if (!File.Exists(path))
                return WalPageResult.Failed(null);
            _bytes = File.ReadAllBytes(path);
            _segment = segment;
        }
        _bytes.AsSpan((int)pageStart.BytesSince(segment.Start(segmentSize)), WalFormat.PageSize).CopyTo(page);
        return WalPageResult.Available(WalFormat.PageSize, segment.Timeline);
    }
}
