using System.Text;
using Pgrepl.Shared;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;
using Pgrepl.WalReceiver.Repair;

namespace Pgrepl.WalReceiver;

// WAL that upstream no longer has: from restore_command, then from a peer. It is judged, compared and written as what upstream sends.
internal sealed partial class Receiver
{
    private const int PieceSize = 128 * 1024;

    private RestoreCommand Restore => new(process, CheckInterrupts);

    /// <summary>More WAL is here when it returns.</summary>
    /// <exception cref="PgException">58P01: nobody has it; the detail says who was asked and what each said. Upstream's own error when there was nobody else to ask.</exception>
    /// <exception cref="GapStillOpenException">The same, and it is logged already.</exception>
    private void FillGap(WalRemovedException removed)
    {
        GapAnswers answers = new();
        answers.Add($"The upstream server at {Conninfo.ServerOf(_conninfo)}", removed.Message);
        Lsn before = _wal!.LastRecord.End;
        _connection?.Dispose();
        _connection = null;
        OpenWal();
        RestoreSegments(answers);
        if (_wal.LastRecord.End == before)
            StreamFromPeer(answers);
        if (_wal.LastRecord.End != before)
        {
            _control.ReportedGap.Value = 0;
            return;
        }
        if (answers.Count == 1)
            throw removed.InnerException!;
        Report(answers);
    }

    /// <summary>Startup has nobody to stream from.</summary>
    private int RestoreWithoutUpstream()
    {
        OpenWal();
        RestoreSegments(new GapAnswers());
        return 0;
    }

    /// <summary>As PostgreSQL, a standby whose upstream is away takes what the archive has.</summary>
    private Upstream ConnectOrRestore()
    {
        try
        {
            return Connect(_conninfo, _slotName);
        }
        catch (PgException) when (Restore.IsSet)
        {
            OpenWal();
            RestoreSegments(new GapAnswers());
            throw;
        }
    }

    /// <summary>Takes segment after segment from the archive, until it has no more.</summary>
    /// <param name="answers">Gets why it ended.</param>
    private void RestoreSegments(GapAnswers answers)
    {
        if (!Restore.IsSet)
            return;
        string? why;
        do
            why = RestoreSegment();
        while (why is null);
        answers.Add("restore_command", why);
    }

    /// <returns>Why no more is to be had; <see langword="null"/>: a whole segment came.</returns>
    private string? RestoreSegment()
    {
        Lsn at = _wal!.Received;
        TimelineHistory history = TimelineHistoryFiles.Read(process.Data, TimelineHistoryFiles.FindNewest(process.Data, _timeline));
        if (!history.Contains(_timeline))
            history = TimelineHistory.Single(_timeline);
        Lsn end = WalSegment.Containing(at, _timeline, _segmentSize).End(_segmentSize), timelineEnd = history.SwitchPoint(_timeline, out _);
        if (timelineEnd.IsValid && timelineEnd <= at)
            return $"timeline {_timeline} ends at {timelineEnd}";
        string why = "";
        foreach (TimelineHistory.Entry entry in history.Entries) // the newest first: its segment begins with the older one's bytes
        {
            if (entry.Timeline < _timeline || (entry.Begin.IsValid && entry.Begin >= end))
                continue;
            string name = WalSegment.Containing(at, entry.Timeline, _segmentSize).FileName(_segmentSize);
            if (Restore.Fetch(name, WalSegment.Containing(_control.ValidFrom.Value, _timeline, _segmentSize).FileName(_segmentSize)) is not { } failure)
                return Take(name, at, timelineEnd.IsValid ? Lsn.Min(end, timelineEnd) : end);
            why += $"{name} {failure}. ";
        }
        return why.TrimEnd(' ', '.');
    }

    /// <param name="end">Bytes of the restored file from here on are not of this timeline.</param>
    /// <returns>Why it is of no use; <see langword="null"/>: all of it was taken.</returns>
    private string? Take(string name, Lsn at, Lsn end)
    {
        try
        {
            using FileStream file = new(Restore.File, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length != _segmentSize)
                return $"archive file \"{name}\" has wrong size: {file.Length} instead of {_segmentSize}";
            byte[] piece = new byte[PieceSize];
            _wal!.CatchingUp = true;
            while (at < end)
            {
                Span<byte> bytes = piece.AsSpan(0, (int)Math.Min(PieceSize, end.BytesSince(at)));
                file.ReadExactly(bytes);
                _wal.Receive(at, bytes);
                at += (ulong)bytes.Length;
                CheckInterrupts();
            }
            _wal.Sync();
            Publish();
            process.Log.Log($"restored log file \"{name}\" from archive");
            return null;
        }
        catch (Exception error) when (error is BadWalException or IOException or PgException { SqlState: SqlStates.DataCorrupted })
        {
            OpenWal(); // what was good in it stays
            return $"archive file \"{name}\" cannot be used: {error.Message}";
        }
        finally
        {
            File.Delete(Restore.File);
        }
    }

    /// <summary>Asks all peers at once, and streams from the first that has it until nothing is missing there; then upstream is asked again.</summary>
    private void StreamFromPeer(GapAnswers answers)
    {
        string[] peers = process.Settings.List("pgrepl.peers");
        if (peers.Length == 0)
            return;
        PeerSearch search = new(process, new WantedWal(_systemId, _timeline, _start, _wal!.LastRecord.End), CheckInterrupts);
        string? peer = search.Ask(peers);
        foreach ((string name, string refusal) in search.Refusals)
            answers.Add($"Peer {name}", refusal);
        if (peer is null)
            return;
        try
        {
            process.Log.Log($"streaming WAL that upstream no longer has from peer {Conninfo.ServerOf(peer)} at {_start} on timeline {_timeline}");
            _connection = Connect(peer, "");
            CheckUpstream();
            OpenWal(); // the archive may have brought a part that has no whole record
            _control.LatestEnd.Value = Lsn.Invalid;
            if (Connected.StartStreaming("", _start, _timeline))
                StreamUntilEnd(enough: () => _control.LatestEnd.Value is { IsValid: true } end && _wal.Flushed >= end);
        }
        catch (Exception error) when (error is PgException or BadWalException or WalRemovedException)
        {
            answers.Add($"Peer {Conninfo.ServerOf(peer)}", error.Message);
        }
        finally
        {
            _wal.Sync();
            Publish();
            _connection?.Dispose();
            _connection = null;
        }
    }

    /// <summary>Once, as long as everybody says the same.</summary>
    private void Report(GapAnswers answers)
    {
        string detail = answers.ToString();
        int hash = (int)Crc32C.Compute(Encoding.UTF8.GetBytes(detail));
        if (_control.ReportedGap.Exchange(hash) == hash)
            throw new GapStillOpenException();
        string segment = WalSegment.Containing(Lsn.Max(_wal!.LastRecord.End, _start), _timeline, _segmentSize).FileName(_segmentSize);
        throw new PgException(SqlStates.UndefinedFile, $"could not find WAL segment {segment} anywhere", detail,
            "Put it where restore_command finds it, or add a node that has it to pgrepl.peers: streaming goes on by itself.");
    }
}
