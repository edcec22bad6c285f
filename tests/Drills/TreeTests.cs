using Pgrepl.Shared.Native;
using Pgrepl.Wal;

namespace Pgrepl.Drills.Tests;

/// <summary>Trees of log clusters: deep ones, split ones, and what becomes of old primaries.</summary>
public sealed class TreeTests
{
    [Test, CancelAfter(120_000)]
    public void A_cascade_three_deep_follows_two_promotions_without_a_restart()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start();
        using TestNode b = a.Standby("b").Start();
        using TestNode c = b.Standby("c").Start();
        using TestNode d = c.Standby("d").Start();
        Eventually.Holds(() => a.Streams("b") && b.Streams("c") && c.Streams("d"));
        int[] before = [.. Lives(c), .. Lives(d)];
        HasAll(d, a.EmitAll(Numbers("a")));

        a.KillAll();
        Assert.That(b.Ask("SELECT pg_promote(true, 120)"), Is.EqualTo("t"));
        Lsn onB = b.EmitAll(Numbers("b"));
        HasAll(c, onB);
        HasAll(d, onB);
        Assert.That((int[])[.. Lives(c), .. Lives(d)], Is.EqualTo(before), "nothing below was started again");

        int[] lives = Lives(d);
        b.KillAll();
        Assert.That(c.Ask("SELECT pg_promote(true, 120)"), Is.EqualTo("t"));
        HasAll(d, c.EmitAll(Numbers("c")));
        Assert.That(Lives(d), Is.EqualTo(lives));
        Assert.That(d.MessagesOnDisk(), Is.EqualTo(c.MessagesOnDisk()));
        Assert.That(d.MessagesOnDisk().Count, Is.EqualTo(60));
    }

    /// <summary>Nobody knew of the other: both took timeline 2, at the same place.</summary>
    [Test, CancelAfter(120_000)]
    public void Two_standbys_promoted_by_mistake_are_found_out_and_one_comes_back()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start();
        using TestNode b = a.Standby("b").Start();
        using TestNode c = a.Standby("c").Start();
        using TestNode below = c.Standby("d").Start();
        Eventually.Holds(() => a.Streams("b") && a.Streams("c") && c.Streams("d"));
        Lsn common = a.EmitAll(Numbers("common"));
        HasAll(b, common);
        HasAll(below, common);
        a.Stop("immediate");
        Assert.That(b.Ask("SELECT pg_promote(true, 120)"), Is.EqualTo("t"));
        Assert.That(c.Ask("SELECT pg_promote(true, 120)"), Is.EqualTo("t"));
        b.EmitAll(Numbers("b"));
        HasAll(below, c.EmitAll(Numbers("c")));

        // A standby of one that is given the other overwrites nothing and says what it found.
        List<string> had = [.. below.MessagesOnDisk()];
        below.Ask("SELECT 1");
        below.Stop();
        below.Start($"primary_conninfo={b.Conninfo} application_name=d");
        Eventually.Holds(() => below.Log.Contains("WAL from upstream differs from our own at", StringComparison.Ordinal));
        Assert.That(below.MessagesOnDisk(), Is.EqualTo(had));

        // The second primary is refused, whichever it is.
        b.Stop();
        (int code, _, _) = b.TryStart($"pgrepl.peers={c.Conninfo}");
        Assert.That(code, Is.EqualTo(1));
        Assert.That(b.Log, Does.Match("FATAL:  host=.+ is a primary on this server's timeline 2"));

        (code, string output, string errors) = Build.Pgrepl("rejoin", "-D", b.Data.Path, "--from", c.Conninfo + " application_name=b", "-l", b.LogFile);
        Assert.That(code, Is.Zero, output + errors + b.Log);
        Eventually.Holds(() => c.Streams("b"));
        HasAll(b, c.EmitAll(Numbers("after")));
        Assert.That(b.MessagesOnDisk(), Is.EqualTo(c.MessagesOnDisk()));
        Assert.That(Directory.GetDirectories(b.Data.Wal, "diverged-*"), Is.Not.Empty, "what b alone had is kept");
    }

    /// <summary>The wrong standby was promoted: c and d have acknowledged more than b ever got. Nothing takes that away from c but a rejoin, and d is still the right one.</summary>
    [Test, CancelAfter(240_000)]
    public void A_standby_ahead_of_the_fork_confirms_nothing_to_the_promoted_one_and_keeps_what_it_has()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start();
        using TestNode b = a.Standby("b").Start();
        using TestNode c = a.Standby("c").Start();
        using TestNode d = a.Standby("d").Start($"pgrepl.peers={c.Conninfo}");
        Eventually.Holds(() => a.Streams("b") && a.Streams("c") && a.Streams("d"));
        Lsn common = a.EmitAll(Numbers("common"));
        HasAll(b, common);
        b.Stop();
        Lsn more = a.EmitAll(Numbers("more"));
        HasAll(c, more);
        HasAll(d, more);
        Lsn had = Lsn.Parse(c.Ask("SELECT pg_last_wal_replay_lsn()"));
        a.KillAll();
        b.Start("synchronous_standby_names=c", "synchronous_commit=remote_apply");
        Assert.That(b.Ask("SELECT pg_promote(true, 120)"), Is.EqualTo("t"));
        Task<string> commit = Task.Run(() => b.TryAsk("SELECT pg_logical_emit_message(true, 'b', 'alone')") ?? "not acknowledged");

        const string Forked = "new timeline 2 forked off current database system timeline 1 before current recovery point";
        string[] toB = [$"primary_conninfo={b.Conninfo} application_name=c", "wal_retrieve_retry_interval=100ms"];
        c.Stop();
        c.Start(toB);
        Eventually.Holds(() => c.Log.Contains(Forked, StringComparison.Ordinal));
        Eventually.Holds(() => Count(b, "standby \"c\" is now a synchronous standby") >= 2, TimeSpan.FromSeconds(90)); // each time it has sent all up to the fork
        Assert.That(commit.IsCompleted, Is.False, "c has replayed as much as that, but not of b's");

        ProcessCalls.Kill(c.Children("startup").Single(), Signal.SIGKILL);
        Eventually.Holds(() => Count(c, "entering standby mode") >= 3 && Lsn.Parse(c.TryAsk("SELECT pg_last_wal_replay_lsn()") ?? "0/1") >= had); // it goes on as before

        Eventually.Holds(() => c.Children("walsender").Length >= 2); // it answers a peer at once
        Assert.That(d.Ask("SELECT pg_promote(true, 120)"), Is.EqualTo("t"));
        Assert.That(d.Log, Does.Contain("selected new timeline ID: 3"), "c is on timeline 1, and knows of 2");
        c.Stop();
        Assert.That(c.TryStart(toB).Code, Is.EqualTo(1));
        Assert.That(c.Log, Does.Contain("FATAL:  requested timeline 2 is not a child of this server's history").And.Match("This server's WAL ends at .+ on timeline 1, but in the history of the requested timeline"));
        Assert.That(Directory.GetFiles(c.Data.Wal, "00000002????????????????"), Is.Empty, "no WAL of timeline 2 has come");

        foreach ((TestNode node, string name) in new[] { (a, "a"), (c, "c") })
        {
            (int code, string output, string errors) = Build.Pgrepl("rejoin", "-D", node.Data.Path, "--from", $"{d.Conninfo} application_name={name}", "-l", node.LogFile);
            Assert.That(code, Is.Zero, output + errors + node.Log);
            Eventually.Holds(() => d.Streams(name)); // a asks for the history of timeline 2 too, which is not d's
        }
        HasAll(c, d.EmitAll(Numbers("after")));
        Assert.That(c.MessagesOnDisk(), Is.EqualTo(d.MessagesOnDisk()));
    }

    /// <summary>a is the old primary, b was promoted, c is a standby of b; all have been switched off.</summary>
    [Test, CancelAfter(240_000)]
    public void An_old_primary_is_refused_in_every_order_of_reboots()
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start();
        using TestNode b = a.Standby("b").Start();
        using TestNode c = b.Standby("c").Start();
        Eventually.Holds(() => a.Streams("b") && b.Streams("c"));
        HasAll(c, a.EmitAll(Numbers("a")));
        a.KillAll();
        Assert.That(b.Ask("SELECT pg_promote(true, 120)"), Is.EqualTo("t"));
        HasAll(c, b.EmitAll(Numbers("b")));
        Dictionary<char, (TestNode Node, string Peers)> nodes = new()
        {
            ['a'] = (a, $"{b.Conninfo};{c.Conninfo}"),
            ['b'] = (b, $"{a.Conninfo};{c.Conninfo}"),
            ['c'] = (c, $"{a.Conninfo};{b.Conninfo}"),
        };
        b.Stop();
        c.Stop();
        foreach (string order in new[] { "abc", "acb", "bac", "bca", "cab", "cba" })
        {
            HashSet<char> up = [];
            foreach (char name in order)
            {
                (TestNode node, string peers) = nodes[name];
                (int code, _, _) = node.TryStart($"pgrepl.peers={peers}", "pgrepl.require_peer=on");
                bool expected = name == 'c' || (name == 'b' && up.Count > 0); // b needs somebody who can say that it is the one
                Assert.That(code == 0, Is.EqualTo(expected), $"{name} in order {order}");
                if (code == 0)
                    up.Add(name);
                if (name == 'a')
                    Assert.That(a.Log.TrimEnd().Split('\n'), Has.Some.Contains(up.Count == 0 ? "FATAL:  no peer answered, and pgrepl.require_peer is on" : "FATAL:  timeline 2 forked from this server's timeline 1"));
            }
            Assert.That(nodes['b'].Node.PostmasterPid is not null || b.TryStart($"pgrepl.peers={nodes['b'].Peers}", "pgrepl.require_peer=on").Code == 0, order);
            Assert.That(a.TryStart($"pgrepl.peers={nodes['a'].Peers}", "pgrepl.require_peer=on").Code, Is.EqualTo(1), order);
            c.Stop("immediate");
            b.Stop("immediate");
        }
    }

    private static string[] Numbers(string prefix) => [.. Enumerable.Range(0, 20).Select(i => $"{prefix}{i}")];

    private static int Count(TestNode node, string words) => node.Log.Split(words).Length - 1;

    /// <summary>The processes that a restart would change.</summary>
    private static int[] Lives(TestNode node) => [node.PostmasterPid!.Value, .. node.Children("startup")];

    private static void HasAll(TestNode node, Lsn end) => Eventually.Holds(() => Lsn.Parse(node.TryAsk("SELECT pg_last_wal_replay_lsn()") ?? "0/1") > end);
}
