using System.Diagnostics;
using System.Net.Sockets;
using Pgrepl.Shared;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Drills.Tests;

public sealed class ProcessModelTests
{
    [Test]
    public void A_living_postmaster_blocks_a_second_one()
    {
        using TestNode node = TestNode.Primary().Start();
        (int code, _, string errors) = Build.Run(Path.Combine(Build.Folder, "pgrepl-postmaster"), ["-D", node.Data.Path]);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(errors, Does.Contain("FATAL:  lock file \"postmaster.pid\" already exists"));
        Assert.That(errors, Does.Contain($"HINT:  Is another postmaster (PID {node.PostmasterPid}) running in data directory"));
        Assert.That(node.Serves, "the living one is not disturbed");
    }

    [Test]
    public void A_killed_postmaster_takes_its_children_along_and_blocks_nothing()
    {
        using TestNode node = TestNode.Primary().Start();
        node.Emit("before");
        int[] children = [.. node.Children("walwriter"), .. node.Children("walsender")];
        Assert.That(children, Has.Length.GreaterThan(1));
        ProcessCalls.Kill(node.PostmasterPid!.Value, Signal.SIGKILL);
        Eventually.Holds(() => children.All(pid => !TestNode.IsRunning(pid)));
        node.Start();
        Assert.That(node.MessagesOnDisk(), Is.EqualTo(new[] { "before" }));
    }

    [Test]
    public void Smart_shutdown_waits_for_sessions_and_refuses_new_ones()
    {
        using TestNode node = TestNode.Primary().Start();
        using PgClient session = node.Connect();
        ProcessCalls.Kill(node.PostmasterPid!.Value, Signal.SIGTERM);
        Eventually.Holds(() => node.Log.Contains("received smart shutdown request"));
        PgException refused = Assert.Throws<PgException>(() => node.Connect().Dispose())!;
        Assert.That(refused.Message, Does.Contain("the database system is shutting down"));
        using (PgResult answer = session.QueryOrThrow("SELECT 1"))
            Assert.That(answer.Value(0, 0), Is.EqualTo("1"), "the open session goes on");
        session.Dispose();
        Eventually.Holds(() => node.PostmasterPid == null);
        Assert.That(node.Control.State, Is.EqualTo(DatabaseState.ShutDown));
    }

    [Test]
    public void Fast_shutdown_ends_sessions_with_57P01_and_a_checkpoint()
    {
        using TestNode node = TestNode.Primary().Start();
        using PgClient session = node.Connect();
        node.Stop();
        PgException ended = Assert.Throws<PgException>(() => session.QueryOrThrow("SELECT 1").Dispose())!;
        Assert.That(ended.Message, Does.Contain("terminating connection due to administrator command"));
        Assert.That(node.Control.State, Is.EqualTo(DatabaseState.ShutDown));
    }

    [Test]
    public void Immediate_shutdown_writes_no_checkpoint_and_recovers()
    {
        using TestNode node = TestNode.Primary().Start();
        node.Emit("before");
        node.Stop("immediate");
        Assert.That(node.Control.State, Is.EqualTo(DatabaseState.InProduction));
        node.Start();
        Assert.That(node.Log, Does.Contain("database system was interrupted"));
        Assert.That(node.MessagesOnDisk(), Is.EqualTo(new[] { "before" }));
    }

    [Test]
    public void A_full_node_answers_53300()
    {
        using TestNode node = TestNode.Primary().Start("max_connections=2", "reserved_connections=0", "max_wal_senders=1");
        using PgClient one = node.Connect(), two = node.Connect();
        PgException full = Assert.Throws<PgException>(() => node.Connect().Dispose())!;
        Assert.That(full.Message, Does.Contain("sorry, too many clients already"));
        using PgClient stream = node.Connect("replication=true");
        PgException noSender = Assert.Throws<PgException>(() => node.Connect("replication=true").Dispose())!;
        Assert.That(noSender.Message, Does.Contain("number of requested standby connections exceeds max_wal_senders (currently 1)"));
        one.Dispose();
        Eventually.Holds(() => node.Serves);
    }

