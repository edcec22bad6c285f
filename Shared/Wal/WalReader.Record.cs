using System.Buffers.Binary;

namespace Pgrepl.Wal;

// One record: on its first page, then, if it crosses, page by page into the assembly buffer; CRC and fragments at the end.
public sealed partial class WalReader
{
    private byte[] _assembly = [];
    private uint _total;        // xl_tot_len of the record in work
    private int _assembled;     // bytes of it in the buffer
    private Lsn _continuation;  // the page that holds what comes next of it
    private bool _headerJudged;

    private Step ReadFirstPage()
    {
        Lsn pageStart = _position.PageStart;
        int required = Math.Min(_position.PageOffset + WalRecordHeader.Size, WalFormat.PageSize);
        while (true)
        {
            Step step = ReadPage(pageStart, required);
            if (step != Step.Done)
                return step;

            int headerSize = _pageHeader.HeaderSize;
            int offset = _position.PageOffset == 0 ? headerSize : _position.PageOffset;
            _start = pageStart + (ulong)offset;
            if (offset < headerSize || offset % 8 != 0)
                return Reject($"invalid record offset at {_start}");
            if ((_pageHeader.Flags & WalPageFlags.FirstIsContrecord) != 0 && offset == headerSize)
                return Reject($"contrecord is requested by {_start}");

            required = Math.Min(offset + WalRecordHeader.Size, WalFormat.PageSize);
            if (required > _pageValid)
                continue;
            _headerJudged = offset <= WalFormat.PageSize - WalRecordHeader.Size;
            _total = BinaryPrimitives.ReadUInt32LittleEndian(_page.AsSpan(offset));
            if (_headerJudged && !ValidRecordHeader(_page.AsSpan(offset)))
                return Step.Failed;
            if (!_headerJudged && _total < WalRecordHeader.Size)
                return Reject($"invalid record length at {_start}: wanted {WalRecordHeader.Size}, got {_total}");

            required = (int)Math.Min((uint)offset + (ulong)_total, WalFormat.PageSize);
            if (required > _pageValid)
                continue; // what is read again is judged again

            if (_total > WalFormat.PageSize - offset)
                return BeginAssembly(offset);
            _record = _page;
            _recordOffset = offset;
            _end = _start + WalFormat.Align((ulong)_total);
            return Step.Done;
        }
    }

    private Step BeginAssembly(int offset)
    {
        _assembled = 0;
        AppendToAssembly(_page.AsSpan(offset));
        _continuation = _position.PageStart + WalFormat.PageSize;
        _stage = Stage.Continuation;
        return Step.Again;
    }

    private Step ReadContinuation()
    {
        uint left = _total - (uint)_assembled;
        int required = WalPageHeader.Size; // the header alone may say that no more of the record comes, on a page that is the last one for long
        while (true)
        {
            Step step = ReadPage(_continuation, required);
            if (step != Step.Done)
                return step;

            if ((_pageHeader.Flags & WalPageFlags.FirstIsOverwriteContrecord) != 0)
            {
                OverwrittenRecord = _start;
                _position = _continuation;
                _stage = Stage.FirstPage;
                return Step.Again;
            }
            if ((_pageHeader.Flags & WalPageFlags.FirstIsContrecord) == 0)
                return Reject($"there is no contrecord flag at {_start}");
            if (_pageHeader.RemainingBytes == 0 || _pageHeader.RemainingBytes != left)
                return Reject($"invalid contrecord length {_pageHeader.RemainingBytes} (expected {left}) at {_start}");

            int headerSize = _pageHeader.HeaderSize;
            int part = (int)Math.Min(left, (uint)(WalFormat.PageSize - headerSize));
            required = headerSize + part;
            if (required > _pageValid)
                continue;

            if (_assembled + part > _maxRecordSize)
                return Reject($"record length {_total} at {_start} too long"); // not before so much of it really came: a forged length is told by a page
            AppendToAssembly(_page.AsSpan(headerSize, part));
            if (!_headerJudged && !ValidRecordHeader(_assembly))
                return Step.Failed;
            _headerJudged = true;
            if ((uint)part < left)
            {
                _continuation += WalFormat.PageSize;
                return Step.Again;
            }
            _record = _assembly;
            _recordOffset = 0;
            _end = _continuation + (ulong)(headerSize + WalFormat.Align(part));
            return Step.Done;
        }
    }

    /// <summary>Grows by doubling as bytes arrive, so that a length out of nowhere reserves nothing.</summary>
    private void AppendToAssembly(ReadOnlySpan<byte> part)
    {
        int end = _assembled + part.Length;
        if (end > _assembly.Length)
            Array.Resize(ref _assembly, Math.Max(5 * WalFormat.PageSize, (int)Math.Min(2L * end, Math.Min(_total, (uint)_maxRecordSize))));
        part.CopyTo(_assembly.AsSpan(_assembled));
        _assembled = end;
    }

    /// <summary>ValidXLogRecordHeader.</summary>
    private bool ValidRecordHeader(ReadOnlySpan<byte> bytes)
    {
        WalRecordHeader header = WalRecordHeader.Read(bytes)!.Value;
        if (header.TotalLength < WalRecordHeader.Size)
            Error = $"invalid record length at {_start}: wanted {WalRecordHeader.Size}, got {header.TotalLength}";
        else if (!ResourceManagers.IsValid(header.Rmgr, _major))
            Error = $"invalid resource manager ID {(byte)header.Rmgr} at {_start}";
        else if (_previous.IsValid ? header.Previous != _previous : header.Previous >= _start)
            Error = $"record with incorrect prev-link {header.Previous} at {_start}";
        else
            return true;
        return false;
    }

    /// <summary>ValidXLogRecord and DecodeXLogRecord; then the record is the one returned.</summary>
    private bool Accept()
    {
        _recordLength = (int)_total;
        WalRecordHeader header = WalRecordHeader.Read(Record)!.Value;
        if (header.Crc != WalRecordHeader.ComputeCrc(Record))
        {
            Error = $"incorrect resource manager data checksum in record at {_start}";
            return false;
        }
        Error = WalRecordFragments.Parse(Record, RecordStart, _major, _blocks, ref _fragments); // PostgreSQL 15 names the record before
        if (Error is not null)
            return false;

        if (header.IsSwitch)
        {
            _switchOwnEnd = _end;
            ulong size = (ulong)_segmentSize;
            _end = new Lsn((_end.Value + size - 1) / size * size);
        }
        _header = header;
        RecordStart = _start;
        RecordEnd = NextRecordPosition = _end;
        _previous = _start;
        return true;
    }
}
