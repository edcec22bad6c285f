namespace Pgrepl.Shared.Ipc;

/// <summary>The kinds of child processes, and their fixed slots in the process table; walsenders take the slots after them.</summary>
/// <remarks>AuxProcType and B_* of PostgreSQL 15, src/include/miscadmin.h.</remarks>
public enum ProcessKind
{
    None = 0,
    Startup = 1,
    WalWriter = 2,
    WalReceiver = 3,
    WalSender = 4,
}

/// <summary>What a walsender's session is doing, as pg_stat_activity names it.</summary>
public enum ActivityState
{
    Unused = 0,
    Idle = 1,
    Active = 2,
    IdleInTransaction = 3,
    IdleInTransactionAborted = 4,
}

/// <summary>WalSndState, PostgreSQL 15, src/include/replication/walsender_private.h. None: not a sender of WAL.</summary>
public enum WalSenderState
{
    None = 0,
    Startup = 1,
    Backup = 2,
    Catchup = 3,
    Streaming = 4,
    Stopping = 5,
}

/// <summary>WalRcvState, PostgreSQL 15, src/include/replication/walreceiver.h.</summary>
public enum WalReceiverState
{
    Stopped = 0,
    Starting = 1,
    Streaming = 2,
    Waiting = 3,
    Restarting = 4,
    Stopping = 5,
}

/// <summary>Flags that a child raises for the postmaster before it sends SIGUSR1.</summary>
/// <remarks>PMSignalReason, PostgreSQL 15, src/include/storage/pmsignal.h; the last is ours.</remarks>
public enum PostmasterSignal
{
    RecoveryStarted = 0,
    BeginHotStandby = 1,
    StartWalReceiver = 2,
    AdvanceStateMachine = 3,
    ReloadRequested = 4,
}

/// <summary>Which position a commit waits for on the synchronous standby; the values index SyncLsn.</summary>
public enum SyncWaitMode
{
    None = -1,
    Write = 0,
    Flush = 1,
    Apply = 2,
}
