using System.Globalization;
using System.Text.Json;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Native;
using Pgrepl.Wal;

namespace Pgrepl.Drills.Tests;

/// <summary>pgrepl status of a primary and its standby: from shared memory, whatever state they are in.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)] // each has its own pair, all run at once
public sealed class StatusTests
{
    private TestNode _a = null!;
    private TestNode _b = null!;

    [SetUp]
    public void StartPair()
    {
        _a = TestNode.Primary(segmentMegabytes: 1).Start();
        _b = _a.Standby().Start("wal_receiver_status_interval=1h");
        Eventually.Holds(() => _a.Streams("b"));
    }

    [TearDown]
    public void StopPair()
    {
        _b?.Dispose();
        _a?.Dispose();
    }

    [Test]
    public void Status_shows_where_a_pair_is_and_an_idle_one_is_not_late()
    {
        Lsn end = _a.Emit("x");
        // The standby tells at once that it has replayed everything: neither wal_receiver_status_interval nor the walsender's ping (30 s) makes it.
        Eventually.Holds(() => Seconds(Downstream(Status(_a)), "replay_lag_seconds") == 0 && Number(Downstream(Status(_a)), "replay_lag_bytes") == 0, TimeSpan.FromSeconds(25));
        JsonElement a = Status(_a), b = Status(_b);
        Assert.That((Text(a, "role"), Text(b, "role")), Is.EqualTo(("primary", "standby")));
        Assert.That(a.GetProperty("upstream").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(a.GetProperty("positions").EnumerateObject().Select(p => p.Name), Is.EqualTo(new[] { "inserted", "written", "flushed" }));
        Assert.That(b.GetProperty("positions").EnumerateObject().Select(p => p.Name), Is.EqualTo(new[] { "received", "written", "flushed", "validated", "replayed" }));
        foreach (JsonElement node in (JsonElement[])[a, b])
        {
            foreach (JsonProperty stage in node.GetProperty("positions").EnumerateObject())
                Assert.That((Number(stage.Value, "lag_bytes"), Seconds(stage.Value, "lag_seconds")), Is.EqualTo((0, 0)), $"{stage.Name} of {Text(node, "role")}");
            Assert.That(Lsn.Parse(Text(node.GetProperty("positions").EnumerateObject().Last().Value, "lsn")), Is.GreaterThan(end));
        }
        JsonElement stream = Downstream(a), upstream = b.GetProperty("upstream");
        Assert.That((Text(stream, "application_name"), Text(stream, "state"), Text(stream, "sync_state")), Is.EqualTo(("b", "streaming", "async")));
        Assert.That(Text(stream, "flush_lsn"), Is.EqualTo(_a.Ask("SELECT flush_lsn FROM pg_stat_replication")));
        Assert.That((Text(upstream, "state"), Text(upstream, "host"), Number(upstream, "port")), Is.EqualTo(("streaming", _a.Folder, _a.Port)));
        Assert.That(Seconds(upstream, "last_message_age_seconds"), Is.LessThan(30m));
        Assert.That(Child(b, "startup").GetProperty("pid").GetInt32(), Is.EqualTo(_b.Children("startup").Single()));
        Assert.That(Child(a, "walwriter").GetProperty("restarts").GetInt64(), Is.Zero);
        string text = _b.Pgrepl("status", "-D", _b.Data.Path).Output;
        Assert.That(text, Does.Match(@"\n  lag +0 bytes, 0 s\n").And.Match(@"\n  upstream .*, streaming, last message").And.Match(@"\n  replayed +[0-9A-F]+/[0-9A-F]+ +0 bytes  0 s\n").And.Match(@"\n  walreceiver +\d+ "));
        Assert.That(_a.Pgrepl("status", "-D", _a.Data.Path).Output, Does.Match(@"\n  b +local +streaming .* async\n"));
    }

    [Test]
    public void A_stopped_replay_is_later_and_later_and_a_node_that_is_stopped_as_a_whole_still_has_a_status()
    {
        Eventually.Holds(() => Seconds(Status(_b), "lag_seconds") == 0);
        int startup = _b.Children("startup").Single();
        ProcessCalls.Kill(startup, Signal.SIGSTOP);
        Lsn end = _a.Emit("x");
        Eventually.Holds(() => Number(Stage(Status(_b), "replayed"), "lag_bytes") > 0 && Number(Stage(Status(_b), "validated"), "lag_bytes") == 0);
        decimal late = Seconds(Stage(Status(_b), "replayed"), "lag_seconds"), seenAbove = Seconds(Downstream(Status(_a)), "replay_lag_seconds");
        Eventually.Holds(() => Seconds(Stage(Status(_b), "replayed"), "lag_seconds") > late + 0.5m && Seconds(Downstream(Status(_a)), "replay_lag_seconds") > seenAbove + 0.5m);
        Assert.That(Seconds(Stage(Status(_b), "validated"), "lag_seconds"), Is.Zero, "the other stages have everything");

        int[] all = [_b.PostmasterPid!.Value, .. new[] { "walwriter", "walreceiver", "walsender" }.SelectMany(_b.Children)];
        foreach (int pid in all)
            ProcessCalls.Kill(pid, Signal.SIGSTOP);
        JsonElement stuck = Status(_b);
        Assert.That(Lsn.Parse(Text(Stage(stuck, "validated"), "lsn")), Is.GreaterThan(end));
        Assert.That(Seconds(stuck, "lag_seconds"), Is.GreaterThan(late));
        foreach (int pid in all.Append(startup))
            ProcessCalls.Kill(pid, Signal.SIGCONT);
        Eventually.Holds(() => Seconds(Status(_b), "lag_seconds") == 0 && Number(Status(_b), "lag_bytes") == 0);
        Eventually.Holds(() => Seconds(Downstream(Status(_a)), "replay_lag_seconds") == 0);
    }

    [Test]
    public void A_primary_that_does_not_write_is_later_and_later()
    {
        Eventually.Holds(() => Seconds(Status(_a), "lag_seconds") == 0);
        int walwriter = _a.Children("walwriter").Single();
        ProcessCalls.Kill(walwriter, Signal.SIGSTOP);
        using (PgClient client = _a.Connect())
        {
            client.QueryOrThrow("SET synchronous_commit = off").Dispose();
            client.QueryOrThrow("SELECT pg_logical_emit_message(true, 't', 'waits for nobody')").Dispose();
        }
        JsonElement first = Stage(Status(_a), "written");
        Assert.That(Number(first, "lag_bytes"), Is.Positive);
        Eventually.Holds(() => Seconds(Stage(Status(_a), "written"), "lag_seconds") > Seconds(first, "lag_seconds") + 0.5m);
        Assert.That((Number(Stage(Status(_a), "flushed"), "lag_bytes"), Seconds(Stage(Status(_a), "flushed"), "lag_seconds")), Is.EqualTo((0, 0)), "all that is written is durable");
        ProcessCalls.Kill(walwriter, Signal.SIGCONT);
        Eventually.Holds(() => Number(Status(_a), "lag_bytes") == 0 && Seconds(Status(_a), "lag_seconds") == 0);
    }

    [Test]
    public void A_lost_upstream_makes_a_standby_late_and_restarts_and_errors_are_remembered_over_a_crash()
    {
        Eventually.Holds(() => Seconds(Status(_b), "lag_seconds") == 0);
        ProcessCalls.Kill(_b.Children("walreceiver").Single(), Signal.SIGTERM);
        Eventually.Holds(() => Child(Status(_b), "walreceiver").GetProperty("restarts").GetInt64() >= 1);
        Eventually.Holds(() => _a.Streams("b"));
        _a.KillAll();
        Eventually.Holds(() => Errors(Status(_b)).Any(e => Text(e, "message").Contains("could not connect to the primary server") && Text(e, "sqlstate") == "08006" && Text(e, "process") == "walreceiver"));
        JsonElement before = Status(_b);
        Assert.That(Text(before.GetProperty("upstream"), "state"), Is.Not.EqualTo("streaming"));
        decimal late = Seconds(Stage(before, "received"), "lag_seconds");
        Assert.That(late, Is.Positive);
        Eventually.Holds(() => Seconds(Status(_b), "lag_seconds") > late + 0.5m);

        ProcessCalls.Kill(_b.Children("walwriter").Single(), Signal.SIGKILL);
        Eventually.Holds(() => Number(Status(_b), "crash_resets") == 1 && Child(Status(_b), "walwriter").GetProperty("pid").ValueKind == JsonValueKind.Number);
        JsonElement after = Status(_b);
        Assert.That(Errors(after).Select(e => Text(e, "message")), Has.Some.Contains("could not connect to the primary server"));
        Assert.That((Child(after, "walwriter").GetProperty("restarts").GetInt64(), Text(Child(after, "walwriter"), "last_end")), Is.EqualTo((1, "signal 9")));
    }

    private static JsonElement Status(TestNode node)
    {
        (int code, string output, string errors) = node.Pgrepl("status", "-D", node.Data.Path, "--json");
        Assert.That(code, Is.Zero, errors);
        return JsonDocument.Parse(output).RootElement;
    }

    private static JsonElement Stage(JsonElement status, string stage) => status.GetProperty("positions").GetProperty(stage);

    private static JsonElement Downstream(JsonElement status) => status.GetProperty("downstreams").EnumerateArray().Single();

    private static JsonElement Child(JsonElement status, string kind) => status.GetProperty("children").EnumerateArray().First(c => Text(c, "kind") == kind);

    private static JsonElement.ArrayEnumerator Errors(JsonElement status) => status.GetProperty("errors").EnumerateArray();

    private static string Text(JsonElement element, string key) => element.GetProperty(key).GetString()!;

    private static long Number(JsonElement element, string key) => element.GetProperty(key).GetInt64();

    private static decimal Seconds(JsonElement element, string key) => element.GetProperty(key) is { ValueKind: JsonValueKind.Number } number
        ? decimal.Parse(number.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture)
        : throw new AssertionException($"{key} is not known");
}
