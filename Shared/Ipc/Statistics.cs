using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Ipc;

/// <summary>What a node remembers of its work for who looks at it: starts of its children, its last errors, how late each stage of WAL is.</summary>
/// <remarks>Nothing the node does depends on it. Children and errors outlive a crash reset: the postmaster takes them over into the new segment.</remarks>
public sealed class Statistics
{
    private const int ErrorsKept = 8;

    internal Statistics(SharedMemory memory, SegmentLayout layout)
    {
        for (int i = 0; i < Children.Length; i++)
            Children[i] = new ChildStatistics(memory, layout);
        NodeErrors = new RecentErrors(memory, layout, "errors.node", ErrorsKept);
        SessionErrors = new RecentErrors(memory, layout, "errors.session", ErrorsKept);
        PrimaryWrite = new StageLag(memory, layout);
        PrimaryFlush = new StageLag(memory, layout);
        Receive = new StageLag(memory, layout);
        Write = new StageLag(memory, layout);
        Flush = new StageLag(memory, layout);
        Validate = new StageLag(memory, layout);
        Replay = new StageLag(memory, layout);
    }

    private ChildStatistics[] Children { get; } = new ChildStatistics[Enum.GetValues<ProcessKind>().Length];

    /// <summary>Of the postmaster, startup, walwriter and walreceiver.</summary>
    public RecentErrors NodeErrors { get; }

    /// <summary>Of walsenders: many bad clients push out each other's lines alone.</summary>
    public RecentErrors SessionErrors { get; }

    /// <summary>On a primary, written behind inserted. Sessions and walwriter.</summary>
    public StageLag PrimaryWrite { get; }

    /// <summary>On a primary, flushed behind written. Walwriter.</summary>
    public StageLag PrimaryFlush { get; }

    /// <summary>Received behind upstream's end. Walreceiver; so are the next three.</summary>
    public StageLag Receive { get; }

    public StageLag Write { get; }
    public StageLag Flush { get; }
    public StageLag Validate { get; }

    /// <summary>Replayed behind validated. Walreceiver and startup.</summary>
    public StageLag Replay { get; }

    public ChildStatistics Of(ProcessKind kind) => Children[(int)kind];

    /// <summary>Where a process of this kind notes its errors; None: the postmaster.</summary>
    public RecentErrors ErrorsOf(ProcessKind kind) => kind == ProcessKind.WalSender ? SessionErrors : NodeErrors;

    /// <summary>After a crash reset, before any child of the new segment.</summary>
    public void TakeOver(Statistics before)
    {
        for (int i = 0; i < Children.Length; i++)
            Children[i].CopyFrom(before.Children[i]);
        NodeErrors.CopyFrom(before.NodeErrors);
        SessionErrors.CopyFrom(before.SessionErrors);
    }
}
