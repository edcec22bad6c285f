using Pgrepl.Shared.Libpq;

namespace Pgrepl.Interop.Tests.Hostile;

/// <summary>A node under attack, with a session that has nothing to do with it: whatever the others send, this one is served.</summary>
internal sealed class HostileNode : IDisposable
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(60);

    private readonly PgClient _witness;

    public HostileNode(params string[] settings)
    {
        Node = TestNode.Primary(tcp: true).Start(settings);
        _witness = Node.Connect();
    }

    public TestNode Node { get; }

    /// <summary>Processes of the node when nobody but the witness is connected: it and two that wait.</summary>
    public int QuietSenders => 3;

    /// <summary>The witness is answered.</summary>
    public void AskWitness()
    {
        lock (_witness)
        {
            using PgResult answer = _witness.QueryOrThrow("SELECT 1", AnswerWithin);
            Assert.That(answer.Value(0, 0), Is.EqualTo("1"));
        }
    }

    /// <summary>Old and new sessions are served, no process died of what it was sent, and none is left over.</summary>
    public void AssertHealthy()
    {
        AskWitness();
        Assert.That(Node.Ask("SELECT 1"), Is.EqualTo("1"));
        Eventually.Holds(() => Node.Children("walsender").Length == QuietSenders);
        Assert.That(Node.Log, Does.Not.Contain("terminating any other active server processes").And.Not.Contain("PANIC").And.Not.Contain("Unhandled exception"));
    }

    public void Dispose()
    {
        _witness.Dispose();
        Node.Dispose();
    }
}
