using Pgrepl.Shared.Node;

namespace Pgrepl.WalWriter;

/// <summary>Walwriter inserts too (checkpoints), and nobody but itself can make room for it: instead of sleeping it works.</summary>
internal sealed class WalWriterWaits(WalFlusher flusher) : IWalWaits
{
    public bool Interrupted => false;

    public void ResetLatch()
    {
        // The main loop looks at everything before it sleeps.
    }

    public void Wait(int milliseconds)
    {
        if (flusher.Run(background: false) != FlushOutcome.Done)
            Thread.Yield();
    }

    public void WakeWalWriter()
    {
    }
}
