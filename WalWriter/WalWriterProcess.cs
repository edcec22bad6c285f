using Pgrepl.Shared;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Processes;
using Pgrepl.Wal;

namespace Pgrepl.WalWriter;

/// <summary>The walwriter child: on a standby it releases old segments; from RecoveryDone on it owns WAL.</summary>
/// <remarks>Answers to WalWriterMain and CheckpointerMain, PostgreSQL 15, src/backend/postmaster/walwriter.c, checkpointer.c.</remarks>
internal sealed class WalWriterProcess(ChildProcess process)
{
    private const int RecoveryLookMilliseconds = 10_000;

    private readonly RecoveryControl _recovery = process.Segment.Recovery;
    private readonly WalControl _wal = process.Segment.Wal;
    private readonly KeptWal _kept = new(process.Segment, process.Data, process.Log, process.LatchOf);
    private Lsn _releasedFor;

    /// <returns>The exit code: 0 at the shutdown that was asked for.</returns>
    public int Run()
    {
        try
        {
            PublishSyncStandbysDefined();
            if (!WaitForRecoveryDone())
                return 0;
            using PrimaryWalWriter primary = new(process, _kept, PublishSyncStandbysDefined);
            primary.Run();
            return 0;
        }
        catch (PgException error)
        {
            // What a write or fdatasync that failed has left on disk, only recovery can tell.
            process.Log.Panic(error.Detail is null ? error.Message : $"{error.Message}\nDETAIL:  {error.Detail}");
            ProcessCalls.ExitNow(2);
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
                _kept.SaveSlots();
                return false;
            }
            ReleaseOldSegments();
            process.Loop.Wait(RecoveryLookMilliseconds);
        }
    }

    /// <summary>After a restart point: pg_control is durable with a later redo.</summary>
    private void ReleaseOldSegments()
    {
        Lsn redo = _recovery.Redo.Value;
        int segmentSize = _recovery.SegmentSize.Value;
        if (!redo.IsValid || redo == _releasedFor || segmentSize == 0)
            return;
        Lsn end = Lsn.Max(process.Segment.Receiver.Flushed.Value, _recovery.Replayed.Value);
        if (end < redo)
            return; // startup has just begun
        _kept.SaveSlots();
        var old = new OldSegments(process.Data, segmentSize, process.Log);
        old.Remove(_kept.FirstToKeep(redo, end, WalRetention.Of(process.Settings, segmentSize)));
        _releasedFor = redo;
    }

    /// <summary>SyncRepUpdateSyncStandbysDefined: when the list becomes empty, whoever waits looks again and goes.</summary>
    private void PublishSyncStandbysDefined()
    {
        int defined = process.Settings["synchronous_standby_names"].Length > 0 ? 1 : 0;
        if (_wal.SyncStandbysDefined.Exchange(defined) == 0 || defined != 0)
            return;
        for (int i = SharedSegment.FirstWalSenderSlot; i < process.Segment.Slots.Length; i++)
            process.LatchOf(i).Set();
    }
}
