namespace Pgrepl.Wal;

public sealed partial class WalReader
{
    /// <summary>XLogFindNextRecord: the first record that starts at or after <paramref name="from"/>, which may be any position; the next Read returns it.</summary>
    /// <returns><see cref="Lsn.Invalid"/>: there is none that can be read now. <see cref="Error"/> says why; <see langword="null"/>: the source had not got the bytes.</returns>
    public Lsn FindNextRecord(Lsn from)
    {
        if (!from.IsValid)
            throw new ArgumentOutOfRangeException(nameof(from), from, "no WAL starts there");
        _stage = Stage.Idle;
        ForgetRecord();
        _position = from;

        // Skip what is left of a record that started earlier; it may cover many pages.
        Lsn at = from;
        bool contrecord;
        do
        {
            Lsn pageStart = at.PageStart;
            if (ReadPage(pageStart, at.PageOffset) != Step.Done)
            {
                ErrorPosition = pageStart;
                ForgetPages();
                return Lsn.Invalid;
            }
            int headerSize = _pageHeader.HeaderSize;
            ulong rest = WalFormat.Align((ulong)_pageHeader.RemainingBytes);
            contrecord = (_pageHeader.Flags & WalPageFlags.FirstIsContrecord) != 0;
            if (!contrecord)
                at = pageStart + (ulong)headerSize;
            else if (rest >= (ulong)(WalFormat.PageSize - headerSize))
                at = pageStart + WalFormat.PageSize;
            else
            {
                at = pageStart + (ulong)headerSize + rest;
                contrecord = false;
            }
        }
        while (contrecord);

        BeginRead(at);
        while (Read() == WalReadStatus.Record)
        {
            if (RecordStart < from)
                continue;
            Lsn found = RecordStart;
            BeginRead(found);
            return found;
        }
        _stage = Stage.Idle;
        ForgetPages();
        return Lsn.Invalid;
    }
}
