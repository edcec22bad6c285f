using Pgrepl.Shared.Config;
using Pgrepl.Shared.Storage;
using Pgrepl.Shared.Tests.Storage;

namespace Pgrepl.Shared.Tests.Config;

public sealed class NodeConfigurationTests : WithTestDirectory
{
    [Test]
    public void An_empty_directory_has_the_defaults_and_knows_its_files()
    {
        SettingValues values = NodeConfiguration.Load(Data, []);
        Assert.Multiple(() =>
        {
            Assert.That(values["data_directory"], Is.EqualTo(Data.Path));
            Assert.That(values["hba_file"], Is.EqualTo(Data.HbaFile));
            Assert.That(values.Changes(SettingValues.Defaults).Count(), Is.EqualTo(3));
        });
    }

    [Test]
    public void Later_sources_override_earlier_ones()
    {
        File.WriteAllText(Data.TomlFile, """
            port = 1111
            wal_writer_delay = "1s"
            primary_conninfo = "host=toml"
            primary_slot_name = "toml"
            hba_file = "my_hba.conf"
            listen_addresses = ["a", "b"]
            unix_socket_permissions = 0o700
            [pgrepl]
            peers = ["host=x", "host=y options='-c a=b;c'"]
            require_peer = true
            """);
        File.WriteAllText(Data.StandbySignal, "");
        File.WriteAllText(Data.AutoConf, "primary_conninfo = 'host=auto'\nport = 2222\nprimary_slot_name = 'auto'\n");
        SettingValues values = NodeConfiguration.Load(Data, ["primary-slot-name=cli", "wal_keep_size=1GB"]);
        Assert.Multiple(() =>
        {
            Assert.That((values.Int("port"), values.Source("port")), Is.EqualTo((1111, SettingSource.ConfigurationFile)), "postgresql.auto.conf gives recovery settings alone");
            Assert.That((values["primary_conninfo"], values.Source("primary_conninfo")), Is.EqualTo(("host=auto", SettingSource.RecoverySettings)));
            Assert.That((values["primary_slot_name"], values.Source("primary_slot_name")), Is.EqualTo(("cli", SettingSource.CommandLine)));
            Assert.That(values.Show("wal_keep_size"), Is.EqualTo("1GB"));
            Assert.That(values.Duration("wal_writer_delay"), Is.EqualTo(TimeSpan.FromSeconds(1)));
            Assert.That(values["hba_file"], Is.EqualTo(Path.Combine(Data.Path, "my_hba.conf")));
            Assert.That(values.List("listen_addresses"), Is.EqualTo(new[] { "a", "b" }));
            Assert.That(values.List("pgrepl.peers"), Is.EqualTo(new[] { "host=x", "host=y options='-c a=b;c'" }));
            Assert.That(values.Bool("pgrepl.require_peer"), Is.True);
            Assert.That(values.Show("unix_socket_permissions"), Is.EqualTo("0700"));
        });
    }

    [Test]
    public void Peers_on_the_command_line_are_one_per_semicolon() =>
        Assert.That(NodeConfiguration.Load(Data, ["pgrepl.peers=host=x port=1;host=y"]).List("pgrepl.peers"), Is.EqualTo(new[] { "host=x port=1", "host=y" }));

    [TestCase("port", "command line: -c port requires a value")]
    [TestCase("prot=1", "command line: unrecognized configuration parameter \"prot\"")]
    [TestCase("block_size=1", "command line: parameter \"block_size\" cannot be changed")]
    public void A_mistake_on_the_command_line_is_told(string option, string message) =>
        Assert.That(Assert.Throws<ConfigurationException>(() => NodeConfiguration.Load(Data, [option]))!.Message, Is.EqualTo(message));

    [Test]
    public void A_file_that_was_asked_for_must_be_there()
    {
        Assert.Throws<ConfigurationException>(() => NodeConfiguration.Load(Data, [], FileIn("none.toml")));
        File.WriteAllText(FileIn("other.toml"), "data_directory = \"/var/lib/x\"\nport = 9");
        Assert.That(NodeConfiguration.DataDirectoryOf(FileIn("other.toml")), Is.EqualTo("/var/lib/x"));
        Assert.That(NodeConfiguration.Load(Data, [], FileIn("other.toml")).Int("port"), Is.EqualTo(9));
    }

