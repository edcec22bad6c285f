using Pgrepl.Shared.Ipc;

namespace Pgrepl.WalSender.Session;

/// <summary>What a process of this node waits for, told from its slot: nobody stores it, so nobody pays for it.</summary>
/// <remarks>Names are PostgreSQL 15's: src/backend/utils/activity/wait_event.c. A commit that waits for walwriter's fdatasync is what waits for
/// WALWriteLock there.</remarks>
internal static class WaitEvents
{
    /// <returns>wait_event_type and wait_event of pg_stat_activity; two nulls: it runs.</returns>
    public static (string? Type, string? Event) Of(ProcessSlot slot)
    {
        if (slot.WaitSync.Value.IsValid)
            return ("IPC", "SyncRep");
        if (slot.WaitFlush.Value.IsValid)
            return ("LWLock", "WALWrite");
        if (slot.LatchSleeping.Value == 0)
            return (null, null);
        return (ProcessKind)slot.Kind.Value switch
        {
            ProcessKind.Startup => ("Activity", "RecoveryWalStream"),
            ProcessKind.WalWriter => ("Activity", "WalWriterMain"),
            ProcessKind.WalReceiver => ("Activity", "WalReceiverMain"),
            ProcessKind.WalSender when (WalSenderState)slot.SenderState.Value != WalSenderState.None => ("Activity", "WalSenderMain"),
            ProcessKind.WalSender when (ActivityState)slot.Activity.Value != ActivityState.Active => ("Client", "ClientRead"),
            _ => (null, null),
        };
    }
}
