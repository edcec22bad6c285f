using Pgrepl.Shared.Protocol;

namespace Pgrepl.Interop.Tests;

/// <summary>A node with TLS: what PostgreSQL's own programs make of it.</summary>
public sealed class TlsTests
{
    private const string Secret = "an-open-secret";

    private TestCertificates _authority = null!;
    private TestNode _node = null!;
    private string _root = "";

    private const string Lines = """
        hostssl all tls_only 127.0.0.1/32 trust
        hostnossl all clear_only 127.0.0.1/32 trust
        host all tls_only,clear_only 127.0.0.1/32 reject
        hostssl all certified 127.0.0.1/32 cert
        hostssl all mapped 127.0.0.1/32 cert map=robots
        hostssl all dn 127.0.0.1/32 cert clientname=DN map=robots
        hostssl all whole 127.0.0.1/32 trust clientcert=verify-full clientname=DN
        hostssl all anybody 127.0.0.1/32 trust clientcert=verify-ca
        hostssl all named 127.0.0.1/32 scram-sha-256 clientcert=verify-full

        """;

    [OneTimeSetUp]
    public void Start()
    {
        _authority = new TestCertificates("authority");
        _node = TestNode.PrimaryWithPassword(Secret);
        _root = Path.Combine(_node.Folder, "root.crt");
        _authority.WriteAuthority(_root);
        _authority.Write("localhost", Path.Combine(_node.Data.Path, "server.crt"), Path.Combine(_node.Data.Path, "server.key"));
        File.Copy(_root, Path.Combine(_node.Data.Path, "clients.crt"));
        File.WriteAllText(_node.Data.HbaFile, Lines + File.ReadAllText(_node.Data.HbaFile));
        File.AppendAllText(_node.Data.IdentFile, "robots robot-1 mapped\nrobots \"CN=robot-2,OU=works,O=A \\+ B\" dn\nrobots \"/^CN=(.*),OU=works,O=Other$\" \\1\n");
        _node.Configure("listen_addresses = '127.0.0.1'", "ssl = true", "ssl_ca_file = 'clients.crt'");
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
    public void A_large_answer_comes_through() =>
        Assert.That(Psql("sslmode=require", "SELECT * FROM generate_series(1, 200000)").Output.Length, Is.EqualTo(1_288_895));

    [Test]
    public void Lines_for_tls_and_without_match_by_it()
    {
        Assert.That(Psql("user=tls_only sslmode=require", "SELECT 1").Output, Is.EqualTo("1\n"));
        Assert.That(Psql("user=tls_only sslmode=disable", "SELECT 1").Errors, Does.Contain("FATAL:  pg_hba.conf rejects connection for host \"127.0.0.1\", user \"tls_only\", database \"postgres\", no encryption"));
        Assert.That(Psql("user=clear_only sslmode=disable", "SELECT 1").Output, Is.EqualTo("1\n"));
        Assert.That(Psql("user=clear_only sslmode=require", "SELECT 1").Errors, Does.Contain("FATAL:  pg_hba.conf rejects connection for host \"127.0.0.1\", user \"clear_only\", database \"postgres\", SSL encryption"));
    }

    [Test]
    public void A_client_certificate_names_the_user()
    {
        string good = Certificate("certified", _authority), robot = Certificate("robot-1", _authority), named = Certificate("named", _authority);
        using TestCertificates other = new("another");
        string foreign = Certificate("certified-elsewhere", other);
        Assert.That(Psql("user=certified sslmode=require " + good, "SELECT current_user").Output, Is.EqualTo("certified\n"));
        Assert.That(Psql("user=certified sslmode=require", "SELECT 1").Errors, Does.Contain("FATAL:  connection requires a valid client certificate"));
        Assert.That(Psql("user=certified sslmode=require " + robot, "SELECT 1").Errors, Does.Contain("FATAL:  certificate authentication failed for user \"certified\""));
        Assert.That(_node.Log, Does.Contain("The certificate's common name is \"robot-1\"."));
        Assert.That(Psql("user=mapped sslmode=require " + robot, "SELECT current_user").Output, Is.EqualTo("mapped\n"));
        Assert.That(Psql("user=anybody sslmode=require " + robot, "SELECT current_user").Output, Is.EqualTo("anybody\n"));
        Assert.That(Psql("user=anybody sslmode=require", "SELECT 1").Errors, Does.Contain("FATAL:  connection requires a valid client certificate"));
        Assert.That(Psql("user=anybody sslmode=require " + foreign, "SELECT 1").Code, Is.Not.Zero, "signed by another");
        Eventually.Holds(() => _node.Log.Contains("could not accept SSL connection", StringComparison.Ordinal));
        AddNamed();
        Assert.That(Psql("user=named sslmode=require " + named, "SELECT 1").Output, Is.EqualTo("1\n"));
        Assert.That(Psql("user=named sslmode=require " + named, "SELECT 1", "wrong").Errors, Does.Contain("password authentication failed"), "a certificate is no password");
        Assert.That(Psql("user=named sslmode=require " + robot, "SELECT 1").Errors, Does.Contain("FATAL:  password authentication failed for user \"named\""));
    }

    [Test]
    public void Bytes_before_the_handshake_and_old_versions_are_refused()
    {
        using (RawClient injector = RawClient.Tcp(_node))
        {
            injector.Send([.. RawClient.Packet(StartupPacket.SslRequestCode), .. RawClient.Startup(3 << 16, "user", "tls_only")]);
            Assert.That(injector.ReadUntilReady()[0], Does.Contain("received unencrypted data after SSL request"));
        }
        Assert.That(Handshake("-tls1_1"), Does.Not.Contain("New, TLS"));
        Assert.That(Handshake("-tls1_2"), Does.Contain("New, TLSv1.2"));
        Assert.That(Handshake("-tls1_3"), Does.Contain("New, TLSv1.3"));

        string Handshake(string version) => Build.Run("openssl", ["s_client", "-starttls", "postgres", "-connect", $"127.0.0.1:{_node.Port}", version, "-cipher", "DEFAULT@SECLEVEL=0"]).Output;
    }

    [Test]
    public void Direct_tls_needs_alpn_and_carries_cancel_requests_too()
    {
        using (TlsClient without = new(_node.Port, alpn: null))
            Assert.That(without.TrySend(RawClient.Startup(3 << 16, "user", "tls_only")), Is.Empty);
        Eventually.Holds(() => _node.Log.Contains("without ALPN protocol negotiation extension", StringComparison.Ordinal));

        using TlsClient client = new(_node.Port, "postgresql");
        string started = client.TrySend(RawClient.Startup(3 << 16, "user", "tls_only"), until: "Z\0\0\0\u0005I");
        int at = started.IndexOf("K\0\0\0\u000c", StringComparison.Ordinal) + 5;
        byte[] pidAndKey = [.. started.Substring(at, 8).Select(c => (byte)c)];
        client.Send(RawClient.Query("SELECT count(*) FROM generate_series(1, 2000000000)"));
        Eventually.Holds(() => _node.TryAsk("SELECT state FROM pg_stat_activity WHERE usename = 'tls_only' AND state = 'active'") == "active");
        using (TlsClient canceller = new(_node.Port, "postgresql"))
            Assert.That(canceller.TrySend(RawClient.Packet(StartupPacket.CancelRequestCode, pidAndKey)), Is.Empty);
        Assert.That(client.TrySend([], until: "Z\0\0\0\u0005I"), Does.Contain("canceling statement due to user request"));
    }

    [Test]
    public void A_standby_follows_over_tls_and_tells_nobody_its_password()
    {
        using TestNode standby = _node.Standby();
        string passwords = Path.Combine(_node.Folder, "passwords");
        File.WriteAllText(passwords, $"127.0.0.1:{_node.Port}:*:postgres:{Secret}\n");
        File.SetUnixFileMode(passwords, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        string upstream = $"host=127.0.0.1 port={_node.Port} user=postgres application_name=b channel_binding=require sslmode=verify-full sslrootcert={_root}";
        standby.Start($"primary_conninfo={upstream} passfile={passwords}");
        Eventually.Holds(() => _node.Streams("b"));
        standby.Stop();
        standby.Start($"primary_conninfo={upstream} password={Secret}");
        Eventually.Holds(() => _node.Streams("b"));
        Assert.That(standby.Ask("SELECT conninfo FROM pg_stat_wal_receiver"), Does.Contain("sslmode=verify-full").And.Not.Contain(Secret));
        Assert.That(standby.Log, Does.Not.Contain(Secret));
    }

    [Test]
    public void The_whole_subject_names_the_user()
    {
        string robot = Certificate("robot-2", _authority, "CN=robot-2, OU=works, O=\"A + B\""), other = Certificate("robot-3", _authority, "CN=dn, OU=works, O=Other"), common = Certificate("dn", _authority);
        Assert.That(Psql("user=dn sslmode=require " + robot, "SELECT current_user").Output, Is.EqualTo("dn\n"));
        Assert.That(Psql("user=dn sslmode=require " + other, "SELECT current_user").Output, Is.EqualTo("dn\n"), "by a regular expression");
        Assert.That(Psql("user=dn sslmode=require " + common, "SELECT 1").Errors, Does.Contain("FATAL:  certificate authentication failed for user \"dn\""), "its common name does not do");
        Assert.That(_node.Log, Does.Contain("The certificate's distinguished name is \"CN=dn\"."));
        Assert.That(Psql("user=whole sslmode=require " + robot, "SELECT 1").Errors, Does.Contain("FATAL:  \"trust\" authentication failed for user \"whole\""));
        Assert.That(_node.Log, Does.Contain("The certificate's distinguished name is \"CN=robot-2,OU=works,O=A \\+ B\"."));
    }

    /// <returns>libpq's words for a certificate that is made here.</returns>
    private string Certificate(string name, TestCertificates from, string? subject = null)
    {
        string path = Path.Combine(_node.Folder, name);
        from.Write(name, path + ".crt", path + ".key", subject: subject).Dispose();
        return $"sslcert={path}.crt sslkey={path}.key";
    }

    private void AddNamed()
    {
        string file = Path.Combine(_node.Folder, "named.password");
        File.WriteAllText(file, Secret + "\n");
        Build.Expect(_node.Pgrepl("role", "add", "named", "-D", _node.Data.Path, "--pwfile", file));
    }

    private string Conninfo(string extra, string password = Secret) => $"host=127.0.0.1 port={_node.Port} dbname=postgres password={password} {(extra.Contains("user=", StringComparison.Ordinal) ? "" : "user=postgres ")}{extra}";

    private (int Code, string Output, string Errors) Psql(string extra, string sql, string password = Secret) =>
        PostgresTools.Run("psql", "-X", "-w", "-A", "-t", "-d", Conninfo(extra, password), "-c", sql);
}
