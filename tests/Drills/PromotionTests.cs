using Pgrepl.Drills.Tests.Campaign;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Drills.Tests;

public sealed class PromotionTests
{
    [Test]
    public void Promotion_ends_recovery_on_a_new_timeline_and_writes_go_on()
    {
        using TestNode a = TestNode.Primary().Start();
        using TestNode b = a.Standby().Start();
        Eventually.Holds(() => a.Streams("b"));
        Lsn last = a.Emit("one");
        Eventually.Holds(() => Lsn.Parse(b.Ask("SELECT pg_last_wal_replay_lsn()")!) > last);
        a.KillAll();
        (int code, string output, string errors) = Build.Pgrepl("promote", "-D", b.Data.Path);
        Assert.That(code, Is.Zero, output + errors + b.Log);
        b.Emit("two");
        Assert.That(b.Ask("SELECT pg_is_in_recovery()"), Is.EqualTo("f"));
        Assert.That(File.Exists(b.Data.StandbySignal), Is.False);
        Assert.That(File.Exists(b.Data.PromotingSignal), Is.False);
        Assert.That(b.MessagesOnDisk(), Is.EqualTo(new[] { "one", "two" }));
        string history = System.Text.Encoding.UTF8.GetString(TimelineHistoryFiles.ReadText(b.Data, new TimelineId(2))!);
        Assert.That(history, Does.Match("^1\t[0-9A-F]+/[0-9A-F]+\tno recovery target specified\n$"));
        b.Stop();
        Assert.That(b.Control.Checkpoint.Timeline, Is.EqualTo(new TimelineId(2)));
        Assert.That(b.Control.State, Is.EqualTo(DatabaseState.ShutDown));
    }

    [Test]
    public void A_standby_that_has_no_WAL_yet_says_so_and_stays_a_standby()
    {
        using TestNode a = TestNode.Primary().Start();
        using TestNode b = a.Standby();
        a.KillAll();
        b.Start();
        (int code, string output, _) = Build.Pgrepl("promote", "-D", b.Data.Path);
        Assert.That(code, Is.Not.Zero, output);
        Eventually.Holds(() => b.Log.Contains("FATAL:  database system is shut down: cannot promote: no WAL was received yet"));
        Assert.That(b.Log, Does.Not.Contain("damaged"));
        Assert.That(File.Exists(b.Data.StandbySignal));
        Eventually.Holds(() => ProcessFacts.Of(b.Data.Path).Length == 0);
        a.Start();
        b.Start();
        Eventually.Holds(() => a.Streams("b"));
    }

    [Test]
    public void The_sql_function_promotes_and_waits()
    {
        using TestNode a = TestNode.Primary().Start();
        using TestNode b = a.Standby().Start();
        Eventually.Holds(() => a.Streams("b"));
        a.KillAll();
        Assert.That(b.Ask("SELECT pg_promote(true, 120)"), Is.EqualTo("t"));
        Assert.That(b.Ask("SELECT pg_is_in_recovery()"), Is.EqualTo("f"));
    }

    [Test]
    public void The_promote_file_and_SIGUSR1_promote()
    {
        using TestNode a = TestNode.Primary().Start();
        using TestNode b = a.Standby().Start();
        Eventually.Holds(() => a.Streams("b"));
        a.KillAll();
        Trap promotion = new(b, "promotion-2", stop: true);
        File.WriteAllText(b.Data.PromoteFile, "");
        ProcessCalls.Kill(b.PostmasterPid!.Value, Signal.SIGUSR1);
        Assert.That(promotion.WaitUntilSprung(TimeSpan.FromSeconds(30)));
        Assert.That(File.Exists(b.Data.PromoteFile), Is.False);
        File.WriteAllText(b.Data.PromoteFile, ""); // somebody asks again meanwhile
        ProcessCalls.Kill(b.PostmasterPid!.Value, Signal.SIGUSR1);
        promotion.Release();
        Eventually.Holds(() => b.TryAsk("SELECT pg_is_in_recovery()") == "f");
        Assert.That(File.Exists(b.Data.PromoteFile), Is.False, "left for nobody");
        File.WriteAllText(b.Data.PromoteFile, ""); // somebody looked before, and asks when it is over
        ProcessCalls.Kill(b.PostmasterPid!.Value, Signal.SIGUSR1);
        Eventually.Holds(() => !File.Exists(b.Data.PromoteFile));
    }

