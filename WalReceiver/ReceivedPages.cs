using Pgrepl.Wal;

namespace Pgrepl.WalReceiver;

/// <summary>The newest received bytes in memory, as pages for the judge; pages before them come from disk.</summary>
/// <param name="disk">Has every page below <see cref="Start"/>.</param>
/// <param name="timeline">The one that is received; for messages.</param>
internal sealed class ReceivedPages(IWalPageSource disk, TimelineId timeline) : IWalPageSource
{
    private byte[] _bytes = new byte[32 * WalFormat.PageSize];
    private int _length;

    /// <summary>First byte held; a page's start.</summary>
    public Lsn Start { get; private set; }

    /// <summary>End of what was received.</summary>
    public Lsn End => Start + (ulong)_length;

    /// <summary>The page that was asked for last and was not there yet: what lies before it is not needed again.</summary>
    public Lsn Wanted { get; private set; }

    /// <param name="start">A page's start; the next bytes are received there.</param>
    public void Begin(Lsn start)
    {
        Start = Wanted = start;
        _length = 0;
    }

    public void Append(ReadOnlySpan<byte> received)
    {
        int end = checked(_length + received.Length);
        if (end > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(end, 2 * _bytes.Length));
        received.CopyTo(_bytes.AsSpan(_length));
        _length = end;
    }

    /// <summary>Lets go of whole pages that are on disk by now.</summary>
    public void ForgetBefore(Lsn page)
    {
        if (page <= Start)
            return;
        int gone = (int)page.PageStart.BytesSince(Start);
        _bytes.AsSpan(gone.._length).CopyTo(_bytes);
        _length -= gone;
        Start += (ulong)gone;
    }

    /// <inheritdoc/>
    public WalPageResult ReadPage(Lsn pageStart, int requiredBytes, Lsn recordStart, Span<byte> page)
    {
        if (pageStart < Start)
            return disk.ReadPage(pageStart, requiredBytes, recordStart, page);
        long available = End.BytesSince(pageStart);
        if (available < requiredBytes)
        {
            Wanted = pageStart;
            return WalPageResult.NotYet;
        }
        int length = (int)Math.Min(available, WalFormat.PageSize);
        _bytes.AsSpan((int)pageStart.BytesSince(Start), length).CopyTo(page);
        return WalPageResult.Available(length, timeline);
    }
}