    [Test]
    public void A_starting_node_answers_57P03()
    {
        using TestNode node = TestNode.Primary();
        using Socket silent = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        silent.Bind(new UnixDomainSocketEndPoint(Path.Combine(node.Folder, ".s.PGSQL.6000")));
        silent.Listen(); // accepts and never answers: startup waits for this peer
        Task<(int Code, string, string)> start = Task.Run(() => node.TryStart($"pgrepl.peers=host={node.Folder} port=6000"));
        List<string> answers = [];
        using ManualResetEvent never = new(false);
        while (!start.IsCompleted)
        {
            try
            {
                node.Connect().Dispose();
            }
            catch (PgException error)
            {
                answers.Add(error.Message);
                never.WaitOne(50);
            }
        }
        Assert.That(start.Result.Code, Is.Zero, node.Log);
        Assert.That(answers, Has.Some.Contains("the database system is starting up"));
    }

    [TestCase("walwriter")]
    [TestCase("walsender")]
    public void A_killed_child_of_a_primary_loses_nothing_acknowledged(string kind)
    {
        using TestNode node = TestNode.Primary().Start();
        using Load load = new(node);
        Eventually.Holds(() => load.Acknowledged.Count > 100);
        int[] victims = node.Children(kind);
        Assert.That(victims, Is.Not.Empty);
        ProcessCalls.Kill(victims[^1], Signal.SIGKILL);
        Eventually.Holds(() => node.Log.Contains("all server processes terminated; reinitializing"));
        int before = load.Acknowledged.Count;
        Eventually.Holds(() => load.Acknowledged.Count > before + 100);
        Assert.That(load.MissingFrom(node), Is.Empty, "acknowledged and not on disk");
        Assert.That(node.PostmasterPid, Is.Not.Null);
    }

    [Test]
    public void A_killed_stream_resets_the_primary_and_loses_nothing_acknowledged()
    {
        using TestNode a = TestNode.Primary().Start("synchronous_standby_names=b");
        using TestNode b = a.Standby().Start();
        Eventually.Holds(() => a.Streams("b"));
        int stream = int.Parse(a.Ask("SELECT pid FROM pg_stat_replication")!);
        using Load load = new(a);
        Eventually.Holds(() => load.Acknowledged.Count > 50);
        ProcessCalls.Kill(stream, Signal.SIGKILL);
        Eventually.Holds(() => a.Log.Contains("all server processes terminated; reinitializing"));
        int before = load.Acknowledged.Count;
        Eventually.Holds(() => load.Acknowledged.Count > before + 100);
        load.Dispose();
        a.KillAll();
        Assert.That(load.MissingFrom(b), Is.Empty, "acknowledged by a, and not on the disk of its synchronous standby");
        Assert.That(load.MissingFrom(a), Is.Empty, "acknowledged by a, and not on its own disk");
    }

    [TestCase("startup")]
    [TestCase("walreceiver")]
    [TestCase("walwriter")]
    public void A_killed_child_of_a_standby_loses_nothing_acknowledged(string kind)
    {
        using TestNode a = TestNode.Primary().Start("synchronous_standby_names=b");
        using TestNode b = a.Standby().Start();
        Eventually.Holds(() => a.Streams("b"));
        using Load load = new(a);
        Eventually.Holds(() => load.Acknowledged.Count > 50);
        ProcessCalls.Kill(b.Children(kind).Single(), Signal.SIGKILL);
        Eventually.Holds(() => b.Log.Contains("all server processes terminated; reinitializing"));
        int before = load.Acknowledged.Count;
        Eventually.Holds(() => load.Acknowledged.Count > before + 100);
        load.Dispose();
        a.KillAll();
        Assert.That(load.MissingFrom(b), Is.Empty, "acknowledged by a, and not on the disk of its synchronous standby");
    }
}
