using Pgrepl.Shared;
using Pgrepl.Wal;

namespace Pgrepl.WalReceiver;

/// <summary>Reads every record that is received, before it is written.</summary>
internal sealed class WalJudge
{
    private const string OutOfMemory = "53200";

    private readonly WalReader _reader;
    private readonly SwitchTail _tail;
    private readonly PostgresMajor _major;
    private readonly Lsn _start;
    private readonly TimelineId _timeline;
    private bool _searching;

    /// <param name="major">Whose WAL it is.</param>
    /// <param name="start">Where the first record starts; with <paramref name="search"/> any position, and the first record is looked for from there on.</param>
    /// <param name="previousRecord">Which the first record's backlink must name; invalid: unknown.</param>
    public WalJudge(IWalPageSource pages, PostgresMajor major, int segmentSize, ulong systemId, TimelineId timeline, Lsn start, Lsn previousRecord, bool search)
    {
        _reader = new WalReader(pages, major, segmentSize, systemId);
        _tail = new SwitchTail(pages);
        _major = major;
        _start = start;
        _timeline = timeline;
        _searching = search;
        if (!search)
        {
            ValidEnd = start;
            LastRecord = previousRecord;
            _reader.BeginRead(start, previousRecord);
        }
    }

    /// <summary>End of the last whole valid record; beyond what is received after a segment switch. Invalid: none found yet.</summary>
    public Lsn ValidEnd { get; private set; }

    /// <summary>Start of the record that ends at <see cref="ValidEnd"/>; invalid: none yet.</summary>
    public Lsn LastRecord { get; private set; }

    /// <summary>Time in the last commit record before <see cref="ValidEnd"/>, TimestampTz; 0: none yet.</summary>
    public long LastCommitTime { get; private set; }

    /// <summary>Next transaction id in the last checkpoint record before <see cref="ValidEnd"/>, 64 bits; 0: none yet.</summary>
    public ulong CheckpointXid { get; private set; }

    /// <summary>Goes on as far as there are bytes.</summary>
    /// <exception cref="BadWalException">There is something else than valid WAL.</exception>
    /// <exception cref="PgException">53200: a record that says it is larger than this process may become.</exception>
    public void Judge()
    {
        try
        {
            ReadRecords();
        }
        catch (OutOfMemoryException error)
        {
            throw new PgException(OutOfMemory, $"out of memory while reading a WAL record from upstream at {_reader.NextRecordPosition}", inner: error);
        }
    }

    private void ReadRecords()
    {
        if (_searching)
        {
            if (!_reader.FindNextRecord(_start).IsValid)
            {
                if (_reader.Error is not null)
                    throw Bad(_reader.Error);
                return;
            }
            _searching = false;
        }
        while (_tail.IsEmpty())
        {
            switch (_reader.Read())
            {
                case WalReadStatus.NotYet:
                    return;
                case WalReadStatus.Invalid:
                    throw Bad(_reader.Error ?? "WAL could not be read");
            }
            if (_reader.LatestPageTimeline > _timeline)
                throw new BadWalException(_reader.RecordStart, $"unexpected timeline ID {_reader.LatestPageTimeline} (should be {_timeline}) at {_reader.RecordStart}");
            ValidEnd = _reader.RecordEnd;
            LastRecord = _reader.RecordStart;
            if (_reader.Header.IsSwitch)
                _tail.Begin(_reader.RecordOwnEnd, _reader.RecordEnd);
            if (_reader.Header.Rmgr is ResourceManagerId.Xlog or ResourceManagerId.Transaction) // most records are of others
                NoteTransaction();
        }
    }

    private void NoteTransaction()
    {
        LastCommitTime = TransactionCommit.TimeIn(_reader) ?? LastCommitTime;
        CheckpointXid = Checkpoint.NextXidIn(_reader, _major) ?? CheckpointXid;
    }

    private BadWalException Bad(string error) => new(_reader.ErrorPosition, error);
}
