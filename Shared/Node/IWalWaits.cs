namespace Pgrepl.Shared.Node;

/// <summary>How an inserter sleeps and whom it wakes. The order is ResetLatch, look, Wait.</summary>
public interface IWalWaits
{
    /// <summary>The session is to end, or its command was cancelled.</summary>
    bool Interrupted { get; }

    void ResetLatch();

    /// <summary>Sleeps on the own latch, and sees signals; a crash of the node ends the process in here.</summary>
    /// <param name="milliseconds">-1: no limit.</param>
    void Wait(int milliseconds);

    void WakeWalWriter();

    /// <summary>This process as one that takes WAL to disk.</summary>
    WalFlusher CreateFlusher();

    /// <summary>What was written or not, only recovery can tell: ends the process as a crash.</summary>
    void Panic(Exception error);
}
