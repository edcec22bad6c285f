namespace Pgrepl.Wal.Tests;

/// <summary>Whole pages of a log's bytes, of a copy that one thread damages.</summary>
internal sealed class DamagedPages(TestLog log) : IWalPageSource
{
    public byte[] Bytes { get; } = (byte[])log.Bytes.Clone();

    public WalPageResult ReadPage(Lsn pageStart, int requiredBytes, Lsn recordStart, Span<byte> page)
    {
        if (pageStart < log.Base || pageStart >= log.Base + (ulong)Bytes.Length)
            return WalPageResult.Failed("no such segment");
        Bytes.AsSpan((int)pageStart.BytesSince(log.Base), WalFormat.PageSize).CopyTo(page);
        return WalPageResult.Available(WalFormat.PageSize, TimelineId.First);
    }
}
