using System.Net;
using System.Text;
using Pgrepl.Shared.Libpq;

namespace Pgrepl.Interop.Tests.Hostile;

/// <summary>One address that begins handshakes and does not end them: it holds its own share of walsenders, and nobody else's.</summary>
[Parallelizable(ParallelScope.Self)] // its tests take all that an address may have
public sealed class HandshakeLimitTests
{
    private const string Secret = "nobody-guesses-this";

    private TestCertificates _authority = null!;
    private TestNode _node = null!;

    [OneTimeSetUp]
    public void Start()
    {
        _authority = new TestCertificates("authority");
        _node = TestNode.PrimaryWithPassword(Secret);
        _authority.Write("localhost", Path.Combine(_node.Data.Path, "server.crt"), Path.Combine(_node.Data.Path, "server.key"));
        Settings();
        _node.Start();
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _node?.Dispose();
        _authority.Dispose();
    }

    [TearDown]
    public void All_is_as_before()
    {
        Eventually.Holds(() => _node.Children("walsender").Length == 2);
        Assert.That(_node.Log, Does.Not.Contain("PANIC").And.Not.Contain("internal error"));
    }

    [Test, CancelAfter(60_000)]
    public void More_of_one_address_wait_for_their_turn_and_others_do_not()
    {
        using RawClient first = Begun(), second = Begun(), third = Begun();
        AssertAsked(first);
        AssertAsked(second);
        using (RawClient elsewhere = Begun("127.0.0.2"))
            Assert.That(elsewhere.ReadUntilReady(), Is.EqualTo(new[] { "E FATAL 28000 no pg_hba.conf entry for host \"127.0.0.2\", user \"postgres\", database \"postgres\", no encryption", "end" }), "another address is answered");
        Assert.That(_node.Ask("SELECT 1"), Is.EqualTo("1"), "Unix sockets are not counted");
        Assert.That(third.TakeSome(new byte[1]), Is.Zero, "it waits");
        TimeSpan before = ProcessFacts.ProcessorTime(_node.PostmasterPid!.Value);
        second.Dispose();
        AssertAsked(third);
        first.Dispose();
        Assert.That(Password(), Is.EqualTo((0, "1\n")), "who ends his handshake makes room, and does not count any more");
        Assert.That(ProcessFacts.ProcessorTime(_node.PostmasterPid!.Value) - before, Is.LessThan(TimeSpan.FromSeconds(1)), "it does not spin");
    }

    [Test, CancelAfter(60_000)]
    public void Sessions_that_are_in_do_not_count()
    {
        using PgClient first = Session(), second = Session(), third = Session();
        Assert.That(Password(), Is.EqualTo((0, "1\n")));
    }

    [Test, CancelAfter(60_000)]
    public void Handshakes_of_tls_count_too()
    {
        using RawClient first = AskingForTls(), second = AskingForTls();
        Assert.That((first.ReadByte(), second.ReadByte()), Is.EqualTo(('S', 'S')));
        using RawClient third = AskingForTls(), direct = RawClient.Tcp(_node).Send(0x16, 3, 1);
        using (RawClient elsewhere = Begun("127.0.0.2"))
            Assert.That(elsewhere.ReadUntilReady(), Has.Count.EqualTo(2));
        Assert.That(third.TakeSome(new byte[1]), Is.Zero, "it waits");
        Eventually.Holds(() => _node.Children("walsender").Length <= 4); // nor has the other one a process
        first.Dispose();
        Assert.That(third.ReadByte(), Is.EqualTo('S'));
    }

    [Test, CancelAfter(60_000)]
    public void Who_waits_too_long_is_told_why()
    {
        Settings("authentication_timeout = '1s'");
        Assert.That(_node.Ask("SELECT pg_reload_conf()"), Is.EqualTo("t"));
        Eventually.Holds(() => _node.Ask("SHOW authentication_timeout") == "1s");
        RawClient[] crowd = [.. Enumerable.Range(0, 5).Select(_ => Begun())];
        // The third may be let on by a first that is sent away meanwhile.
        Assert.That(crowd.Skip(2).Select(client => client.ReadUntilReady()[0]).ToArray(), Has.Some.EqualTo("E FATAL 53300 too many connections from \"127.0.0.1\" are not authenticated yet"));
        foreach (RawClient client in crowd)
            client.Dispose();
        Settings();
        Assert.That(_node.Ask("SELECT pg_reload_conf()"), Is.EqualTo("t"));
        Eventually.Holds(() => _node.Ask("SHOW authentication_timeout") == "1min");
    }

    private void Settings(params string[] more) =>
        _node.Configure(["listen_addresses = '127.0.0.1'", "ssl = true", "pgrepl.max_handshakes_per_address = 2", .. more]);

    private (int Code, string Output) Password()
    {
        (int code, string output, _) = PostgresTools.Run("psql", "-X", "-w", "-A", "-t", "-d", $"{Conninfo} password={Secret}", "-c", "SELECT 1");
        return (code, output);
    }

    private PgClient Session() => PgClient.Connect($"{Conninfo} password={Secret}", TimeSpan.FromSeconds(10));

    private string Conninfo => $"host=127.0.0.1 port={_node.Port} user=postgres dbname=postgres";

    private RawClient AskingForTls() => RawClient.Tcp(_node).Send(RawClient.Packet(80877103));

    /// <summary>It has said who it is, and no more.</summary>
    private RawClient Begun(string from = "127.0.0.1") =>
        RawClient.Tcp(_node, IPAddress.Parse(from)).Send(RawClient.Startup(3 << 16, "user", "postgres", "database", "postgres"));

    private static void AssertAsked(RawClient client) => Assert.That(Encoding.UTF8.GetString(client.ReadPayload()), Does.EndWith("SCRAM-SHA-256\0\0"));
}
