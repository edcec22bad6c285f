using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Ipc;

/// <summary>What the postmaster has seen of one kind of child since the node was started. Written by it alone.</summary>
public sealed class ChildStatistics
{
    internal ChildStatistics(SharedMemory memory, SegmentLayout layout)
    {
        layout.NewCacheLine();
        Starts = new(memory, layout.Int64("child.starts"));
        LastEnd = new(memory, layout.Int64("child.last_end"));
        LastExitCode = new(memory, layout.Int32("child.last_exit_code"));
        LastSignal = new(memory, layout.Int32("child.last_signal"));
    }

    public SharedInt64 Starts { get; }

    /// <summary>When one of them last ended, TimestampTz; 0: none has.</summary>
    public SharedInt64 LastEnd { get; }

    /// <summary>Of that one, when no signal ended it.</summary>
    public SharedInt32 LastExitCode { get; }

    /// <summary>The signal that ended it; 0: it exited.</summary>
    public SharedInt32 LastSignal { get; }

    internal void CopyFrom(ChildStatistics other)
    {
        Starts.Value = other.Starts.Value;
        LastEnd.Value = other.LastEnd.Value;
        LastExitCode.Value = other.LastExitCode.Value;
        LastSignal.Value = other.LastSignal.Value;
    }
}
