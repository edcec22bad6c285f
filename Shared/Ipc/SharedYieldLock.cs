using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Ipc;

/// <summary>A lock that is held over file operations, and that hardly ever two processes want at once: whoever waits gives its processor away.</summary>
/// <remarks>The holder's pid is the value. A waiter looks at Doomed: a holder that was killed is followed by a crash reset. Not for a short section (<see cref="SharedSpinLock"/>).</remarks>
public sealed class SharedYieldLock(SharedMemory memory, long offset, SharedInt32 doomed)
{
    public void Enter()
    {
        while (Interlocked.CompareExchange(ref memory.Int32(offset), Environment.ProcessId, 0) != 0)
        {
            if (doomed.Value != 0)
                ProcessCalls.ExitNow(2);
            Thread.Yield();
        }
    }

    public void Leave() => Volatile.Write(ref memory.Int32(offset), 0);
}
