using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Startup.Recovery;

/// <summary>What lies behind an XLOG_SWITCH: empty pages up to the segment's end, which upstream sends like all others. A standby that counted the switch as
/// replayed before they have come would report and serve bytes it has not got, and after a restart would never ask for them.</summary>
internal static class SegmentTail
{
    /// <summary>Whether the record just read has all of its extent here: true for every record but a switch in the last segment we have.</summary>
    public static bool IsHere(WalReader reader, SegmentPageSource source)
    {
        if (!reader.Header.IsSwitch)
            return true;
        if (source.Limit != Lsn.MaxValue)
            return reader.RecordEnd <= source.Limit;
        // Bytes arrive in order: the segment's last page or anything of the next one stands for all before it.
        return HasPage(source, reader.RecordEnd - WalFormat.PageSize) || HasPage(source, reader.RecordEnd);
    }

    private static bool HasPage(SegmentPageSource source, Lsn pageStart)
    {
        byte[] page = new byte[WalFormat.PageSize];
        return source.ReadPage(pageStart, WalPageHeader.Size, pageStart, page).Status == WalPageStatus.Available
            && WalPageHeader.Read(page) is { } header && header.PageStart == pageStart && header.Magic != 0;
    }
}
