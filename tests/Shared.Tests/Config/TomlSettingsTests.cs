using Pgrepl.Shared.Config;
using Pgrepl.Shared.Storage;
using Pgrepl.Shared.Tests.Storage;

namespace Pgrepl.Shared.Tests.Config;

/// <summary>What pgrepl.toml may say, and how it is told otherwise.</summary>
public sealed class TomlSettingsTests : WithTestDirectory
{
    [TestCase("port = 0x1538", "port", "5432")]
    [TestCase("port = 5_432", "port", "5432")]
    [TestCase("port = '5432'", "port", "5432")]
    [TestCase("port = 5.432e3", "port", "5432")]
    [TestCase("\"p\\u006frt\" = 5432", "port", "5432")]
    [TestCase("wal_keep_size = '''1GB'''", "wal_keep_size", "1024")]
    [TestCase("hot_standby = false", "hot_standby", "off")]
    [TestCase("hot_standby = 'no'", "hot_standby", "off")]
    [TestCase("hot_standby = 0", "hot_standby", "off")]
    [TestCase("synchronous_commit = false", "synchronous_commit", "off")]
    [TestCase("cluster_name = 15", "cluster_name", "15")]
    [TestCase("listen_addresses = '''a, b'''", "listen_addresses", "a, b")]
    [TestCase("listen_addresses = [\n  'a', # first\n  'b',\n]", "listen_addresses", "a, b")]
    [TestCase("listen_addresses = []", "listen_addresses", "")]
    [TestCase("primary_conninfo = \"\"\"\\\n  host=a \\\n  port=1\"\"\"", "primary_conninfo", "host=a port=1")]
    [TestCase("pgrepl.peers = ['host=a']", "pgrepl.peers", "host=a")]
    [TestCase("pgrepl = { peers = ['host=a', \"host=b\"] }", "pgrepl.peers", "host=a;host=b")]
    [TestCase("[pgrepl]\n'peers' = 'host=a;host=b'", "pgrepl.peers", "host=a;host=b")]
    public void A_value_may_be_written_in_any_form_that_fits(string toml, string name, string value)
    {
        File.WriteAllText(Data.TomlFile, toml);
        Assert.That(NodeConfiguration.Load(Data, [])[name], Is.EqualTo(value));
    }

    [TestCase("prot = 1", 1, 1, "unrecognized configuration parameter \"prot\"")]
    [TestCase("\nport = \"x\"", 2, 8, "invalid value for parameter \"port\": \"x\"")]
    [TestCase("max_wal_size = \"1parsec\"", 1, 16, "invalid value for parameter \"max_wal_size\": \"1parsec\"")]
    [TestCase("wal_keep_size = inf", 1, 17, "invalid value for parameter \"wal_keep_size\": \"inf\"")]
    [TestCase("port = 70000", 1, 8, "70000 is outside the valid range for parameter \"port\" (1 .. 65535)")]
    [TestCase("port = [\"1\"]", 1, 8, "expected a single value for parameter \"port\", which is not a list")]
    [TestCase("port = 1979-05-27", 1, 8, "expected an integer for parameter \"port\", not a date")]
    [TestCase("port.x = 5", 1, 1, "expected an integer for parameter \"port\", not a table")]
    [TestCase("hot_standby = 07:32:00", 1, 15, "expected a boolean for parameter \"hot_standby\", not a time")]
    [TestCase("max_wal_size = {MB = 5}", 1, 16, "expected an integer or a string with a unit for parameter \"max_wal_size\", not a table")]
    [TestCase("cluster_name = true", 1, 16, "expected a string for parameter \"cluster_name\", not a boolean")]
    [TestCase("listen_addresses = ['a', 5]", 1, 26, "expected a string in the list of parameter \"listen_addresses\", not an integer")]
    [TestCase("[[listen_addresses]]", 1, 3, "expected an array of strings or a string for parameter \"listen_addresses\", not an array of tables")]
    [TestCase("pgrepl.peers = {}", 1, 16, "expected an array of strings or a string for parameter \"pgrepl.peers\", not a table")]
    [TestCase("pgrepl = 5", 1, 1, "unrecognized configuration parameter \"pgrepl\"")]
    [TestCase("[other]\nx = 1", 1, 2, "unknown table [other]")]
    [TestCase("peers = []", 1, 1, "unrecognized configuration parameter \"peers\"")]
    [TestCase("[pgrepl]\nport = 2", 2, 1, "unrecognized configuration parameter \"pgrepl.port\"")]
    [TestCase("\"pgrepl.peers\" = []", 1, 1, "unrecognized configuration parameter \"pgrepl.peers\"")]
    [TestCase("PORT = 1\nport = 2", 2, 1, "parameter \"port\" is set twice")]
    [TestCase("server_version = \"16\"", 1, 1, "parameter \"server_version\" cannot be changed")]
    [TestCase("transaction_read_only = true", 1, 1, "parameter \"transaction_read_only\" cannot be changed")]
    [TestCase("fsync = false", 1, 1, "unrecognized configuration parameter \"fsync\"")]
    public void A_mistake_in_the_file_names_its_place(string toml, int line, int column, string problem)
    {
        File.WriteAllText(Data.TomlFile, toml);
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => NodeConfiguration.Load(Data, []))!;
        Assert.That((e.File, e.Line, e.Column, e.Problem), Is.EqualTo((Data.TomlFile, line, column, problem)));
    }

    [TestCase("peers = []", "It belongs in the table [pgrepl].")]
    [TestCase("'pgrepl.peers' = []", "It belongs in the table [pgrepl].")]
    [TestCase("[pgrepl]\nport = 1", "It belongs before the first table.")]
    [TestCase("[other]\n", "Settings stand before the first table, our own ones in [pgrepl].")]
    public void A_setting_in_the_wrong_table_is_told_where_it_belongs(string toml, string hint)
    {
        File.WriteAllText(Data.TomlFile, toml);
        Assert.That(Assert.Throws<ConfigurationException>(() => NodeConfiguration.Load(Data, []))!.Hint, Is.EqualTo(hint));
    }
}
