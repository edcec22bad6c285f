using Pgrepl.Wal;

namespace Pgrepl.WalReceiver;

/// <summary>What follows XLOG_SWITCH up to its segment's end: empty pages. No checksum covers them, and a reader of records never looks at them.</summary>
/// <remarks>They are stored, served and compared like all bytes, so what is not empty there is damage. Source of truth: CopyXLogRecordToWAL, PostgreSQL 15,
/// src/backend/access/transam/xlog.c: each page is zeros behind its header.</remarks>
internal sealed class SwitchTail(IWalPageSource pages)
{
    private readonly byte[] _page = new byte[WalFormat.PageSize];
    private Lsn _next;
    private Lsn _end;

    /// <param name="from">End of the record's own bytes.</param>
    /// <param name="end">The segment's.</param>
    public void Begin(Lsn from, Lsn end) => (_next, _end) = (from, end);

    /// <summary>Looks at what has come since.</summary>
    /// <returns>False: not all of it is here yet.</returns>
    /// <exception cref="BadWalException">Something is there.</exception>
    public bool IsEmpty()
    {
        while (_next < _end)
        {
            Lsn pageStart = _next.PageStart;
            WalPageResult result = pages.ReadPage(pageStart, WalFormat.PageSize, pageStart, _page);
            if (result.Status == WalPageStatus.NotYet)
                return false;
            if (result.Status != WalPageStatus.Available)
                throw new BadWalException(pageStart, result.Error ?? "WAL could not be read");
            int from = _next == pageStart ? HeaderLength(pageStart) : _next.PageOffset;
            int stray = _page.AsSpan(from).IndexOfAnyExcept((byte)0);
            if (stray >= 0)
                throw new BadWalException(pageStart, $"unexpected data after a segment switch at {pageStart + (ulong)(from + stray)}");
            _next = pageStart + WalFormat.PageSize;
        }
        return true;
    }

    private int HeaderLength(Lsn pageStart) =>
        WalPageHeader.Read(_page) is { } header && header.PageStart == pageStart && header.RemainingBytes == 0 ? WalPageHeader.Size : 0;
}
