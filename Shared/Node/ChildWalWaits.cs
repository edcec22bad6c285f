using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Processes;

namespace Pgrepl.Shared.Node;

/// <summary>Waits of a child process in its event loop.</summary>
/// <remarks>The latch is the process's only one: after any wait here its main loop looks at everything again before it sleeps, as it always must.</remarks>
public sealed class ChildWalWaits(ChildProcess process) : IWalWaits
{
    public bool Interrupted => process.Loop.ShutdownRequested || process.Loop.CancelRequested;

    public void ResetLatch() => process.Latch.Reset();

    public void Wait(int milliseconds) => process.Loop.Wait(milliseconds);

    public void WakeWalWriter() => process.Wake(ProcessKind.WalWriter);
}
