using System.Net;
using System.Net.Sockets;

namespace Pgrepl.Interop.Tests;

/// <summary>pg_isready 15 tells the states of a node apart: 0 accepts, 1 rejects, 2 does not answer.</summary>
public sealed class IsReadyTests
{
    [Test]
    public void It_says_what_a_node_does_from_before_its_start_until_after_its_end()
    {
        using TestNode a = TestNode.Primary();
        Assert.That(IsReady(a), Is.EqualTo((2, "no response")));

        using (Socket silent = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            silent.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // a peer that never answers holds the start for a second
            silent.Listen();
            Task<TestNode> start = Task.Run(() => a.Start($"pgrepl.peers=host=127.0.0.1 port={((IPEndPoint)silent.LocalEndPoint!).Port} user=postgres dbname=postgres"));
            Eventually.Holds(() => IsReady(a).Code == 1);
            start.Wait();
        }
        Assert.That(IsReady(a), Is.EqualTo((0, "accepting connections")));

        using (TestNode b = a.Standby().Start())
            Assert.That(IsReady(b), Is.EqualTo((0, "accepting connections")), "a standby answers too");

        using Shared.Libpq.PgClient open = a.Connect(); // a smart shutdown waits for it
        Assert.That(a.Pgrepl("stop", "-D", a.Data.Path, "-m", "smart", "--no-wait").Code, Is.Zero);
        Eventually.Holds(() => IsReady(a).Says == "rejecting connections");
        open.Dispose();
        Eventually.Holds(() => IsReady(a).Code == 2);
    }

    private static (int Code, string Says) IsReady(TestNode node)
    {
        (int code, string output, _) = PostgresTools.Run("pg_isready", "-t", "60", "-d", node.Conninfo);
        return (code, output.Split(" - ")[1].TrimEnd());
    }
}