    /// <summary>Each line adds the next source; the last that speaks is heard.</summary>
    [TestCase(null, null, null, null, "", "default")]
    [TestCase("toml", null, null, null, "toml", "configuration file")]
    [TestCase("toml", "auto", null, null, "auto", "configuration file")]
    [TestCase("toml", null, "recovery", null, "recovery", "configuration file")]
    [TestCase("toml", "auto", null, "cli", "cli", "command line")]
    [TestCase("toml", null, null, "cli", "cli", "command line")]
    [TestCase(null, "auto", null, null, "auto", "configuration file")]
    public void The_sources_have_their_order(string? toml, string? autoConf, string? recoveryConf, string? option, string value, string source)
    {
        if (toml is not null)
            File.WriteAllText(Data.TomlFile, $"primary_slot_name = '{toml}'");
        if (autoConf is not null)
        {
            File.WriteAllText(Data.StandbySignal, "");
            File.WriteAllText(Data.AutoConf, $"primary_slot_name = '{autoConf}'\n");
        }
        if (recoveryConf is not null)
            File.WriteAllText(Data.RecoveryConf, $"standby_mode = on\nprimary_slot_name = '{recoveryConf}'\n");
        SettingValues values = NodeConfiguration.Load(Data, option is null ? [] : [$"primary_slot_name={option}"]);
        Assert.That((values["primary_slot_name"], values.SourceName("primary_slot_name")), Is.EqualTo((value, source)));
    }

    [Test]
    public void A_file_that_was_asked_for_replaces_the_directorys_own()
    {
        File.WriteAllText(Data.TomlFile, "port = 1\nwal_keep_size = '1GB'");
        File.WriteAllText(FileIn("other.toml"), "port = 2");
        SettingValues values = NodeConfiguration.Load(Data, [], FileIn("other.toml"));
        Assert.That((values.Int("port"), values.Int("wal_keep_size")), Is.EqualTo((2, 0)));
    }

    [Test]
    public void A_reload_leaves_alone_what_needs_a_restart()
    {
        SettingValues running = NodeConfiguration.Load(Data, []).With("wal_segment_size", "1MB", SettingSource.Override);
        File.WriteAllText(Data.TomlFile, "port = 1\nwal_keep_size = \"32MB\"");
        SettingValues next = NodeConfiguration.Reload(running, NodeConfiguration.Load(Data, []), out IReadOnlyList<string> messages);
        Assert.That((next.Int("port"), next.Int("wal_keep_size"), next.Show("wal_segment_size")), Is.EqualTo((5432, 32, "1MB")));
        Assert.That(messages, Is.EqualTo(new[] { "parameter \"port\" cannot be changed without restarting the server", "parameter \"wal_keep_size\" changed to \"32MB\"" }));
    }

    [Test]
    public void What_is_removed_from_the_file_goes_back_to_its_default()
    {
        File.WriteAllText(Data.TomlFile, "port = 1\nwal_keep_size = '32MB'\nmax_wal_size = '1GB'\nwal_sender_timeout = '1s'");
        SettingValues running = NodeConfiguration.Load(Data, ["wal_writer_delay=10ms"]);
        File.WriteAllText(Data.TomlFile, "wal_sender_timeout = '1s'");
        SettingValues next = NodeConfiguration.Reload(running, NodeConfiguration.Load(Data, ["wal_writer_delay=10ms"]), out IReadOnlyList<string> messages);
        Assert.That((next.Int("port"), next.Int("wal_keep_size"), next.Show("wal_sender_timeout"), next.Show("wal_writer_delay")), Is.EqualTo((1, 0, "1s", "10ms")));
        Assert.That(messages, Is.EqualTo(new[]
        {
            "parameter \"port\" cannot be changed without restarting the server",
            "parameter \"max_wal_size\" removed from configuration file, reset to default",
            "parameter \"wal_keep_size\" removed from configuration file, reset to default",
        }));
        NodeConfiguration.Reload(next, NodeConfiguration.Load(Data, ["wal_writer_delay=10ms"]), out messages);
        Assert.That(messages, Is.EqualTo(new[] { "parameter \"port\" cannot be changed without restarting the server" }), "said at every reload, as long as it is so");
    }

    [Test]
    public void Reserved_connections_leave_one_for_everybody()
    {
        NodeConfiguration.CheckTogether(SettingValues.Defaults);
        PgException e = Assert.Throws<PgException>(() => NodeConfiguration.CheckTogether(NodeConfiguration.Load(Data, ["max_connections=3"])))!;
        Assert.That((e.SqlState, e.Message), Is.EqualTo((SqlStates.InvalidParameterValue, "reserved_connections (3) must be less than max_connections (3)")));
    }
}
