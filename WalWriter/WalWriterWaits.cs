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
        FlushOutcome outcome = flusher.Run(background: false);
        flusher.LetGo();
        if (outcome != FlushOutcome.Done)
            Thread.Yield();
    }

    public void WakeWalWriter()
    {
    }

    public WalFlusher CreateFlusher() => flusher;

    public void Panic(Exception error)
    {
        // Any exception ends walwriter as a crash.
    }
}
