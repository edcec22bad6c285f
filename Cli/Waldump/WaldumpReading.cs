using System.Runtime.CompilerServices;
using Pgrepl.Shared;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Waldump;

/// <summary>One reader with its files, and the text or the counts that its records gave. One thread at a time.</summary>
internal sealed class WaldumpReading(WaldumpSettings settings, CancellationToken interrupted) : IDisposable
{
    private const int LongText = 256 << 10;     // bytes: then it is written before more is read
    private const int LongPieceText = 8 << 20;  // the same of a piece, which is to come in one
    private const int RecordsAtOnce = 64;

    private readonly WaldumpPages _pages = new(settings, interrupted);
    private readonly bool _all = settings.Filter.IsEmpty;
    private WalReader? _reader;
    private int _shown;

    /// <summary>What was counted; whoever takes it clears it.</summary>
    internal WaldumpStatistics Statistics { get; } = new();

    internal WalText Text { get; } = new(new SystemLocalTime());

    /// <summary>The first record; invalid: none was found.</summary>
    internal Lsn First { get; private set; }

    /// <summary>What the first record says of its predecessor, and the timeline of the page it was found on.</summary>
    internal Lsn BeforeFirst { get; private set; }

    internal TimelineId FirstTimeline { get; private set; }

    /// <summary>-n is reached.</summary>
    internal bool Done { get; private set; }

    /// <summary>No record follows, now.</summary>
    internal bool Ended { get; private set; }

    /// <summary>A page beyond -e was asked for: none will follow.</summary>
    internal bool EndReached => _pages.EndReached;

    /// <summary>A file could not be read.</summary>
    internal PgException? Failure { get; private set; }

    /// <summary>Start of the last record.</summary>
    internal Lsn Last => Reader.RecordStart;

    internal TimelineId LastTimeline => Reader.LatestPageTimeline;

    /// <summary>Why no record follows; <see langword="null"/>: no error.</summary>
    internal string? Error => Reader.Error;

    /// <summary>Where the next record starts, behind a page's header if it is the first there.</summary>
    internal Lsn Next => Reader.NextRecordPosition is { PageOffset: 0 } page ? page + (ulong)WalFormat.PageHeaderSize(page, settings.SegmentSize) : Reader.NextRecordPosition;

    private WalReader Reader => _reader ?? throw new InvalidOperationException("Find must come first");

    /// <summary>Looks for the first record at or after a position with a new reader, and forgets everything before.</summary>
    internal void Find(Lsn from)
    {
        Text.Clear();
        Statistics.Clear();
        (Ended, Failure, First, BeforeFirst) = (false, null, Lsn.Invalid, Lsn.Invalid);
        _reader = new WalReader(_pages, settings.Major, settings.SegmentSize, systemId: 0);
        try
        {
            First = _reader.FindNextRecord(from);
            FirstTimeline = _reader.LatestPageTimeline;
        }
        catch (PgException e)
        {
            Failure = e;
        }
    }

    /// <summary>Reads the records that start before a position; stops early when there is much text.</summary>
    internal void Read(Lsn to)
    {
        Text.Clear();
        Ended = false;
        int longText = to == Lsn.MaxValue ? LongText : LongPieceText;
        try
        {
            while (!Ended && !Done && Reader.NextRecordPosition < to && Text.Length < longText && !interrupted.IsCancellationRequested)
                ReadSome(Reader, to);
        }
        catch (PgException e)
        {
            Failure = e;
        }
    }

    public void Dispose() => _pages.Dispose();

    /// <summary>A method of its own, called often: a loop that is entered once .NET would not compile well.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadSome(WalReader reader, Lsn to)
    {
        for (int i = 0; i < RecordsAtOnce && reader.NextRecordPosition < to && !Done; i++)
        {
            Ended = reader.Read() != WalReadStatus.Record;
            if (Ended)
                return;
            if (!BeforeFirst.IsValid)
                BeforeFirst = reader.Header.Previous;
            if (!_all && !settings.Filter.Matches(reader))
                continue;
            if (!settings.Quiet)
                Show(reader);
            Done = ++_shown == settings.Limit;
        }
    }

    private void Show(WalReader reader)
    {
        if (settings.Statistics)
            Statistics.Count(reader);
        else
            RecordLine.Append(reader, settings.BlockDetails, Text);
    }
}
