namespace Pgrepl.Wal;

/// <summary>What <see cref="WalReader.Read"/> came to.</summary>
public enum WalReadStatus
{
    /// <summary>A whole, valid record.</summary>
    Record,

    /// <summary>The source has not got enough bytes yet: call again, it goes on where it stopped.</summary>
    NotYet,

    /// <summary>No valid record there: the end of WAL, or damage. <see cref="WalReader.Error"/> says what; the next call tries the same place again.</summary>
    Invalid,
}

/// <summary>Reads WAL record by record and believes nothing: every check of PostgreSQL's reader, with its messages word for word.</summary>
/// <remarks>The reader is the record that it read last: that is valid until the next call of any method here, and empty unless the last Read returned one.
/// Steady state allocates nothing: a record inside one page is read where it lies, one that crosses pages is put together in a buffer that is kept
/// and grows only as bytes really arrive. After <see cref="WalReadStatus.NotYet"/> in the middle of a record, pages that are done are not read again.
/// What is forged or torn ends reading where it ends PostgreSQL's of that major, told in the words of 15: an error in a record's fragments names the record before (ReadRecPtr),
/// and <see cref="ErrorPosition"/> the record. One thing differs: no byte is looked at before the source has given it. Files: this one the state and the loop, <c>.Page</c> pages, <c>.Record</c> one record, <c>.InPage</c> the same for one that needs no other page, <c>.Find</c> the search for a start.
/// Source of truth: XLogReaderState and XLogDecodeNextRecord, PostgreSQL 15, src/backend/access/transam/xlogreader.c.</remarks>
public sealed partial class WalReader : DecodedWalRecord
{
    private enum Step
    {
        Done,
        Again,
        NotYet,
        Failed,
    }

    private enum Stage
    {
        Idle,
        FirstPage,
        Continuation,
    }

    private readonly IWalPageSource _source;
    private readonly int _segmentSize;
    private readonly ulong _systemId;
    private readonly int _maxRecordSize;

    private Stage _stage;
    private Lsn _position;    // where the record in work was looked for; a page's first byte when its header is still to be skipped
    private Lsn _start;       // of the record in work, header skipped
    private Lsn _end;         // of the record in work
    private Lsn _switchOwnEnd;
    private Lsn _previous;    // DecodeRecPtr: the record before, which xl_prev must name; invalid after BeginRead

    /// <param name="source">Where pages come from.</param>
    /// <param name="major">Whose WAL it is.</param>
    /// <param name="segmentSize">Bytes; must be what the long page headers say.</param>
    /// <param name="systemId">Must be what the long page headers say; 0: not checked.</param>
    /// <param name="maxRecordSize">Bytes: no more of one record are put together, however many the pages bring.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not a segment size.</exception>
    public WalReader(IWalPageSource source, PostgresMajor major, int segmentSize, ulong systemId, int maxRecordSize = WalRecordBuilder.MaxRecordSize)
        : base(major)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(major);
        if (!WalFormat.IsValidSegmentSize(segmentSize))
            throw new ArgumentOutOfRangeException(nameof(segmentSize), segmentSize, "a WAL segment is a power of two between 1 MB and 1 GB");
        _source = source;
        _segmentSize = segmentSize;
        _systemId = systemId;
        _maxRecordSize = maxRecordSize;
        _record = _page;
        _blocks = new WalBlock[WalRecordFragments.MaximumBlockId + 1];
    }

    /// <summary>After Invalid: PostgreSQL's message, or the source's; <see langword="null"/>: the source ended without an error.</summary>
    public string? Error { get; private set; }

    /// <summary>After Invalid: start of the record that could not be read. A page's first byte when not even its header was good.</summary>
    public Lsn ErrorPosition { get; private set; }

    /// <summary>End of the last record's own bytes, aligned: before <see cref="DecodedWalRecord.RecordEnd"/> for XLOG_SWITCH, which goes on to its segment's end.</summary>
    public Lsn RecordOwnEnd => Header.IsSwitch ? _switchOwnEnd : RecordEnd;

    /// <summary>Where the next Read starts: end of the last record, or what BeginRead said.</summary>
    public Lsn NextRecordPosition { get; private set; }

    /// <summary>After Invalid: a record that crosses pages and is not whole (abortedRecPtr); else invalid.</summary>
    public Lsn AbortedRecord { get; private set; }

    /// <summary>The page on which <see cref="AbortedRecord"/> does not go on (missingContrecPtr): where an OVERWRITE_CONTRECORD has its place.</summary>
    public Lsn MissingContrecord { get; private set; }

    /// <summary>XLogBeginRead: the next Read returns the record at exactly that position.</summary>
    /// <param name="recordStart">A record's start, or a page's first byte when a record starts right behind its header.</param>
    /// <param name="previousRecord">Start of the record before, which the backlink must name; invalid: any earlier one will do.</param>
    public void BeginRead(Lsn recordStart, Lsn previousRecord = default)
    {
        if (!recordStart.IsValid)
            throw new ArgumentOutOfRangeException(nameof(recordStart), recordStart, "no WAL starts there");
        _stage = Stage.Idle;
        NextRecordPosition = recordStart;
        RecordEnd = recordStart;
        RecordStart = Lsn.Invalid;
        _previous = previousRecord;
        ForgetRecord();
    }

    /// <summary>XLogReadRecord: the next record.</summary>
    /// <exception cref="InvalidOperationException">No BeginRead before.</exception>
    public WalReadStatus Read()
    {
        if (ReadInPage())
            return WalReadStatus.Record;
        if (_stage == Stage.Idle)
            StartRecord();

        Step step;
        do
            step = _stage == Stage.FirstPage ? ReadFirstPage() : ReadContinuation();
        while (step == Step.Again);

        if (step == Step.NotYet)
            return WalReadStatus.NotYet;
        if (step == Step.Failed || !Accept())
            return Fail();
        _stage = Stage.Idle;
        return WalReadStatus.Record;
    }

    /// <summary>XLogReaderInvalReadState: forgets what was read of pages, so that it is asked for again; a record half read starts over.</summary>
    public void Invalidate()
    {
        _stage = Stage.Idle;
        ForgetRecord();
        ForgetPages();
    }

    private void StartRecord()
    {
        if (!NextRecordPosition.IsValid)
            throw new InvalidOperationException("BeginRead must come first");
        ForgetRecord();
        _position = NextRecordPosition;
        _start = _position;
        _stage = Stage.FirstPage;
    }

    private WalReadStatus Fail()
    {
        if (_stage == Stage.Continuation)
        {
            AbortedRecord = _start;
            MissingContrecord = _continuation;
        }
        ErrorPosition = _start;
        _stage = Stage.Idle;
        _recordLength = 0;
        _fragments = WalRecordFragments.None;
        ForgetPages();
        return WalReadStatus.Invalid;
    }

    /// <summary>What the last Read had to tell besides the record.</summary>
    private void ForgetNews()
    {
        Error = null;
        ErrorPosition = AbortedRecord = MissingContrecord = OverwrittenRecord = Lsn.Invalid;
    }

    private void ForgetRecord()
    {
        ForgetNews();
        _recordOffset = _recordLength = 0;
        _fragments = WalRecordFragments.None;
    }

    private Step Reject(string error)
    {
        Error = error;
        return Step.Failed;
    }
}