    [TestCase("promotion-2a")]
    [TestCase("promotion-2")]
    [TestCase("promotion-3")]
    [TestCase("promotion-4")]
    [TestCase("promotion-5")]
    [TestCase("promotion-6")]
    [TestCase("promotion-7")]
    [TestCase("promotion-8")]
    public void A_promotion_killed_after_a_step_is_completed_with_the_same_numbers(string step)
    {
        using TestNode a = TestNode.Primary(segmentMegabytes: 1).Start();
        using TestNode b = a.Standby().Start("synchronous_standby_names=");
        Eventually.Holds(() => a.Streams("b"));
        Lsn last = a.EmitAll([.. Enumerable.Range(0, 20).Select(i => i.ToString()), "last"]);
        Eventually.Holds(() => Lsn.Parse(b.Ask("SELECT pg_last_wal_replay_lsn()")!) > last);
        a.KillAll();
        File.WriteAllText(b.CrashPointFile, step);
        File.WriteAllText(b.Data.PromoteFile, "");
        ProcessCalls.Kill(b.PostmasterPid!.Value, Signal.SIGUSR1);
        Eventually.Holds(() => b.Log.Contains("all server processes terminated; reinitializing"));
        Eventually.Holds(() => b.TryAsk("SELECT pg_is_in_recovery()") == "f");
        b.Emit("after");
        string[] expected = [.. Enumerable.Range(0, 20).Select(i => i.ToString()), "last", "after"];
        Assert.That(b.MessagesOnDisk(), Is.EqualTo(expected));
        Assert.That(TimelineHistoryFiles.FindNewest(b.Data, TimelineId.First), Is.EqualTo(new TimelineId(2)), "one promotion, one timeline");
        Assert.That(File.Exists(b.Data.PromotingSignal), Is.False);
        Assert.That(File.Exists(b.Data.StandbySignal), Is.False);
        b.KillAll();
        b.Start(); // and what it wrote is good enough for one more crash
        Assert.That(b.MessagesOnDisk(), Is.EqualTo(expected));
    }

    [Test]
    public void An_old_primary_is_refused_by_its_peer_and_comes_back_by_rejoin()
    {
        using TestNode a = TestNode.Primary().Start();
        using TestNode b = a.Standby().Start();
        Eventually.Holds(() => a.Streams("b"));
        Lsn common = a.Emit("common");
        Eventually.Holds(() => Lsn.Parse(b.Ask("SELECT pg_last_wal_receive_lsn()")!) > common);
        foreach (int pid in b.Children("walreceiver"))
            ProcessCalls.Kill(pid, Signal.SIGTERM); // what follows reaches a alone, more or less
        a.Emit("perhaps on a alone");
        a.KillAll();
        Assert.That(b.Ask("SELECT pg_promote(true, 120)"), Is.EqualTo("t"));
        b.Emit("on b");

        (int code, _, _) = a.TryStart($"pgrepl.peers={b.Conninfo}");
        Assert.That(code, Is.EqualTo(1));
        Assert.That(a.Log, Does.Match("FATAL:  timeline 2 forked from this server's timeline 1 at [0-9A-F/]+, on host="));

        b.Stop();
        Assert.That(a.TryStart($"pgrepl.peers={b.Conninfo}").Code, Is.EqualTo(1), "it was told once, and its peer need not be there to tell it again");
        Assert.That(a.Log, Does.Match("FATAL:  timeline 2 forked from this server's timeline 1 at [0-9A-F/]+, as file \"00000002.history\" says"));
        b.Start();

        (code, string output, string errors) = Build.Pgrepl("rejoin", "-D", a.Data.Path, "--from", b.Conninfo + " application_name=a", "-l", a.LogFile);
        Assert.That(code, Is.Zero, output + errors + a.Log);
        Eventually.Holds(() => b.Streams("a"));
        Lsn end = b.Emit("after rejoin");
        Eventually.Holds(() => Lsn.Parse(a.TryAsk("SELECT pg_last_wal_replay_lsn()") ?? "0/1") > end);
        Assert.That(a.MessagesOnDisk(), Is.EqualTo(b.MessagesOnDisk()));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void A_standby_whose_stream_stopped_amid_the_empty_pages_behind_a_segment_switch_can_be_promoted(bool restarted)
    {
        using TestNode a = TestNode.Primary().Start();
        string folder = Directory.CreateDirectory(Path.Combine(a.Folder, "proxy")).FullName;
        using StallingProxy proxy = new(Path.Combine(a.Folder, ".s.PGSQL.5432"), folder);
        using TestNode b = a.Standby();
        string upstream = $"primary_conninfo=host={folder} port=5432 user=postgres application_name=b";
        b.Start(upstream);
        Eventually.Holds(() => a.Streams("b"));
        Lsn before = a.Emit("x");
        Eventually.Holds(() => b.TryAsk($"SELECT pg_last_wal_replay_lsn() > '{before}'") == "t");

        proxy.StopAfter(400_000); // of 16 MB
        Lsn switchEnd = Lsn.Parse(a.Ask("SELECT pg_switch_wal()"));
        Eventually.Holds(() => b.TryAsk($"SELECT pg_last_wal_receive_lsn() > '{switchEnd}'::pg_lsn + 1000") == "t");
        Assert.That(b.Ask($"SELECT pg_last_wal_replay_lsn() < '{switchEnd}'"), Is.EqualTo("t"), "not replayed before its segment is whole");
        a.KillAll();
        if (restarted)
        {
            b.KillAll();
            b.Start(upstream);
        }
        (int code, string output, string errors) = b.Pgrepl("promote", "-D", b.Data.Path);
        Assert.That(code, Is.Zero, output + errors);
        Lsn after = b.Emit("y");
        Assert.That(after, Is.GreaterThan(new Lsn(2UL << 24)), "the switch, which others may have got, is part of the past");
        Assert.That(b.MessagesOnDisk(), Is.EqualTo(new[] { "x", "y" }));
    }
}
