using System.Diagnostics;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Native;
using Pgrepl.Wal;

namespace Pgrepl.Drills.Tests;

public sealed class ClockTests
{
    /// <summary>Of walsender and walreceiver; an idle stream is watched for longer after a jump.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    [Test]
    public void A_clock_that_is_set_back_and_forth_drops_no_connection_and_shows_no_negative_lag()
    {
        using WallClock clock = new();
        using TestNode a = TestNode.Primary();
        a.AddEnvironment(clock.Environment());
        a.Start("synchronous_standby_names=b", $"wal_sender_timeout={Timeout.TotalMilliseconds}ms");
        using TestNode b = a.Standby();
        b.AddEnvironment(clock.Environment());
        b.Start($"wal_receiver_timeout={Timeout.TotalMilliseconds}ms", "wal_receiver_status_interval=15s");
        Eventually.Holds(() => a.Streams("b"));
        string? sender = a.Ask("SELECT pid FROM pg_stat_replication");
        int receiver = b.Children("walreceiver").Single();

        using PgClient watcher = a.Connect();
        watcher.QueryOrThrow("SET synchronous_commit = local").Dispose();
        foreach (int hours in new[] { -1, 1 })
        {
            LagOverJump(watcher, receiver, () => clock.Set(hours));
            foreach (TestNode node in new[] { a, b })
                Assert.That(HoursOff(node), Is.EqualTo(hours).Within(0.1), $"{node.Name} sees the clock");
            Stopwatch idle = Stopwatch.StartNew(); // nothing comes that a look at the time could be put off by
            Eventually.Holds(() => JudgeLags(watcher).Lags <= 3 && idle.Elapsed > Timeout * 1.3, Timeout * 3);
        }

        using Load load = new(a, clients: 2);
        foreach (int hours in new[] { 0, -1, 1 })
        {
            Eventually.Holds(() => load.Acknowledged.Count > 20);
            clock.Set(hours);
            int before = load.Acknowledged.Count;
            Eventually.Holds(() => JudgeLags(watcher).Lags <= 3 && load.Acknowledged.Count > before + 50);
        }

        Assert.That(a.Ask("SELECT pid FROM pg_stat_replication"), Is.EqualTo(sender));
        Assert.That(b.Children("walreceiver"), Is.EqualTo(new[] { receiver }));
        Assert.That(b.Log.Split("started streaming WAL from primary"), Has.Length.EqualTo(2), "streaming began once");
        Assert.That(a.Log + b.Log, Does.Not.Contain("timeout").And.Not.Contain("terminating"));
        load.Dispose();
        Assert.That(load.MissingFrom(b), Is.Empty);
        b.Stop();
        a.Stop();
    }

    [Test]
    public void A_node_whose_clock_was_set_back_while_it_started_counts_as_started()
    {
        using WallClock clock = new();
        using TestNode a = TestNode.Primary();
        clock.Set(-1);
        a.AddEnvironment(clock.Environment("pgrepl-postmaster"));
        a.Start();
        Assert.That(a.Log, Does.Not.Contain("FATAL"));
        a.Stop();
    }

    /// <summary>Hours that a node's clock is off.</summary>
    private static double HoursOff(TestNode node) => (DateTimeOffset.Parse(node.Ask("SELECT now()")!) - DateTimeOffset.UtcNow).TotalHours;

    /// <summary>The clock jumps between a flush here and the standby's answer, and the walsender looks at it before that answer.</summary>
    private static void LagOverJump(PgClient client, int receiver, Action jump)
    {
        ProcessCalls.Kill(receiver, Signal.SIGSTOP);
        Lsn end;
        try
        {
            EmitAndSend(client);
            jump();
            end = EmitAndSend(client);
        }
        finally
        {
            ProcessCalls.Kill(receiver, Signal.SIGCONT);
        }
        (int Lags, Lsn Replayed) seen;
        Stopwatch waited = Stopwatch.StartNew();
        while ((seen = JudgeLags(client)).Replayed < end)
            Assert.That(waited.Elapsed, Is.LessThan(Timeout * 3), "the standby applies it");
        Assert.That(seen.Lags, Is.EqualTo(3), "write, flush and replay");
    }

    private static Lsn EmitAndSend(PgClient client)
    {
        using PgResult emitted = client.QueryOrThrow("SELECT pg_logical_emit_message(true, 'lag', '')");
        Lsn end = Lsn.Parse(emitted.Value(0, 0)!);
        Eventually.Holds(() => IsSent(client, end));
        return end;
    }

    private static bool IsSent(PgClient client, Lsn end)
    {
        using PgResult row = client.QueryOrThrow("SELECT sent_lsn FROM pg_stat_replication");
        Assert.That(row.Rows, Is.EqualTo(1), "the stream");
        return Lsn.Parse(row.Value(0, 0)!) >= end;
    }

    /// <returns>How many lags there were to be judged, and how far the standby has applied.</returns>
    private static (int Lags, Lsn Replayed) JudgeLags(PgClient client)
    {
        using PgResult row = client.QueryOrThrow("SELECT write_lag, flush_lag, replay_lag, replay_lsn FROM pg_stat_replication");
        Assert.That(row.Rows, Is.EqualTo(1), "the stream");
        string[] lags = [.. Enumerable.Range(0, 3).Select(column => row.Value(0, column)).OfType<string>()];
        foreach (string lag in lags)
            Assert.That(TimeSpan.Parse(lag), Is.InRange(TimeSpan.Zero, TimeSpan.FromMinutes(1)), lag);
        return (lags.Length, Lsn.Parse(row.Value(0, 3)!));
    }
}
