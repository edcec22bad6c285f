using Pgrepl.Shared;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;
using Pgrepl.Shared.Protocol;
using Pgrepl.Wal;

namespace Pgrepl.WalSender.SyncRep;

/// <summary>How a wait for standbys ended.</summary>
internal enum WaitOutcome
{
    /// <summary>The standbys have confirmed, or none had to be waited for: acknowledge.</summary>
    Granted,

    /// <summary>The user cancelled: send the warning, then acknowledge.</summary>
    Canceled,

    /// <summary>The connection is being ended: send the warning, acknowledge nothing, end the session.</summary>
    Terminated,
}

/// <summary>The waiting side: a commit that is durable here waits until standbys have it, as synchronous_commit and synchronous_standby_names ask.</summary>
/// <remarks>Source of truth: SyncRepWaitForLSN, PostgreSQL 15, src/backend/replication/syncrep.c; there the local flush is over when it is called.</remarks>
internal static class SynchronousReplication
{
    private const string NotReplicated = "The transaction has already committed locally, but might not have been replicated to the standby.";

    /// <param name="synchronousCommit">Canonical value of the setting.</param>
    public static SyncWaitMode ModeOf(string synchronousCommit) => synchronousCommit switch
    {
        "on" => SyncWaitMode.Flush,
        "remote_write" => SyncWaitMode.Write,
        "remote_apply" => SyncWaitMode.Apply,
        _ => SyncWaitMode.None,
    };

    /// <summary>Whether a commit waits for standbys.</summary>
    public static bool IsAskedFor(ChildProcess process, SyncWaitMode mode) => mode != SyncWaitMode.None && process.Segment.Wal.SyncStandbysDefined.Value != 0;

    /// <summary>Call it when the local flush was asked for; what is granted is acknowledged when that is done too.</summary>
    /// <param name="end">End of the record to wait for.</param>
    /// <param name="isCommit">False: no commit record, so no standby says when it is applied; its flush is waited for instead.</param>
    public static WaitOutcome Wait(ChildProcess process, Lsn end, SyncWaitMode mode, bool isCommit = true)
    {
        if (mode == SyncWaitMode.Apply && !isCommit)
            mode = SyncWaitMode.Flush;
        if (!IsAskedFor(process, mode))
            return WaitOutcome.Granted;
        CrashPoint.Reached("commit-1");
        ProcessSlot self = process.Slot;
        SharedLsn granted = process.Segment.Wal.SyncLsn[(int)mode];
        self.WaitMode.Value = (int)mode;
        self.WaitSync.Exchange(end); // a full fence: whoever grants after our look at SyncLsn sees that we wait
        try
        {
            while (true)
            {
                process.Latch.Reset();
                if (granted.Value >= end || process.Segment.Wal.SyncStandbysDefined.Value == 0)
                {
                    CrashPoint.Reached("commit-2");
                    return WaitOutcome.Granted;
                }
                if (process.Loop.ShutdownRequested)
                    return WaitOutcome.Terminated;
                if (process.Loop.CancelRequested)
                {
                    process.Loop.CancelRequested = false;
                    return WaitOutcome.Canceled;
                }
                process.Loop.Wait(-1);
            }
        }
        finally
        {
            self.WaitSync.Exchange(Lsn.Invalid);
            self.WaitMode.Value = (int)SyncWaitMode.None;
        }
    }

    /// <summary>What the client is told; it is logged too. <see langword="null"/>: nothing.</summary>
    public static Notice? WarningOf(WaitOutcome outcome) => outcome switch
    {
        WaitOutcome.Canceled => Notice.Warning(SqlStates.Warning, "canceling wait for synchronous replication due to user request", NotReplicated),
        WaitOutcome.Terminated => Notice.Warning(SqlStates.AdminShutdown,
            "canceling the wait for synchronous replication and terminating connection due to administrator command", NotReplicated),
        _ => null,
    };
}
