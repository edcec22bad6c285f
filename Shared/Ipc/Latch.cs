using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Ipc;

/// <summary>Wakes one process: a flag in the segment plus an eventfd for when its owner sleeps in poll.</summary>
/// <remarks>The owner's loop is Reset, look for work, wait: a look between wait and Reset can lose a wake-up for good.
/// Source of truth: src/include/storage/latch.h, PostgreSQL 15; eventfd(2).</remarks>
public sealed class Latch(ProcessSlot slot, int eventDescriptor)
{
    /// <summary>The descriptor the owner polls.</summary>
    public int Descriptor => eventDescriptor;

    public bool IsSet => slot.LatchSet.Value != 0;

    /// <summary>Sets it from any process: one atomic when the owner is awake, one write(2) when it may sleep.</summary>
    public void Set()
    {
        if (slot.LatchSet.Exchange(1) == 0 && slot.LatchSleeping.Value != 0)
            Descriptors.SignalEvent(eventDescriptor);
    }

    /// <summary>Owner only.</summary>
    public void Reset() => slot.LatchSet.Exchange(0);

    /// <summary>Owner only: declares that it may sleep. False: the latch is set, do not sleep.</summary>
    internal bool PrepareToSleep()
    {
        slot.LatchSleeping.Exchange(1);
        return slot.LatchSet.Value == 0;
    }

    internal void Woke(bool eventReadable)
    {
        slot.LatchSleeping.Value = 0;
        if (eventReadable)
            Descriptors.DrainEvent(eventDescriptor);
    }
}
