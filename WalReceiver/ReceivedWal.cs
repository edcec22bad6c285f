using Pgrepl.Shared;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.WalReceiver;

/// <summary>One stream's WAL on its way to disk: compared with what is there, judged, written, made durable, in this order.</summary>
/// <remarks>Answers to XLogWalRcvWrite and XLogWalRcvFlush, PostgreSQL 15, src/backend/replication/walreceiver.c, which believe what they receive.
/// Files are in <c>.Files</c>.</remarks>
internal sealed partial class ReceivedWal : IDisposable
{
    private readonly DataDirectory _data;
    private readonly int _segmentSize;
    private readonly TimelineId _timeline;
    private readonly Lsn _validFrom;
    private readonly Lsn _writeFrom; // bytes below are on disk already and are compared
    private readonly Action<Exception> _panic;
    private readonly SegmentPageSource _disk;
    private readonly ReceivedPages _pages;
    private readonly WalJudge _judge;
    private readonly byte[] _page = new byte[WalFormat.PageSize];

    /// <param name="major">Whose WAL it is.</param>
    /// <param name="start">Where the stream starts: a segment's start.</param>
    /// <param name="validFrom">End of the last valid record on disk, durable below: received bytes below must be the same. Invalid or <paramref name="start"/>:
    /// nothing is there.</param>
    /// <param name="previousRecord">Start of the record that ends at <paramref name="validFrom"/>; invalid: we have no record yet, so bytes below
    /// <paramref name="validFrom"/> (where the first one that matters starts) are written like all others.</param>
    /// <param name="panic">Takes a failed fdatasync and ends the process.</param>
    /// <exception cref="PgException">The timeline's history file cannot be read.</exception>
    public ReceivedWal(DataDirectory data, PostgresMajor major, int segmentSize, ulong systemId, TimelineId timeline, Lsn start, Lsn validFrom, Lsn previousRecord, Action<Exception> panic)
    {
        _data = data;
        _segmentSize = segmentSize;
        _timeline = timeline;
        _validFrom = Lsn.Max(start, validFrom);
        _writeFrom = previousRecord.IsValid ? _validFrom : start;
        _panic = panic;
        _disk = new SegmentPageSource(data, segmentSize, TimelineHistoryFiles.Read(data, timeline));
        _pages = new ReceivedPages(_disk, timeline);
        _pages.Begin(start);
        _judge = new WalJudge(_pages, major, segmentSize, systemId, timeline, _validFrom, previousRecord, search: _validFrom == start && !previousRecord.IsValid);
        Written = Flushed = _writeFrom;
        Validated = _judge.ValidEnd;
        LastRecord = (_judge.LastRecord, _judge.ValidEnd);
    }

    /// <summary>End of what this upstream has sent: below it we and it have the same bytes.</summary>
    public Lsn Received => _pages.End;

    /// <summary>End of what is handed to the kernel.</summary>
    public Lsn Written { get; private set; }

    /// <summary>End of what is durable; an incomplete record may be its last.</summary>
    public Lsn Flushed { get; private set; }

    /// <summary>End of the last whole valid record that is durable; invalid: none yet.</summary>
    public Lsn Validated { get; private set; }

    /// <summary>The last record that is valid and durable with all of its extent; both invalid: none yet.</summary>
    public (Lsn Start, Lsn End) LastRecord { get; private set; }

    /// <summary>Time in the last commit record before <see cref="Validated"/>, TimestampTz; 0: none came yet.</summary>
    public long LastCommitTime { get; private set; }

    /// <summary>Next transaction id in the last checkpoint record, 64 bits; 0: none came yet.</summary>
    public ulong CheckpointXid => _judge.CheckpointXid;

    /// <summary>True: much is still to come, so new segments need not be prepared for small durable writes.</summary>
    public bool CatchingUp { get; set; }

    /// <summary>Takes the next bytes of the stream.</summary>
    /// <exception cref="BadWalException">They are not valid WAL; what came before it is durable.</exception>
    /// <exception cref="PgException">08P01: not the next bytes. XX001: they differ from what is on disk. 53100 and its kin: cannot be written.</exception>
    public void Receive(Lsn at, ReadOnlySpan<byte> bytes)
    {
        if (at != _pages.End)
            throw new PgException(SqlStates.ProtocolViolation, $"invalid WAL message received from primary: it starts at {at} instead of {_pages.End}");
        Lsn end = at + (ulong)bytes.Length;
        _pages.Append(bytes);
        if (at < _writeFrom)
            Compare(at, bytes[..(int)Lsn.Min(end, _writeFrom).BytesSince(at)]);
        Lsn from = Lsn.Max(at, _writeFrom);
        if (end <= _validFrom)
        {
            if (end > from)
                Write(from, bytes[(int)from.BytesSince(at)..]);
            _pages.ForgetBefore(end.PageStart);
            return;
        }

        try
        {
            _judge.Judge();
        }
        catch (BadWalException bad)
        {
            if (bad.Position > from)
                Write(from, bytes[(int)from.BytesSince(at)..(int)bad.Position.BytesSince(at)]);
            Sync();
            throw;
        }
        Write(from, bytes[(int)from.BytesSince(at)..]);
        _pages.ForgetBefore(Lsn.Min(_pages.Wanted, end.PageStart));
    }

    /// <summary>Makes durable what is written.</summary>
    public void Sync()
    {
        if (Written <= Flushed)
            return;
        CrashPoint.Reached("receive-1");
        try
        {
            _file!.SyncData();
        }
        catch (PgException error)
        {
            _panic(error); // never tried again in place
            throw;
        }
        CrashPoint.Reached("receive-2");
        Flushed = Written;
        Validated = Lsn.Max(Validated, Lsn.Min(_judge.ValidEnd, Flushed));
        if (_judge.ValidEnd <= Flushed)
            LastRecord = (_judge.LastRecord, _judge.ValidEnd);
        LastCommitTime = _judge.LastCommitTime; // only a switch can end beyond what is flushed
    }

    public void Dispose()
    {
        _file?.Dispose();
        _disk.Dispose();
    }

    /// <summary>What we have said to be durable must be what upstream has: otherwise there are two histories on one timeline.</summary>
    private void Compare(Lsn at, ReadOnlySpan<byte> received)
    {
        while (!received.IsEmpty)
        {
            Lsn pageStart = at.PageStart;
            int part = Math.Min(received.Length, WalFormat.PageSize - at.PageOffset);
            WalPageResult result = _disk.ReadPage(pageStart, at.PageOffset + part, at, _page);
            if (result.Status != WalPageStatus.Available)
                throw new PgException(SqlStates.DataCorrupted, $"could not compare WAL from upstream with our own at {at} on timeline {_timeline}", result.Error);
            ReadOnlySpan<byte> own = _page.AsSpan(at.PageOffset, part);
            int same = own.CommonPrefixLength(received[..part]);
            if (same < part)
                throw new PgException(SqlStates.DataCorrupted, $"WAL from upstream differs from our own at {at + (ulong)same} on timeline {_timeline}",
                    $"Upstream has {Shown(received[same..part])}, we have {Shown(own[same..])}.",
                    "Two servers have written this timeline, or upstream was restored from an old backup: decide which bytes count. Nothing was overwritten here.");
            received = received[part..];
            at += (ulong)part;
        }
    }

    private static string Shown(ReadOnlySpan<byte> bytes) => Convert.ToHexString(bytes[..Math.Min(8, bytes.Length)]);
}
