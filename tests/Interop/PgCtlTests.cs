namespace Pgrepl.Interop.Tests;

/// <summary>pg_ctl 15 as an ordinary user on a node's data directory: its files and signals are PostgreSQL's.</summary>
public sealed class PgCtlTests
{
    [Test]
    public void Status_reload_and_promote()
    {
        using TestNode a = TestNode.Primary(ordinaryUser: true);
        Assert.That(PgCtl(a, 3, "status"), Does.Contain("no server running"));
        a.Start();
        Assert.That(PgCtl(a, 0, "status"), Does.Contain($"server is running (PID: {a.PostmasterPid})"));

        a.Configure("wal_sender_timeout = '17s'");
        Assert.That(PgCtl(a, 0, "reload"), Does.Contain("server signaled"));
        Eventually.Holds(() => a.TryAsk("SHOW wal_sender_timeout") == "17s");
        Assert.That(PgCtl(a, 1, "promote"), Does.Contain("server is not in standby mode"));

        using TestNode b = a.Standby().Start();
        Eventually.Holds(() => a.Streams("b"));
        Assert.That(PgCtl(b, 0, "promote", "-w"), Does.Contain("server promoted"));
        Eventually.Holds(() => b.Ask("SELECT pg_is_in_recovery()") == "f"); // pg_ctl waits for pg_control to say so; the hand-over in memory follows
    }

    [TestCase("smart")]
    [TestCase("fast")]
    [TestCase("immediate")]
    public void Stop_in_every_mode(string mode)
    {
        using TestNode a = TestNode.Primary(ordinaryUser: true).Start();
        a.Emit("x");
        Assert.That(PgCtl(a, 0, "stop", "-m", mode, "-w"), Does.Contain("server stopped"));
        Assert.That(File.Exists(a.Data.PostmasterPid), Is.False);
        Assert.That(a.Control.State, Is.EqualTo(mode == "immediate" ? Shared.Storage.DatabaseState.InProduction : Shared.Storage.DatabaseState.ShutDown));
        a.Start();
        Assert.That(a.MessagesOnDisk(), Is.EqualTo(new[] { "x" }));
    }

    private static string PgCtl(TestNode node, int expectedCode, params string[] arguments)
    {
        (int code, string output, string errors) = PostgresTools.RunAsOwner("pg_ctl", [.. arguments, "-D", node.Data.Path]);
        Assert.That(code, Is.EqualTo(expectedCode), output + errors + node.Log);
        return output + errors;
    }
}
