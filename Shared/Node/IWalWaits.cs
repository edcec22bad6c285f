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
}
