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

    /// <summary>A page of the upstream's WAL, from a position in it on.</summary>
    private protected static byte[]? Theirs(TestCluster upstream, TimelineId timeline, Lsn position)
    {
        byte[] page = new byte[WalFormat.PageSize];
        using var source = new SegmentPageSource(upstream.Directory, TestCluster.SegmentSize, TimelineHistoryFiles.Read(upstream.Directory, timeline));
        return source.ReadPage(position.PageStart, WalFormat.PageSize, position, page).Status == WalPageStatus.Available ? page[position.PageOffset..] : null;
    }

    private protected static UpstreamIdentity Identity(TestCluster upstream)
    {
        var files = new Dictionary<TimelineId, byte[]>();
        if (TimelineHistoryFiles.ReadText(upstream.Directory, upstream.Timeline) is { } text)
            files[upstream.Timeline] = text;
        return new UpstreamIdentity(upstream.Control.SystemId, upstream.Timeline, upstream.Insert, files, TestCluster.SegmentSize, WalFormat.ServerVersionNumber, WalFormat.ServerVersion);
    }
}
