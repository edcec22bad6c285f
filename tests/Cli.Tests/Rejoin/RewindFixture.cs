using Pgrepl.Cli.Nodes;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Tests.Rejoin;

/// <summary>What the rewinds of a relay and of a log cluster's node need alike: a folder for each test, and an upstream that says who it is.</summary>
public abstract class RewindFixture
{
    private protected static readonly TimelineId Second = new(2), Third = new(3);

    private protected TestFolder Folder { get; private set; } = null!;

    [SetUp]
    public void MakeFolder() => Folder = new TestFolder();

    [TearDown]
    public void RemoveFolder() => Folder.Dispose();

    private protected static UpstreamIdentity Identity(TestCluster upstream)
    {
        var files = new Dictionary<TimelineId, byte[]>();
        if (TimelineHistoryFiles.ReadText(upstream.Directory, upstream.Timeline) is { } text)
            files[upstream.Timeline] = text;
        return new UpstreamIdentity(upstream.Control.SystemId, upstream.Timeline, upstream.Insert, files, TestCluster.SegmentSize, WalFormat.ServerVersionNumber, WalFormat.ServerVersion);
    }
}
