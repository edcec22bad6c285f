using System.Runtime.CompilerServices;

namespace Pgrepl.Wal;

// The common case in one step: the next record lies whole in the page that is held. It makes the same checks as the way over .Record;
// what does not pass them is left to that way, which says what is wrong.
public sealed partial class WalReader
{
    /// <returns>False: not the common case, or not valid; nothing was changed, but for the blocks of a record that is then forgotten.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // published code of it is slow, and a short run ends before .NET has made it anew
    private bool ReadInPage()
    {
        Lsn start = NextRecordPosition;
        int offset = start.PageOffset;
        if (_stage != Stage.Idle || start.PageStart != _pageStart || offset <= _pageHeader.HeaderSize || offset % 8 != 0 || offset + WalRecordHeader.Size > _pageValid)
            return false; // a position behind the header is also none that a record is carried over to
        ReadOnlySpan<byte> bytes = _page.AsSpan(offset, _pageValid - offset);
        WalRecordHeader header = WalRecordHeader.Decode(bytes);
        if (header.TotalLength < WalRecordHeader.Size || header.TotalLength > (uint)bytes.Length || !ResourceManagers.IsValid(header.Rmgr, _major) || header.IsSwitch
            || (_previous.IsValid ? header.Previous != _previous : header.Previous >= start))
            return false;
        ReadOnlySpan<byte> record = bytes[..(int)header.TotalLength];
        if (header.Crc != WalRecordHeader.ComputeCrc(record) || WalRecordFragments.Parse(record, RecordStart, _major, _blocks, ref _fragments) is not null)
            return false;

        if (Error is not null || ErrorPosition.IsValid || OverwrittenRecord.IsValid)
            ForgetNews();
        if (_record != _page)
            _record = _page;
        _recordOffset = offset;
        _recordLength = record.Length;
        _header = header;
        RecordStart = _previous = start;
        RecordEnd = NextRecordPosition = start + (ulong)WalFormat.Align(record.Length);
        return true;
    }
}
