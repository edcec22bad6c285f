using Pgrepl.Cli.Nodes;
using Pgrepl.Cli.Status;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Top;

/// <summary>A node that is looked at again and again: its segment is mapped once, and anew after a crash reset or a restart.</summary>
internal sealed class WatchedNode(DataDirectory directory)
{
    private SharedSegment? _segment;
    private int _pid;

    /// <summary>At the last look.</summary>
    internal bool IsRunning { get; private set; }

    internal NodeStatus Look()
    {
        NodeStatus files = NodeStatus.OfFiles(directory);
        IsRunning = files.Node is not null;
        if (files.Node is not { } node)
            return files;
        string? whyNot = null;
        if (_segment is null || _pid != node.Pid || _segment.Doomed.Value != 0)
            (_segment, _pid) = (NodeMemory.TryOpen(node.Pid, out whyNot), node.Pid);
        return _segment is null ? files with { LiveError = whyNot } : files with { Live = new LiveStatusReader(directory, _segment).Read() };
    }
}
