namespace Pgrepl.Wal;

/// <summary>What a page source answered.</summary>
public enum WalPageStatus
{
    /// <summary>The bytes are there.</summary>
    Available,

    /// <summary>The bytes may come later: ask again (XLREAD_WOULDBLOCK).</summary>
    NotYet,

    /// <summary>The bytes will never come (XLREAD_FAIL): a missing file, the end of what is to be read.</summary>
    Failed,
}

/// <param name="Status">Whether the bytes are there.</param>
/// <param name="ValidBytes">Bytes of the page, from its start, that were copied; at least as many as were required.</param>
/// <param name="Error">With <see cref="WalPageStatus.Failed"/>: why, in PostgreSQL's words; <see langword="null"/> when the end is no error.</param>
/// <param name="FileTimeline">Timeline of the file the page came from (ws_tli), for messages that name the file; unset: the timeline of the last good page.</param>
public readonly record struct WalPageResult(WalPageStatus Status, int ValidBytes = 0, string? Error = null, TimelineId FileTimeline = default)
{
    public static WalPageResult NotYet => new(WalPageStatus.NotYet);

    public static WalPageResult Failed(string? error) => new(WalPageStatus.Failed, 0, error);

    public static WalPageResult Available(int validBytes, TimelineId fileTimeline = default) => new(WalPageStatus.Available, validBytes, null, fileTimeline);
}

/// <summary>Where a <see cref="WalReader"/> gets its pages: files, shared WAL buffers, a stream from upstream.</summary>
/// <remarks>Source of truth: XLogReaderRoutine.page_read, PostgreSQL 15, src/include/access/xlogreader.h.</remarks>
public interface IWalPageSource
{
    /// <summary>Copies at least <paramref name="requiredBytes"/> of the page, from its start, or says why not.</summary>
    /// <param name="pageStart">LSN of the page's first byte.</param>
    /// <param name="requiredBytes">1 to 8192. Give more when more is there: it saves a call.</param>
    /// <param name="recordStart">The record that is being read; decides the timeline of the file when a segment's first page is read only to be checked.</param>
    /// <param name="page">8192 bytes.</param>
    WalPageResult ReadPage(Lsn pageStart, int requiredBytes, Lsn recordStart, Span<byte> page);
}
