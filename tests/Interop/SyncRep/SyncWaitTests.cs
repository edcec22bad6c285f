using Pgrepl.Shared.Native;

namespace Pgrepl.Interop.Tests.SyncRep;

/// <summary>Commits that wait for standbys, and everything that can end their wait: psql sees the same from a real PostgreSQL 15 and from ours.</summary>
[TestFixture(false, TestName = "PostgreSQL 15")]
[TestFixture(true, TestName = "pgrepl")]
[Parallelizable(ParallelScope.Self)] // its tests share the server, one after the other
public sealed class SyncWaitTests(bool ours)
{
    private const string Detail = "DETAIL:  The transaction has already committed locally, but might not have been replicated to the standby.\n";

    private SyncServer _server = null!;

    [OneTimeSetUp]
    public void Start() => _server = new SyncServer(ours);

    [OneTimeTearDown]
    public void Stop() => _server?.Dispose();

    [SetUp]
    public void Nobody_is_there() => _server.Demand("nobody");

    [Test, CancelAfter(60_000)]
    public void A_reload_that_asks_for_nobody_lets_them_go()
    {
        RunningProgram[] commits = [_server.Commit("a"), _server.Commit("b")];
        _server.Demand("");
        Assert.That(Array.ConvertAll(commits, Ended), Is.All.EqualTo((0, "")));
    }

    [Test, CancelAfter(60_000)]
    public void A_reload_that_asks_for_somebody_who_has_it_lets_them_go()
    {
        _server.Join("s1");
        RunningProgram commit = _server.Commit("c");
        _server.Demand("ANY 2 (s1, s2)");
        Assert.That(_server.Waiting("c"), Is.Not.Null, "one of two is not enough");
        _server.Demand("s1");
        Assert.That(Ended(commit), Is.EqualTo((0, "")));
        _server.Leave("s1");
    }

    [Test, CancelAfter(60_000)]
    public void A_standby_that_comes_lets_them_go()
    {
        _server.Demand("s2");
        RunningProgram commit = _server.Commit("d");
        _server.Join("s2");
        Assert.That(Ended(commit), Is.EqualTo((0, "")));
        _server.Leave("s2");
    }

    [Test, CancelAfter(60_000)]
    public void A_cancel_warns_and_the_commit_stands()
    {
        RunningProgram commit = _server.Commit("e"), other = _server.Commit("f");
        commit.Interrupt();
        Assert.That(Ended(commit), Is.EqualTo((1, "Cancel request sent\nWARNING:  canceling wait for synchronous replication due to user request\n" + Detail)));
        Assert.That(_server.Waiting("f"), Is.Not.Null, "the other one goes on waiting");
        _server.Demand("");
        Assert.That(Ended(other), Is.EqualTo((0, "")));
    }

    [Test, CancelAfter(60_000)]
    public void A_termination_warns_and_ends_the_session()
    {
        RunningProgram commit = _server.Commit("g");
        ProcessCalls.Kill(_server.Waiting("g")!.Value, Signal.SIGTERM);
        Assert.That(Ended(commit), Is.EqualTo((2, Terminated)));
    }

    [TestCase("fast"), CancelAfter(60_000)]
    public void A_shutdown_while_they_wait_does_not_wait_for_them(string mode)
    {
        RunningProgram commit = _server.Commit("h");
        _server.Stop(mode);
        Assert.That(Ended(commit), Is.EqualTo((2, Terminated)));
        _server.Start();
        Assert.That(_server.Ask("SHOW synchronous_standby_names"), Is.EqualTo("nobody"));
    }

    private static string Terminated =>
        "WARNING:  canceling the wait for synchronous replication and terminating connection due to administrator command\n" + Detail
        + "server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally\n\tbefore or while processing the request.\nconnection to server was lost\n";

    private static (int Code, string Said) Ended(RunningProgram psql) => (psql.End(), psql.Output);
}
