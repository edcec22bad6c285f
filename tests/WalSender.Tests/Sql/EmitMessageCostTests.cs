using System.Diagnostics;

namespace Pgrepl.WalSender.Tests;

/// <summary>The one path whose cost counts: a client that inserts messages.</summary>
[TestFixture]
public sealed class EmitMessageCostTests
{
    /// <summary>Bytes a statement may leave to the collector: the arrays and enumerators of one execution, nothing that grows with the text.</summary>
    private const int AllowedBytes = 600;

    private static IEnumerable<TestCaseData> Paths()
    {
        yield return new TestCaseData(FrontendMessages.New().Query("SELECT pg_logical_emit_message(true,'bench',repeat('x',200))").Bytes).SetArgDisplayNames("simple");
        yield return new TestCaseData(FrontendMessages.New().Parse("SELECT pg_logical_emit_message(true, $1, $2)").Bind(parameters: ["bench", new string('x', 200)]).Describe().Execute().Sync().Bytes)
            .SetArgDisplayNames("extended");
        yield return new TestCaseData(FrontendMessages.New().Bind("s", parameters: ["bench", new string('x', 200)]).Execute().Sync().Bytes).SetArgDisplayNames("prepared");
    }

    [TestCaseSource(nameof(Paths))]
    public void Emitting_a_message_leaves_little_garbage(byte[] messages)
    {
        var client = new TestClient();
        client.Host.RecordCalls = false;
        client.Send(FrontendMessages.New().Parse("SELECT pg_logical_emit_message(true, $1, $2)", "s").Sync());
        Repeat(client, messages, 2000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        long started = Stopwatch.GetTimestamp();
        const int Count = 20_000;
        Repeat(client, messages, Count);
        TimeSpan took = Stopwatch.GetElapsedTime(started);
        long bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / Count;
        TestContext.Out.WriteLine($"{took.TotalMicroseconds / Count:0.00} µs and {bytes} bytes of garbage a message");
        Assert.That(bytes, Is.LessThan(AllowedBytes));
    }

    private static void Repeat(TestClient client, byte[] messages, int count)
    {
        for (int i = 0; i < count; i++)
        {
            client.Feed(messages);
            client.Writer.Consume(client.Writer.Pending.Length);
        }
    }
}
