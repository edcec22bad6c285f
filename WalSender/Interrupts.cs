using Pgrepl.Shared;
using Pgrepl.Shared.Processes;

namespace Pgrepl.WalSender;

/// <summary>What the operator and the client can ask of a session at any moment, as errors.</summary>
/// <remarks>Source of truth: ProcessInterrupts, PostgreSQL 15, src/backend/tcop/postgres.c.</remarks>
internal static class Interrupts
{
    /// <exception cref="PgException">57P01: the session is to end.</exception>
    public static void ThrowIfEnding(ChildProcess process)
    {
        if (process.Loop.ShutdownRequested)
            throw Ending();
    }

    /// <summary>Takes a cancel request, which counts once.</summary>
    /// <exception cref="PgException">57014: the command is to end.</exception>
    public static void ThrowIfCanceled(ChildProcess process)
    {
        if (!process.Loop.CancelRequested)
            return;
        process.Loop.CancelRequested = false;
        throw new PgException(SqlStates.QueryCanceled, "canceling statement due to user request");
    }

    public static PgException Ending() => new PgException(SqlStates.AdminShutdown, "terminating connection due to administrator command");
}
