using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.WalWriter;

/// <summary>The walwriter child: on a standby it releases old segments; from RecoveryDone on it owns WAL.</summary>
/// <remarks>Answers to WalWriterMain and CheckpointerMain, PostgreSQL 15, src/backend/postmaster/walwriter.c, checkpointer.c.</remarks>
internal sealed class WalWriterProcess(ChildProcess process)
{
    private const int RecoveryLookMilliseconds = 10_000;

    private readonly RecoveryControl _recovery = process.Segment.Recovery;
    private readonly WalControl _wal = process.Segment.Wal;
    private readonly Archiver _archiver = new(process);
    private KeptWal? _keptWal;
    private readonly bool _isRelay = RelayFile.Exists(process.Data);
    private RelayKeeper? _relay;
    private Lsn _releasedFor;
    private ulong _releasedUpTo;

    private KeptWal Kept => _keptWal ??= new KeptWal(process.Segment, process.Data, process.Log, process.LatchOf, _archiver.FirstNeeded);

    /// <returns>The exit code: 0 at the shutdown that was asked for.</returns>
    public int Run()
    {
        try
        {
            CrashPoint.Reached("walwriter-1");
            PublishSyncStandbysDefined();
            if (!WaitForRecoveryDone())
                return 0;
            using PrimaryWalWriter primary = new(process, Kept, _archiver, PublishSyncStandbysDefined);
            primary.Run();
            return 0;
        }
        catch (PgException error)
        {
            // What a write or fdatasync that failed has left on disk, only recovery can tell.
            process.Panic(error);
            throw;
        }
    }

    /// <returns>False: the node stops while still in recovery.</returns>
    private bool WaitForRecoveryDone()
    {
        while (true)
        {
            process.Latch.Reset();
            if (process.Loop.ReloadRequested && process.RefreshSettings())
                PublishSyncStandbysDefined();
            if (_recovery.RecoveryDone.Value != 0)
                return true;
            if (process.Loop.User2Requested)
            {
                Kept.SaveSlots();
                _relay?.Store();
                _archiver.ShutDown();
                return false;
            }
            _archiver.Turn();
            ReleaseOldSegments();
            process.Loop.Wait(_archiver.Patience(LookMilliseconds()), _archiver.Descriptor, PollEvents.Readable);
        }
    }

    /// <summary>A short age wants a closer look.</summary>
    private int LookMilliseconds() => _isRelay && RelayKeep.Of(process.Settings).Age is { Ticks: > 0 } age
        ? (int)Math.Clamp(age.TotalMilliseconds / 8, 250, RecoveryLookMilliseconds)
        : RecoveryLookMilliseconds;

    /// <summary>After a restart point, when pg_control is durable with a later redo; on a relay also when time or a reload lets go of WAL, or a slot that is gone.</summary>
    private void ReleaseOldSegments()
    {
        Lsn redo = _recovery.Redo.Value;
        int segmentSize = _recovery.SegmentSize.Value;
        if (!redo.IsValid || (redo == _releasedFor && !_isRelay) || segmentSize == 0)
            return;
        Lsn end = Lsn.Max(process.Segment.Receiver.Flushed.Value, _recovery.Replayed.Value);
        if (end < redo)
            return; // startup has just begun
        if (redo != _releasedFor)
            Kept.SaveSlots();
        WalRetention retention = WalRetention.Of(process.Settings, segmentSize);
        if (_isRelay)
            retention = retention with { KeepFrom = KeptForWhoeverComes(end, segmentSize) };
        ulong firstToKeep = Kept.FirstToKeep(redo, end, retention);
        if (redo != _releasedFor || firstToKeep > _releasedUpTo)
        {
            new OldSegments(process.Data, segmentSize, process.Log).Remove(firstToKeep);
            _archiver.Forget(firstToKeep);
        }
        _releasedFor = redo;
        _releasedUpTo = firstToKeep;
    }

    private ulong KeptForWhoeverComes(Lsn end, int segmentSize)
    {
        _relay ??= new RelayKeeper(process.Data, segmentSize, process.Log);
        ulong keepFrom = _relay.FirstToKeep(end, RelayKeep.Of(process.Settings));
        process.Segment.ReplicationSlots.RelayKeepsFrom.Value = keepFrom == ulong.MaxValue ? 0 : (long)keepFrom;
        return keepFrom;
    }

    /// <summary>SyncRepUpdateSyncStandbysDefined: when the list becomes empty, whoever waits looks again and goes.</summary>
    private void PublishSyncStandbysDefined()
    {
        int defined = SynchronousStandbyNames.AreDefined(process.Settings) ? 1 : 0;
        if (_wal.SyncStandbysDefined.Exchange(defined) == 0 || defined != 0)
            return;
        for (int i = SharedSegment.FirstWalSenderSlot; i < process.Segment.Slots.Length; i++)
            process.LatchOf(i).Set();
    }
}
