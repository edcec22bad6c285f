using Pgrepl.Shared;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Node;
using Pgrepl.Shared.Processes;

namespace Pgrepl.WalSender.Session;

/// <summary>What ends a statement before its time: statement_timeout, a cancel, the end of the session; and the waits for WAL space that must see it.</summary>
/// <remarks>Answers to ProcessInterrupts and the STATEMENT_TIMEOUT of PostgreSQL 15, src/backend/tcop/postgres.c. As there, a commit and its wait for standbys
/// are outside of it. lock_timeout has nothing to do: there are no locks. Times are of a monotonic clock, in milliseconds.</remarks>
internal sealed class StatementTimer(ChildProcess process) : IWalWaits
{
    private long _deadline;

    /// <summary>statement_timeout; 0: none.</summary>
    public int Limit { get; set; }

    public bool Interrupted => process.Loop.ShutdownRequested || process.Loop.CancelRequested || IsOver;

    private bool IsOver => _deadline != 0 && Environment.TickCount64 >= _deadline;

    public void Start()
    {
        if (_deadline == 0 && Limit > 0)
            _deadline = Environment.TickCount64 + Limit;
    }

    public void Stop() => _deadline = 0;

    /// <exception cref="PgException">57P01, 57014: the statement must end.</exception>
    public void ThrowIfInterrupted()
    {
        Interrupts.ThrowIfEnding(process);
        if (IsOver)
        {
            Stop();
            throw new PgException(SqlStates.QueryCanceled, "canceling statement due to statement timeout");
        }
        Interrupts.ThrowIfCanceled(process);
    }

    public void ResetLatch() => process.Latch.Reset();

    /// <summary>Also wakes when the time is over, once: who may not be interrupted goes on waiting.</summary>
    public void Wait(int milliseconds)
    {
        long left = _deadline - Environment.TickCount64;
        if (_deadline != 0 && left > 0 && (milliseconds < 0 || left < milliseconds))
            milliseconds = (int)left;
        process.Loop.Wait(milliseconds);
    }

    public void WakeWalWriter() => process.Wake(ProcessKind.WalWriter);

    public WalFlusher CreateFlusher() => new(process.Segment, process.Data, process.LatchOf, WalWriteOwner.Session);

    public void Panic(Exception error) => process.Panic(error);
}
