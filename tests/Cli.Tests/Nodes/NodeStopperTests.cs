using Pgrepl.Cli.Nodes;

namespace Pgrepl.Cli.Tests.Nodes;

public sealed class NodeStopperTests
{
    private static readonly PidFile File = new(4711, 0, 5432, "/tmp", "", "stopping");

    [Test]
    public void A_node_that_removes_its_file_and_ends_between_two_looks_has_not_died()
    {
        Queue<PidFile?> files = new([File, null]);
        Queue<bool> lives = new([true, false]); // asked again it would be dead, with a file read before
        Assert.That(NodeStopper.HasStopped(files.Dequeue, _ => lives.Dequeue()), Is.Null, "not yet");
        Assert.That(NodeStopper.HasStopped(files.Dequeue, _ => lives.Dequeue()), Is.True);
        Assert.That(NodeStopper.HasStopped(new Queue<PidFile?>([File, null]).Dequeue, _ => false), Is.True, "it lived while the file was read");
    }

    [Test]
    public void A_file_that_is_there_after_its_death_was_left() => Assert.That(NodeStopper.HasStopped(() => File, _ => false), Is.False);
}
