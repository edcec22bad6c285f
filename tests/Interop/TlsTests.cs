using System.Security.Cryptography;

namespace Pgrepl.Interop.Tests;

/// <summary>A node with TLS: what PostgreSQL's own programs make of it.</summary>
public sealed class TlsTests
{
    private const string Secret = "an-open-secret";

    private TestCertificates _authority = null!;
    private TestNode _node = null!;
    private string _root = "";

    [OneTimeSetUp]
    public void Start()
    {
        _authority = new TestCertificates("authority");
        _node = TestNode.PrimaryWithPassword(Secret);
        _root = Path.Combine(_node.Folder, "root.crt");
        _authority.WriteAuthority(_root);
        WriteServer();
        _node.Configure("listen_addresses = '127.0.0.1'", "ssl = true");
        _node.Start();
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _node?.Dispose();
        _authority.Dispose();
    }

    [Test]
    public void Psql_gets_in_over_tls_and_knows_whom_it_speaks_to()
    {
        Assert.That(Psql("sslmode=require", "SELECT 1").Output, Is.EqualTo("1\n"));
        Assert.That(Psql($"sslmode=verify-full sslrootcert={_root}", "SELECT repeat('x', 3)").Output, Is.EqualTo("xxx\n"));
        using TestCertificates other = new("another");
        string stranger = Path.Combine(_node.Folder, "stranger.crt");
        other.WriteAuthority(stranger);
        Assert.That(Psql($"sslmode=verify-full sslrootcert={stranger}", "SELECT 1").Errors, Does.Contain("certificate verify failed"));
        Assert.That(Psql("sslmode=require", "SELECT 1", password: "wrong").Errors, Does.Contain("FATAL:  password authentication failed for user \"postgres\""), "the last word is not lost");
        Assert.That(Psql("sslmode=disable", "SELECT 1").Output, Is.EqualTo("1\n"), "without is possible as before");
        Assert.That(PostgresTools.Run("psql", "-X", "-At", "-d", _node.Conninfo + " sslmode=require", "-c", "SELECT 1").Output, Is.EqualTo("1\n"), "libpq does not ask on a Unix socket");
    }

    [Test]
    public void A_password_is_bound_to_the_certificate()
    {
        Assert.That(Psql("sslmode=require channel_binding=require", "SELECT 1").Output, Is.EqualTo("1\n"));
        Assert.That(Psql("sslmode=disable channel_binding=require", "SELECT 1").Errors, Does.Contain("channel binding required"));
    }

    [Test]
    public void Pg_receivewal_gets_every_byte_over_tls()
    {
        using Received received = new(_node, Conninfo("sslmode=verify-full sslrootcert=" + _root), ["--synchronous"]);
        for (int i = 0; i < 3; i++)
        {
            for (int j = 0; j < 20; j++)
                _node.Emit(new string((char)('a' + i), 50_000));
            _node.Ask("SELECT pg_switch_wal()");
        }
        received.HasUpTo(_node, _node.Emit("the last"));
        Assert.That(received.CompleteSegmentsEqualTo(_node), Is.GreaterThanOrEqualTo(3));
        received.Stop();
    }

    [Test]
    public void A_large_answer_and_a_cancel_request_come_through()
    {
        Assert.That(Psql("sslmode=require", "SELECT * FROM generate_series(1, 200000)").Output.Length, Is.EqualTo(1_288_895));
    }

    private void WriteServer(HashAlgorithmName? hash = null) =>
        _authority.Write("localhost", Path.Combine(_node.Data.Path, "server.crt"), Path.Combine(_node.Data.Path, "server.key"), hash);

    private string Conninfo(string extra, string password = Secret) => $"host=127.0.0.1 port={_node.Port} user=postgres dbname=postgres password={password} {extra}";

    private (int Code, string Output, string Errors) Psql(string extra, string sql, string password = Secret) =>
        PostgresTools.Run("psql", "-X", "-w", "-A", "-t", "-d", Conninfo(extra, password), "-c", sql);
}
