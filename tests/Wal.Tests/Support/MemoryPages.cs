namespace Pgrepl.Wal.Tests;

/// <summary>Pages of a <see cref="TestLog"/> up to a limit, as a stream or a file would give them.</summary>
internal sealed class MemoryPages(TestLog log) : IWalPageSource
{
    /// <summary>Bytes from here on have not arrived.</summary>
    public Lsn Limit { get; set; } = Lsn.MaxValue;

    /// <summary>Give no more than was asked for.</summary>
    public bool Stingy { get; set; }

    public List<Lsn> Asked { get; } = [];
    public int Reads { get; private set; }
    public bool Record { get; set; }

    public WalPageResult ReadPage(Lsn pageStart, int requiredBytes, Lsn recordStart, Span<byte> page)
    {
        Assert.That(page.Length, Is.EqualTo(WalFormat.PageSize));
        Assert.That(requiredBytes, Is.InRange(1, WalFormat.PageSize));
        Reads++;
        if (Record)
            Asked.Add(pageStart);
        if (pageStart < log.Base || pageStart >= log.Base + (ulong)log.Bytes.Length)
            return Limit == Lsn.MaxValue ? WalPageResult.Failed(null) : WalPageResult.NotYet;
        if (pageStart + (ulong)requiredBytes > Limit)
            return WalPageResult.NotYet;
        int valid = Stingy ? requiredBytes : (int)Math.Min(WalFormat.PageSize, Limit.Value - pageStart.Value);
        page.Fill(0xEE); // what is not valid must not be looked at
        log.At(pageStart, valid).CopyTo(page);
        return WalPageResult.Available(valid, log.Timeline);
    }
}
