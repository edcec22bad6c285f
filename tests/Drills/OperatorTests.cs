using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Pgrepl.Shared;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Drills.Tests;

public sealed class OperatorTests
{
    [Test]
    public void A_standby_by_recovery_conf_streams_and_its_promotion_renames_the_file()
    {
        using TestNode a = TestNode.Primary().Start();
        using TestNode b = a.Standby();
        File.Delete(b.Data.StandbySignal);
        File.Delete(b.Data.AutoConf);
        File.WriteAllText(b.Data.RecoveryConf, $"standby_mode = 'on'\nprimary_conninfo = '{a.Conninfo} application_name=b'\n");
        b.Start();
        Assert.That(b.Log, Does.Contain("following the latest timeline"));
        Eventually.Holds(() => a.Streams("b"));
        Lsn end = a.Emit("x");
        Eventually.Holds(() => Lsn.Parse(b.Ask("SELECT pg_last_wal_replay_lsn()")!) > end);
        a.KillAll();
        Assert.That(b.Ask("SELECT pg_promote(true, 120)"), Is.EqualTo("t"));
        Assert.That(File.Exists(b.Data.RecoveryConf), Is.False);
        Assert.That(File.Exists(b.Data.RecoveryDone));
        Assert.That(b.MessagesOnDisk(), Is.EqualTo(new[] { "x" }));
    }

    [Test]
    public void Both_kinds_of_standby_file_at_once_are_fatal()
    {
        using TestNode a = TestNode.Primary();
        File.WriteAllText(a.Data.StandbySignal, "");
        File.WriteAllText(a.Data.RecoveryConf, "standby_mode = 'on'\n");
        Assert.That(a.TryStart().Code, Is.EqualTo(1));
        Assert.That(a.Log, Does.Contain("\"standby.signal\" and \"recovery.conf\" cannot both be present"));
    }

    [Test]
    public void Reload_takes_what_it_may_and_names_what_needs_a_restart()
    {
        using TestNode a = TestNode.Primary().Start();
        a.Configure("wal_sender_timeout = '17s'", "max_connections = 77");
        Assert.That(Build.Pgrepl("reload", "-D", a.Data.Path).Code, Is.Zero);
        Eventually.Holds(() => a.Ask("SHOW wal_sender_timeout") == "17s");
        Assert.That(a.Ask("SHOW max_connections"), Is.EqualTo("100"));
        Assert.That(a.Log, Does.Contain("parameter \"max_connections\" cannot be changed without restarting the server"));
        Assert.That(a.Log, Does.Contain("parameter \"wal_sender_timeout\" changed to \"17s\""));
        a.Configure("wal_sender_timeout = 'soon'");
        Assert.That(Build.Pgrepl("reload", "-D", a.Data.Path).Code, Is.Zero);
        Eventually.Holds(() => a.Log.Contains("invalid value for parameter \"wal_sender_timeout\": \"soon\""));
        Assert.That(a.Ask("SHOW wal_sender_timeout"), Is.EqualTo("17s"), "a bad reload changes nothing");
        Assert.That(a.Log, Does.Contain($"configuration file \"{a.Data.TomlFile}\" contains errors; no changes were applied"));
        a.Configure("max_connections = 77");
        Assert.That(Build.Pgrepl("reload", "-D", a.Data.Path).Code, Is.Zero);
        Eventually.Holds(() => a.Log.Contains("parameter \"wal_sender_timeout\" removed from configuration file, reset to default"));
        Eventually.Holds(() => a.Ask("SHOW wal_sender_timeout") == "1min");
        (int code, string output, string errors) = Build.Pgrepl("restart", "-D", a.Data.Path);
        Assert.That(code, Is.Zero, output + errors);
        Assert.That(a.Ask("SHOW max_connections"), Is.EqualTo("77"));
    }

    [Test]
    public void A_file_outside_names_its_node_and_stays_its_configuration()
    {
        using TestNode a = TestNode.Primary();
        string config = Path.Combine(a.Folder, "node.toml");
        File.WriteAllLines(config, [.. File.ReadAllLines(a.Data.TomlFile), $"data_directory = '{a.Data.Path}'", "wal_keep_size = '77MB'"]);
        File.WriteAllText(a.Data.TomlFile, "not read\n");
        File.WriteAllText(config, File.ReadAllText(config).Replace("wal_keep_size = '1GB'", "", StringComparison.Ordinal));
        (int code, string output, string errors) = Build.Pgrepl("start", "--config", config, "-l", a.LogFile);
        Assert.That(code, Is.Zero, output + errors + a.Log);
        Assert.That(a.Ask("SHOW wal_keep_size"), Is.EqualTo("77MB"));
        Assert.That(Build.Pgrepl("restart", "-D", a.Data.Path).Code, Is.Zero, a.Log);
        Assert.That(a.Ask("SHOW wal_keep_size"), Is.EqualTo("77MB"));
    }

    [Test]
    public void The_last_connections_are_kept_for_the_operator()
    {
        using TestNode a = TestNode.Primary();
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        int port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        a.Start("listen_addresses=127.0.0.1", $"port={port}", "max_connections=3", "reserved_connections=1");
        string tcp = $"host=127.0.0.1 port={port} user=postgres dbname=postgres", local = $"host={a.Folder} port={port} user=postgres dbname=postgres";
        var limit = TimeSpan.FromSeconds(60);
        using PgClient one = PgClient.Connect(tcp, limit), two = PgClient.Connect(tcp, limit);
        PgException e = Assert.Throws<PgException>(() => PgClient.Connect(tcp, limit).Dispose())!;
        Assert.That(e.Message, Does.Contain("remaining connection slots are reserved for non-replication superuser connections"));
        using PgClient three = PgClient.Connect(local, limit);
        e = Assert.Throws<PgException>(() => PgClient.Connect(local, limit).Dispose())!;
        Assert.That(e.Message, Does.Contain("sorry, too many clients already"));
    }

    [Test]
    public void Status_tells_by_its_exit_code_and_as_json()
    {
        using TestNode a = TestNode.Primary();
        Assert.That(Build.Pgrepl("status", "-D", a.Data.Path).Code, Is.EqualTo(3));
        Assert.That(Build.Pgrepl("status", "-D", a.Data.Path + "-not-there").Code, Is.EqualTo(4));
        a.Start();
        (int code, string output, _) = Build.Pgrepl("status", "-D", a.Data.Path, "--json");
        Assert.That(code, Is.Zero);
        JsonElement status = JsonDocument.Parse(output).RootElement;
        Assert.That(status.GetProperty("running").GetBoolean());
        Assert.That(status.GetProperty("pid").GetInt32(), Is.EqualTo(a.PostmasterPid));
        Assert.That(status.GetProperty("timeline").GetInt32(), Is.EqualTo(1));
    }

    [Test]
    public void A_bad_setting_is_refused_with_its_place()
    {
        using TestNode a = TestNode.Primary();
        a.Configure("wal_keep_sise = '1GB'");
        Assert.That(a.TryStart().Code, Is.EqualTo(1));
        Assert.That(a.Log, Does.Match("pgrepl.toml\" line 7, column 1: .*wal_keep_sise"));
    }
}
