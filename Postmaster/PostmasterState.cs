using static Pgrepl.Postmaster.PostmasterEvent;
using static Pgrepl.Postmaster.PostmasterState;

namespace Pgrepl.Postmaster;

/// <summary>Where the node as a whole is. The order matters: below WaitBackends a crash is answered by ending everybody.</summary>
/// <remarks>PMState, PostgreSQL 15, src/backend/postmaster/postmaster.c.</remarks>
internal enum PostmasterState
{
    /// <summary>The postmaster itself starts.</summary>
    Init,

    /// <summary>Startup runs; nobody may connect.</summary>
    Startup,

    /// <summary>Startup follows an upstream; replication and status connections are served.</summary>
    Recovery,

    /// <summary>The same, and the consistent point is passed.</summary>
    HotStandby,

    /// <summary>This node writes WAL.</summary>
    Run,

    /// <summary>Sessions, startup and walreceiver are about to be told to end.</summary>
    StopBackends,

    /// <summary>Waiting for those to end; after a crash, for everybody.</summary>
    WaitBackends,

    /// <summary>Walwriter writes the shutdown checkpoint.</summary>
    Shutdown,

    /// <summary>Streams send the rest.</summary>
    Shutdown2,

    /// <summary>Waiting for whoever is left.</summary>
    WaitDeadEnd,

    /// <summary>Nobody is left.</summary>
    NoChildren,
}

/// <summary>What can happen to a node.</summary>
internal enum PostmasterEvent
{
    StartupSpawned,
    RecoveryStarted,
    ConsistencyReached,
    StartupFinished,

    /// <summary>A smart shutdown was asked for and no SQL session is left, or a fast one was asked for.</summary>
    ShutdownDue,
    ImmediateShutdown,
    ChildCrashed,
    ChildrenSignaled,

    /// <summary>No SQL session, startup or walreceiver is left.</summary>
    LastBackendExited,
    WalWriterFinished,
    LastStreamExited,
    LastChildExited,

    /// <summary>A new segment is ready after a crash.</summary>
    CrashResetDone,
}

/// <summary>The postmaster's state machine: pure, every line a test row.</summary>
internal static class PostmasterStateMachine
{
    public static PostmasterState Next(PostmasterState state, PostmasterEvent happened) => (state, happened) switch
    {
        (Init or NoChildren, StartupSpawned) => Startup,
        (Startup, RecoveryStarted) => Recovery,
        (Recovery, ConsistencyReached) => HotStandby,
        (Startup or Recovery or HotStandby, StartupFinished) => Run,
        (Startup or Recovery or HotStandby or Run, ShutdownDue) => StopBackends,
        (StopBackends, ChildrenSignaled) => WaitBackends,
        (WaitBackends, LastBackendExited) => Shutdown,
        (Shutdown, WalWriterFinished) => Shutdown2,
        (Shutdown2, LastStreamExited) => WaitDeadEnd,
        (WaitBackends or WaitDeadEnd, LastChildExited) => NoChildren,
        (not NoChildren, ImmediateShutdown) => WaitBackends,    // SIGQUIT to all
        (not NoChildren, ChildCrashed) => WaitBackends,         // shared memory is suspect: SIGQUIT to all
        (NoChildren, CrashResetDone) => Init,
        _ => state, // late and repeated events are normal
    };
}
