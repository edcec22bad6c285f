namespace Pgrepl.Interop.Tests;

/// <summary>A node as pgrepl init makes it: PostgreSQL's own programs get in over TCP with the right password, and not without.</summary>
public sealed class PasswordTests
{
    private const string Secret = "an-open-secret";

    private TestNode _node = null!;

    [OneTimeSetUp]
    public void Start()
    {
        _node = TestNode.PrimaryWithPassword(Secret).Start();
        AddRole(_node, "replicator", "--replication");
        AddRole(_node, "reader");
    }

    [OneTimeTearDown]
    public void Stop() => _node?.Dispose();

    [Test]
    public void Psql_gets_in_with_the_right_password_alone()
    {
        Assert.That(Psql("postgres", Secret, "SELECT current_user, current_setting('is_superuser')").Output, Is.EqualTo("postgres|on\n"));
        Assert.That(Psql("postgres", "wrong", "SELECT 1").Errors, Does.Contain("FATAL:  password authentication failed for user \"postgres\""));
        Assert.That(Psql("stranger", Secret, "SELECT 1").Errors, Does.Contain("FATAL:  password authentication failed for user \"stranger\""), "it does not say that there is no such role");
        Assert.That(Psql("postgres", null, "SELECT 1").Errors, Does.Contain("fe_sendauth: no password supplied"));
        Assert.That(_node.Log, Does.Contain("Role \"stranger\" does not exist.").And.Contain("Connection matched pg_hba.conf line 6: \"host     all          all   127.0.0.1/32   scram-sha-256\""));
        Assert.That(_node.Log, Does.Not.Contain(Secret));
        Assert.That(File.ReadAllText(_node.Data.RoleFile), Does.Not.Contain(Secret));
    }

    [Test]
    public void Pg_receivewal_needs_the_password_of_a_role_that_may_replicate()
    {
        string Receivewal(string user, string password) => PostgresTools.Run("pg_receivewal", "-n", "-D", _node.Folder, "-d", Conninfo(_node, user, password)).Errors;
        Assert.That(Receivewal("replicator", "wrong"), Does.Contain("FATAL:  password authentication failed for user \"replicator\""));
        Assert.That(Receivewal("reader", Secret), Does.Contain("FATAL:  must be superuser or replication role to start walsender"));
        using Received received = new(_node, Conninfo(_node, "replicator", Secret), ["--synchronous"]);
        received.HasUpTo(_node, _node.Emit("for whom it is meant"));
        received.Stop();
    }

    [Test]
    public void A_role_may_do_what_it_was_given()
    {
        Assert.That(Psql("reader", Secret, "SELECT pg_switch_wal()").Errors, Does.Contain("ERROR:  permission denied for function pg_switch_wal"));
        Assert.That(Psql("reader", Secret, "SELECT pg_reload_conf()").Errors, Does.Contain("ERROR:  permission denied for function pg_reload_conf"));
        Assert.That(Psql("reader", Secret, "SELECT pg_promote()").Errors, Does.Contain("ERROR:  permission denied for function pg_promote"));
        Assert.That(Psql("reader", Secret, "SELECT pg_create_physical_replication_slot('s')").Errors, Does.Contain("ERROR:  must be superuser or replication role to use replication slots"));
        Assert.That(Psql("reader", Secret, "SELECT current_setting('is_superuser'), pg_is_in_recovery()").Output, Is.EqualTo("off|f\n"));
        Assert.That(Psql("replicator", Secret, "SELECT slot_name FROM pg_create_physical_replication_slot('s')").Output, Is.EqualTo("s\n"));
        Assert.That(Psql("postgres", Secret, "SELECT pg_reload_conf()").Output, Is.EqualTo("t\n"));
    }

    [Test]
    public void A_dropped_role_and_a_role_without_a_password_do_not_get_in()
    {
        AddRole(_node, "leaver");
        Assert.That(Psql("leaver", Secret, "SELECT 1").Output, Is.EqualTo("1\n"));
        Build.Expect(_node.Pgrepl("role", "drop", "leaver", "-D", _node.Data.Path));
        Assert.That(Psql("leaver", Secret, "SELECT 1").Errors, Does.Contain("password authentication failed"));
        Build.Expect(_node.Pgrepl("role", "add", "nobody", "-D", _node.Data.Path));
        Assert.That(Psql("nobody", Secret, "SELECT 1").Errors, Does.Contain("password authentication failed"));
        Assert.That(_node.Log, Does.Contain("User \"nobody\" has no password assigned."));
        Assert.That(_node.Pgrepl("role", "list", "-D", _node.Data.Path).Output, Is.EqualTo("nobody  (no password)\npostgres  (superuser, replication)\nreader\nreplicator  (replication)\n"));
        Build.Expect(_node.Pgrepl("role", "drop", "nobody", "-D", _node.Data.Path));
    }

    [Test]
    public void A_PostgreSQL_standby_streams_from_a_relay_with_its_password_and_not_with_another()
    {
        using PostgresServer primary = PostgresServer.Primary().Start();
        using TestNode relay = TestNode.Relay(primary).OnTcp();
        File.AppendAllText(relay.Data.HbaFile, "host replication all 127.0.0.1/32 scram-sha-256\n");
        File.WriteAllText(relay.Data.HbaFile, string.Concat(File.ReadLines(relay.Data.HbaFile).Where(l => !l.Contains("127.0.0.1/32   trust", StringComparison.Ordinal)).Select(l => l + "\n")));
        AddRole(relay, "standby", "--replication");
        relay.Start();
        using PostgresServer standby = primary.Standby(Conninfo(relay, "standby", Secret) + " application_name=s").Start();
        Eventually.Holds(() => relay.Streams("s"));
        Follow("wrong");
        Eventually.Holds(() => standby.Log.Contains("password authentication failed for user \"standby\"", StringComparison.Ordinal));
        Follow(Secret);
        Eventually.Holds(() => relay.Streams("s"));
        primary.Ask("CREATE TABLE behind_a_password AS SELECT 1 AS n");
        Eventually.Holds(() => standby.TryAsk("SELECT n FROM behind_a_password") == "1");

        void Follow(string password)
        {
            standby.Configure($"primary_conninfo = '{Conninfo(relay, "standby", password)} application_name=s'");
            standby.Ask("SELECT pg_reload_conf()");
        }
    }

    private static void AddRole(TestNode node, string name, params string[] options)
    {
        string file = Path.Combine(node.Folder, name + ".password");
        File.WriteAllText(file, Secret + "\n");
        Build.Expect(node.Pgrepl(["role", "add", name, "-D", node.Data.Path, "--pwfile", file, .. options]));
    }

    private static string Conninfo(TestNode node, string user, string? password) =>
        $"host=127.0.0.1 port={node.Port} user={user} dbname=postgres" + (password is null ? "" : $" password={password}");

    private (int Code, string Output, string Errors) Psql(string user, string? password, string sql) =>
        PostgresTools.Run("psql", "-X", "-w", "-A", "-t", "-d", Conninfo(_node, user, password), "-c", sql);
}
