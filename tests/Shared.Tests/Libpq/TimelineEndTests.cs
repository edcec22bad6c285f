using System.Diagnostics;
using System.Text;
using Pgrepl.Shared.Libpq;

namespace Pgrepl.Shared.Tests.Libpq;

/// <summary>The end of a timeline as a real PostgreSQL 15 sends it, and what comes after it on the same connection.</summary>
public sealed class TimelineEndTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Test]
    public void Old_timeline_ends_with_the_next_one_and_the_connection_goes_on()
    {
        using var postgres = new RealPostgres();
        postgres.Stop();
        // A clean shutdown, then recovery that ends by promotion: timeline 2.
        File.WriteAllText($"{postgres.DataDirectory}/standby.signal", "");
        postgres.Start();
        postgres.Promote();
        using PgClient client = PgClient.Connect(postgres.ReplicationConninfo, Limit);
        using (PgResult system = client.QueryOrThrow("IDENTIFY_SYSTEM"))
            Assert.That(system.Value(0, "timeline"), Is.EqualTo("2"));
        using (PgResult history = client.QueryOrThrow("TIMELINE_HISTORY 2"))
        {
            Assert.That(history.Value(0, 0), Is.EqualTo("00000002.history"));
            Assert.That(Encoding.ASCII.GetString(history.Bytes(0, 1)), Does.StartWith("1\t0/").And.Contain("no recovery target specified"));
        }
        using (PgResult copy = client.Query("START_REPLICATION 0/1000000 TIMELINE 1", Limit))
            Assert.That(copy.Status, Is.EqualTo(PgResultStatus.CopyBoth), copy.ErrorMessage);
        CopyReadStatus status;
        var limit = Stopwatch.StartNew();
        while ((status = client.TryGetCopyData(out _)) is CopyReadStatus.Data or CopyReadStatus.WouldBlock && limit.Elapsed < Limit)
        {
            if (status == CopyReadStatus.WouldBlock && client.WaitForInput(Limit))
                client.ConsumeInput();
        }
        Assert.That(status, Is.EqualTo(CopyReadStatus.End));
        using (PgResult? half = client.GetResult())
            Assert.That(half!.Status, Is.EqualTo(PgResultStatus.CopyIn));
        client.PutCopyEnd();
        client.Flush();
        using (PgResult? next = client.GetResult())
        {
            Assert.That(next!.Status, Is.EqualTo(PgResultStatus.TuplesOk));
            Assert.That(next.Value(0, "next_tli"), Is.EqualTo("2"));
            Assert.That(next.Value(0, "next_tli_startpos"), Does.StartWith("0/"));
        }
        while (client.GetResult() is { } more)
            more.Dispose();
        using PgResult second = client.Query("START_REPLICATION 0/1000000 TIMELINE 2", Limit);
        Assert.That(second.Status, Is.EqualTo(PgResultStatus.CopyBoth), second.ErrorMessage);
    }
}
