using System.Diagnostics;
using System.Globalization;
using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.WalWriter;

/// <summary>Checkpoints of a primary, and the one writer of pg_control while there is one.</summary>
/// <remarks>A log cluster has no pages: a checkpoint is its record, flushed, then pg_control, durable, then old WAL released, in this order.
/// Answers to CreateCheckPoint, PostgreSQL 15, src/backend/access/transam/xlog.c; DESIGN §9, Checkpoint.</remarks>
internal sealed class Checkpointer
{
    private const ulong MostRecordBytes = 256; // of the checkpoint's record

    private readonly SharedSegment _segment;
    private readonly WalControl _wal;
    private readonly DataDirectory _data;
    private readonly ServerLog _log;
    private readonly WalInserter _inserter;
    private readonly Action<Lsn> _flush;
    private readonly WalPositions _positions;
    private readonly TimelineId _timeline;
    private readonly OldSegments _old;
    private readonly KeptWal _kept;
    private readonly Action<ulong> _removed;
    private readonly WalRecordBuilder _builder = new();
    private ControlFileData _control;

    /// <param name="segment">After the hand-over by startup.</param>
    /// <param name="inserter">Of this process.</param>
    /// <param name="flush">Makes everything before the position durable.</param>
    /// <param name="kept">What slots and the archive need.</param>
    /// <param name="removed">Told after each removal: number of the first segment that was kept.</param>
    /// <exception cref="PgException">pg_control cannot be read.</exception>
    public Checkpointer(SharedSegment segment, DataDirectory data, ServerLog log, WalInserter inserter, Action<Lsn> flush, KeptWal kept, Action<ulong> removed)
    {
        _segment = segment;
        _wal = segment.Wal;
        _data = data;
        _log = log;
        _inserter = inserter;
        _flush = flush;
        _positions = new WalPositions(segment.Recovery.SegmentSize.Value);
        _timeline = new TimelineId((uint)_wal.Timeline.Value);
        _kept = kept;
        _removed = removed;
        _old = new OldSegments(data, _positions.SegmentSize, log);
        _control = ControlFile.Read(data);
    }

    /// <summary>Redo of the durable control file.</summary>
    public Lsn Redo => _control.Checkpoint.Redo;

    /// <summary>Nothing was inserted since the last checkpoint's record.</summary>
    public bool IsIdle => _wal.PreviousRecord.Value == _control.CheckpointLocation;

    /// <summary>The record fits into what is allocated; nobody else may fill the last bytes of that.</summary>
    public bool HasRoom =>
        _positions.EndFromUsableBytes(_wal.InsertPosition.Value.Value + MostRecordBytes) <= _wal.AllocatedUpTo.Value;

    /// <summary>XLogCheckpointNeeded: as much WAL as max_wal_size allows has come since the last one.</summary>
    public bool IsDueByVolume(Lsn end, long maxWalBytes) =>
        end.Value / (ulong)_positions.SegmentSize - Redo.Value / (ulong)_positions.SegmentSize
        >= (ulong)Math.Max(1, OldSegments.CheckpointSegments(maxWalBytes, _positions.SegmentSize) - 1);

    /// <summary>Writes one checkpoint and releases WAL before it. Only with <see cref="HasRoom"/>.</summary>
    /// <param name="shutdown">The last record of this run: nobody else inserts any more.</param>
    /// <param name="reason">For the log: time, wal, immediate.</param>
    /// <param name="segmentsAdded">For the log.</param>
    /// <exception cref="PgException">Nobody knows what is on disk: crash.</exception>
    public void Write(bool shutdown, string reason, SettingValues settings, int segmentsAdded)
    {
        long started = Stopwatch.GetTimestamp();
        _log.Log($"checkpoint starting: {reason}");
        if (shutdown && _control.State != DatabaseState.ShuttingDown)
            ControlFile.Write(_data, _control = _control with { State = DatabaseState.ShuttingDown });
        string run = shutdown ? "shutdown" : "checkpoint";
        CrashPoint.Reached(run, "1");

        _kept.SaveSlots();
        Checkpoint checkpoint = Begin(shutdown);
        CrashPoint.Reached(run, "2");
        checkpoint.Build(_builder, shutdown);
        (Lsn start, Lsn end) = _inserter.Insert(_builder);
        _flush(end);
        CrashPoint.Reached(run, "3");
        if (shutdown && start != checkpoint.Redo)
            throw new PgException(SqlStates.InternalError, "concurrent write-ahead log activity while database system is shutting down");

        Lsn priorRedo = Redo;
        _control = _control with
        {
            State = shutdown ? DatabaseState.ShutDown : _control.State,
            CheckpointLocation = start,
            Checkpoint = checkpoint,
            MinRecoveryPoint = Lsn.Invalid, // crash recovery goes to the end of WAL
            MinRecoveryPointTimeline = default,
        };
        ControlFile.Write(_data, _control);
        CrashPoint.Reached(run, "4");
        _wal.Redo.Value = checkpoint.Redo;
        if (priorRedo.IsValid)
            _old.SawCheckpointDistance(checkpoint.Redo.BytesSince(priorRedo));
        ReleaseOldSegments(end, settings);
        CrashPoint.Reached(run, "5");
        _log.Log(string.Create(CultureInfo.InvariantCulture,
            $"checkpoint complete: {segmentsAdded} WAL file(s) added, {_old.Removed} removed, {_old.Recycled} recycled; total={Stopwatch.GetElapsedTime(started).TotalSeconds:0.000} s; distance={checkpoint.Redo.BytesSince(priorRedo) / 1024} kB; lsn={start}, redo lsn={checkpoint.Redo}"));
    }

    /// <summary>Fixes the redo point: what is inserted from now on is replayed after this checkpoint.</summary>
    private Checkpoint Begin(bool shutdown)
    {
        _wal.InsertLock.Enter();
        ulong usable = _wal.InsertPosition.Value.Value, nextXid = (ulong)_wal.NextXid.Value;
        _wal.InsertLock.Leave();
        ulong oldestXid = nextXid;
        foreach (ProcessSlot slot in _segment.Slots)
        {
            ulong xid = (ulong)slot.BackendXid.Value;
            if (xid != 0 && xid < oldestXid)
                oldestXid = xid;
        }
        return _control.Checkpoint with
        {
            Redo = _positions.StartFromUsableBytes(usable),
            Timeline = _timeline,
            PreviousTimeline = _timeline,
            NextXid = nextXid,
            OldestXid = (uint)oldestXid,
            OldestActiveXid = shutdown ? 0 : (uint)oldestXid,
            Time = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
        };
    }

    private void ReleaseOldSegments(Lsn end, SettingValues settings)
    {
        ulong keep = _kept.FirstToKeep(Redo, end, WalRetention.Of(settings, _positions.SegmentSize));
        ulong last = _old.LastWorthHaving(Redo, settings.Bytes("min_wal_size"), settings.Bytes("max_wal_size"));
        _old.Recycle(keep, _wal.AllocatedUpTo.Value.Value / (ulong)_positions.SegmentSize, last, _timeline, MayBeInFlight);
        _removed(keep);
    }

    /// <summary>A stream whose peer has not reported the segment's end as written may have its pages in the socket.</summary>
    private bool MayBeInFlight(Lsn segmentEnd)
    {
        for (int i = SharedSegment.FirstWalSenderSlot; i < _segment.Slots.Length; i++)
            if (_segment.Slots[i].SenderState.Value != (int)WalSenderState.None && _segment.Slots[i].PeerWritten.Value < segmentEnd)
                return true;
        return false;
    }
}
