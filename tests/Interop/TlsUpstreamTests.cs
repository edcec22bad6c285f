using Pgrepl.Shared.Libpq;
using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests;

/// <summary>A PostgreSQL that lets nobody in for replication without a client's certificate, and a relay of it.</summary>
[Parallelizable(ParallelScope.Self)] // its tests change where the one relay follows from, one after the other
public sealed class TlsUpstreamTests
{
    private const string Secret = "an-open-secret";

    private TestCertificates _authority = null!, _other = null!;
    private PostgresServer _primary = null!;
    private TestNode _relay = null!;
    private string _address = "", _right = "";

    [OneTimeSetUp]
    public void Start()
    {
        _authority = new TestCertificates("authority");
        _other = new TestCertificates("another");
        _primary = PostgresServer.Primary(1);
        _address = _primary.UseTls(_authority, "hostssl all,replication certified all cert", "hostssl all,replication asked all scram-sha-256 clientcert=verify-full");
        _primary.Start();
        _primary.Ask("CREATE ROLE certified LOGIN REPLICATION");
        _primary.Ask($"CREATE ROLE asked LOGIN REPLICATION PASSWORD '{Secret}'");
        _authority.WriteAuthority(OfClient("root.crt"));
        _other.WriteAuthority(OfClient("other.crt"));
        _right = Conninfo("certified", Certificate("certified", _authority));
        _relay = TestNode.RelayOf(_right, "r").Start();
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _relay?.Dispose();
        _primary?.Dispose();
        _other.Dispose();
        _authority.Dispose();
    }

    [Test]
    public void A_relay_follows_by_its_certificate_and_is_refused_with_another()
    {
        StreamsAs("certified");
        Assert.That(_relay.Ask("SELECT conninfo FROM pg_stat_wal_receiver"), Does.Contain("sslmode=verify-full").And.Contain($"sslkey={OfClient("certified.key")}"));

        string named = Certificate("somebody", _authority), foreign = Certificate("foreign", _other);
        Refused(Conninfo("certified", named), "failed: FATAL:  certificate authentication failed for user \"certified\"");
        Refused(Conninfo("certified", "sslcert=/nowhere sslkey=/nowhere"), "failed: FATAL:  connection requires a valid client certificate");
        Refused(Conninfo("certified", foreign), "failed: SSL error: tlsv1 alert unknown ca");
        Refused(_right.Replace("root.crt", "other.crt", StringComparison.Ordinal), "failed: SSL error: certificate verify failed");
        Refused(_right.Replace("host=localhost", "host=elsewhere", StringComparison.Ordinal), "does not match host name \"elsewhere\"");

        _relay.FollowFrom(_right);
        StreamsAs("certified");
    }

    [Test]
    public void A_relay_has_its_password_from_a_file_or_its_settings_and_shows_it_nowhere()
    {
        string asked = Conninfo("asked", Certificate("asked", _authority)), passwords = OfClient("passwords");
        Refused(asked, "failed: fe_sendauth: no password supplied");
        File.WriteAllText(passwords, $"localhost:5432:replication:asked:{Secret}\n");
        BelongsToRelay(passwords);
        _relay.FollowFrom($"{asked} passfile={passwords}");
        StreamsAs("asked");

        _relay.FollowFrom($"{asked} password={Secret}");
        Eventually.Holds(() => _relay.TryAsk("SELECT conninfo FROM pg_stat_wal_receiver WHERE status = 'streaming' AND conninfo LIKE '%password=********%'") != null);
        StreamsAs("asked");
        Assert.That(_relay.Ask("SELECT conninfo FROM pg_stat_wal_receiver"), Does.Contain("sslmode=verify-full").And.Not.Contain(Secret));
        Assert.That(_relay.Pgrepl("status", "-D", _relay.Data.Path, "--json").Output, Does.Contain("********").And.Not.Contain(Secret));
        ShowsNoSecret();

        Build.Expect(_relay.Pgrepl("role", "add", "reader", "-D", _relay.Data.Path));
        using PgClient reader = PgClient.Connect(_relay.Conninfo.Replace("user=postgres", "user=reader", StringComparison.Ordinal), TimeSpan.FromSeconds(20));
        foreach (string how in new[] { "SHOW primary_conninfo", "SELECT current_setting('primary_conninfo')" })
            Assert.That(() => reader.QueryOrThrow(how).Dispose(), Throws.Exception.With.Message.EqualTo("must be superuser or have privileges of pg_read_all_settings to examine \"primary_conninfo\""));
    }

    /// <summary>What ps and /proc tell of every process of the relay.</summary>
    private void ShowsNoSecret()
    {
        int[] all = ProcessFacts.Of(_relay.Data.Path);
        string[] told = [.. all.SelectMany(pid => new[] { "cmdline", "environ", "comm" }.Select(file => ProcessFacts.TryRead($"/proc/{pid}/{file}")))];
        foreach (string process in new[] { "postmaster", "startup", "walwriter", "walreceiver", "walsender" })
            Assert.That(told, Has.Some.Contains("pgrepl-" + process), "each is looked at");
        Assert.That(told, Has.Some.Contains("PATH="));
        Assert.That(told, Has.None.Contains(Secret).And.None.Contains("PRIVATE KEY").And.None.Contains("sslkey"));
        Assert.That(_relay.Log, Does.Not.Contain(Secret));
    }

    private void StreamsAs(string user)
    {
        Eventually.Holds(() => _primary.TryAsk($"SELECT state || ' ' || ssl || ' ' || client_dn FROM pg_stat_replication JOIN pg_stat_ssl USING (pid) WHERE application_name = 'r'") == $"streaming true /CN={user}");
        Lsn end = Lsn.Parse(_primary.Ask("SELECT pg_logical_emit_message(true, 't', 'more')"));
        Eventually.Holds(() => _relay.Received() >= end);
    }

    private void Refused(string conninfo, string words)
    {
        int before = _relay.Log.Length;
        _relay.FollowFrom(conninfo);
        Eventually.Holds(() => _relay.Log.IndexOf(words, before, StringComparison.Ordinal) >= 0);
        Assert.That(_relay.Log[before..], Does.Contain("could not connect to the primary server"));
        Eventually.Holds(() => _primary.TryAsk("SELECT count(*) FROM pg_stat_replication") == "0");
    }

    private string Conninfo(string user, string certificate) =>
        $"host=localhost hostaddr={_address} port=5432 user={user} dbname=postgres application_name=r sslmode=verify-full sslrootcert={OfClient("root.crt")} {certificate}";

    /// <returns>libpq's words for it.</returns>
    private string Certificate(string name, TestCertificates from)
    {
        from.Write(name, OfClient(name + ".crt"), OfClient(name + ".key")).Dispose();
        BelongsToRelay(OfClient(name + ".key"));
        return $"sslcert={OfClient(name + ".crt")} sslkey={OfClient(name + ".key")}";
    }

    /// <summary>libpq takes keys and passwords from nobody else's files.</summary>
    private static void BelongsToRelay(string path)
    {
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        if (Environment.IsPrivilegedProcess)
            Build.Expect(Build.Run("chown", ["postgres", path]));
    }

    private string OfClient(string name) => Path.Combine(_primary.Folder, name);
}
